/* Inside of the room: a run, its lines and its tally. */
#ifndef DUNHUB_CONTRACT_REPORT_H
#define DUNHUB_CONTRACT_REPORT_H

#include "contract/trial.h"

typedef struct {
    const Suite *suite;
    const json_t *manifest;
    const SuiteOptions *options;
    SuiteTally *tally;
    Trial *trial;
    GPtrArray *secrets; /* char *: values that nobody but the platform may see */
} Run;

/* Whether it is one of those that are wanted. */
bool run_wants(const Run *run, const char *name);
/* A line and its count; why NULL: it holds. Takes why. */
void run_tell(const Run *run, const char *name, char *why);

/* Each one call on a new host; the secrets are looked for in what came of it. why: NULL or what was wrong, caller frees. */
char *run_call(const Run *run, const PlayCall *call, const PlayResult **ret_result);
/* The place where a secret shows, NULL nowhere; caller frees. */
char *run_secret_shown(const Run *run, const PlayResult *result);

void suite_run_cases(const Run *run);
void suite_run_laws(const Run *run);        /* of answers, for each example */
void suite_run_source_laws(const Run *run, const SuiteExample *example);
void suite_run_input_laws(const Run *run, const SuiteExample *example);

/* ---- shared by the laws ---- */
PlayCall example_call(const SuiteExample *example, const char *input, const char *key);
char *example_input(const SuiteExample *example); /* JSON text; caller frees */
bool is_read_method(const MimicRequest *request);

#endif
