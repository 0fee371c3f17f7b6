/* Where a case plays: accounts, one clock, the platforms, and the loop between them. The only part of the runner that knows
 * how decisions are driven. */
#ifndef DUNHUB_CASES_STAGE_H
#define DUNHUB_CASES_STAGE_H

#include "cases/platforms.h"

typedef struct Stage Stage;

typedef struct {
    bool accepted, duplicate;
    const char *code, *text;   /* of a rejection or an invalid event */
    const char *detail;        /* JSON of a rejection; NULL */
    const char *result;        /* JSON of a command's answer; NULL */
} StageAnswer;

typedef struct {
    const Rulebook *book;
    Instant start;
    Platforms *platforms;
    Chronicle *chronicle;
    /* Events of invoices that changed at their source without a word; NULL: the ledger agrees. New reference: a list of
     * {"type","data"}. */
    json_t *(*ledger)(void *data, const char *account);
    void *ledger_data;
} StageSetup;

Stage *stage_new(const StageSetup *setup, Arena *arena, GError **error);
void stage_free(Stage *stage);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stage, stage_free)

Instant stage_now(const Stage *stage);
/* Plays everything due up to and at `until`, and leaves the clock there. */
bool stage_run(Stage *stage, Instant until, GError **error);
/* One event at the clock's now; texts of the answer live in the case's arena. */
bool stage_submit(Stage *stage, const char *source, const char *id, const char *type, const char *account, const json_t *data,
                  StageAnswer *ret_answer, GError **error);
/* The machine's clock is set. trusted: a time source agrees with it. */
bool stage_clock(Stage *stage, Instant to, bool trusted, GError **error);
/* Nothing is taken, decided or sent in between. */
void stage_down(Stage *stage);
bool stage_up(Stage *stage, bool trusted, GError **error);
bool stage_is_up(const Stage *stage);
/* New settings or policies hold from now on. */
bool stage_reload(Stage *stage, const Rulebook *book, GError **error);

/* NULL: not heard of. Valid until the next call. */
const AccountState *stage_state(Stage *stage, const char *account);
const Rulebook *stage_book(const Stage *stage);
unsigned stage_switches(const Stage *stage); /* HubSwitches */

#endif
