/* Where a case plays: the real hub on a store in memory and a virtual clock, its calls answered by
 * the scripted platforms and by a ledger that agrees with the events. The only part of the runner
 * that knows how decisions are driven. */
#ifndef DUNHUB_CASES_STAGE_H
#define DUNHUB_CASES_STAGE_H

#include "cases/platforms.h"
#include "hub/configuration.h"
#include "store/store.h"

/* Name of the ledger among the instances: accounts told by it are read there again before an act.
 */
#define STAGE_LEDGER "ledger"

typedef struct Stage Stage;

typedef struct {
    bool accepted, duplicate;
    const char *code, *text; /* of a rejection */
    const char *detail;      /* JSON of a rejection; NULL */
    const char *result;      /* JSON of a command's answer; NULL */
} StageAnswer;

typedef struct {
    const Configuration *configuration;
    Instant start;
    Platforms *platforms;
    Chronicle *chronicle;
    /* What changed in the ledger without a word: a list of {"type","account","data"}; new
     * reference, NULL nothing. */
    json_t *(*ledger)(void *data);
    void *ledger_data;
} StageSetup;

Stage *stage_new(const StageSetup *setup, Arena *arena, GError **error);
void stage_free(Stage *stage);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stage, stage_free)

Instant stage_now(const Stage *stage);
/* Plays everything due up to and at `until`, and leaves the clock there. */
bool stage_run(Stage *stage, Instant until, GError **error);
/* One event at the clock's now; texts of the answer live in the case's arena. */
bool stage_submit(Stage *stage, const char *source, const char *id, const char *type,
                  const char *account, const json_t *data, StageAnswer *ret_answer, GError **error);
/* The machine's clock is set. trusted: what a time source says, INSTANT_NONE: there is none. */
bool stage_clock(Stage *stage, Instant to, Instant trusted, GError **error);
/* Nothing is taken, decided or sent in between. trusted as above. */
void stage_down(Stage *stage);
bool stage_up(Stage *stage, Instant trusted, GError **error);
bool stage_is_up(const Stage *stage);
/* New settings or policies hold from now on. */
bool stage_reload(Stage *stage, const Configuration *configuration, GError **error);

/* NULL: not heard of. Valid until something is played again. */
const AccountState *stage_state(Stage *stage, const char *account);
/* The account's chain, as it would be proof. */
bool stage_audit(Stage *stage, const char *account, AuditVisitor visitor, void *data,
                 GError **error);
unsigned stage_switches(const Stage *stage); /* HubSwitches */

#endif
