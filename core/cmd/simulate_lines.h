/* The lines of `dunhub simulate`: one for each decision that is told, in the order of days, within a day of instants and accounts,
 * however they come in. They wait outside of memory. */
#ifndef DUNHUB_CMD_SIMULATE_LINES_H
#define DUNHUB_CMD_SIMULATE_LINES_H

#include <stdio.h>

#include "base/zone.h"
#include "escalation/decide.h"

typedef enum { LINES_TEXT, LINES_JSON } LinesForm;

typedef struct {
    LinesForm form;
    bool all;         /* every reason of the audit, not only what is told to people */
    const Zone *zone; /* of the organisation */
    Date from, to;
} LinesSetup;

typedef struct Lines Lines;
Lines *lines_new(const LinesSetup *setup);
void lines_free(Lines *lines);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lines, lines_free)

/* One reason, as HubWatcher has it. False: *error, they cannot be kept. */
bool lines_add(Lines *lines, const char *account, Instant now, const AccountState *after, const Reason *reason, GError **error);
/* Prints those of that day and forgets nothing; days may be printed as soon as nothing more comes for them. */
bool lines_print(Lines *lines, Date day, FILE *out, GError **error);
size_t lines_count(const Lines *lines);

#endif
