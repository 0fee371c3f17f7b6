/* `dunhub test`: plays cases and says what held and what did not. */
#ifndef DUNHUB_CASES_RUN_H
#define DUNHUB_CASES_RUN_H

#include <stdio.h>

#include "cases/case.h"

typedef struct {
    const char *only;  /* id of one case, or its beginning with a '*'; NULL all */
    const Node *rules; /* the law that holds in every case, as `rules:` of conf.d; NULL none */
    bool json, verbose;
    FILE *out;
} CasesOptions;

typedef struct {
    size_t passed, failed;
} CasesTally;

/* Plays every case that is asked for and prints a line each (JSON: an object each), then the tally.
 * False and *error: nothing could be played. */
bool cases_run(const CaseSet *set, const CasesOptions *options, CasesTally *ret_tally,
               GError **error);

#endif
