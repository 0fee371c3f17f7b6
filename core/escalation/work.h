/* The items of the worklist that follow from an account's state. Pure. */
#ifndef DUNHUB_ESCALATION_WORK_H
#define DUNHUB_ESCALATION_WORK_H

#include "escalation/decide.h"
#include "model/work.h"

enum { WORK_ITEMS_MAX = 200 }; /* of one account; what is beyond is not listed */

/* In the arena; account is not set. view: of this very state. */
void work_items(const AccountState *state, const Rulebook *book, const AccountView *view, Arena *arena,
                const WorkItem **ret_items, size_t *ret_n);

#endif
