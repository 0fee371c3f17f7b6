/* What a case says against what was seen. */
#ifndef DUNHUB_CASES_MATCH_H
#define DUNHUB_CASES_MATCH_H

#include "config/tree.h"

/* Scalars by their text (null: null or absent); maps: every key of the node matches that member,
 * further members are free; lists item by item in order. */
bool match_value(const Node *wanted, const json_t *seen);
/* Lists as sets: every item finds a partner of its own; `whole`: and none is left over. */
bool match_set(const Node *wanted, const json_t *seen, bool whole);
/* One line of text for a report. Caller frees. */
char *match_wanted(const Node *wanted);
char *match_seen(const json_t *seen);

#endif
