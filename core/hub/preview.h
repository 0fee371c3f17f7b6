/* A notice as it would be written now: what `notice preview` shows, and what a document says that carries no notice of its own. */
#ifndef DUNHUB_HUB_PREVIEW_H
#define DUNHUB_HUB_PREVIEW_H

#include "hub/configuration.h"

/* Currency, amount and overdue invoices as the books stand; currency "": the one that is overdue for longest. Texts in the arena. */
void preview_figures(const AccountState *state, const Rulebook *book, Instant now, Currency currency, Arena *arena, Notice *ret_notice);
/* The message (notice.h) of that act; notice NULL: the figures of the act's cycle where it makes a document, else none. New
 * reference. */
json_t *preview_render(const Configuration *configuration, const AccountState *state, const Notice *notice, const Act *act, Instant now,
                       GError **error);

#endif
