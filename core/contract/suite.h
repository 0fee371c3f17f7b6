/* Contracts: what a plugin asks of its platform and makes of the answers, as a data file in the plugin's folder, and the laws
 * that every plugin keeps. docs/plugin-author.md describes the file; `dunhub contract` runs it against the shipped library in
 * a host process as the hub's, with the platform played on loopback. */
#ifndef DUNHUB_CONTRACT_SUITE_H
#define DUNHUB_CONTRACT_SUITE_H

#include <stdio.h>

#include "bus/bus.h"
#include "config/tree.h"
#include "contract/pattern.h"

/* One request as it is expected, and what it is answered. */
typedef struct {
    RequestPattern request;
    int64_t status;
    json_t *headers, *json, *form; /* of the answer; json and form: its body */
    const char *body;
    int fault; /* MimicFault */
    int64_t times; /* at least 1: so often in a row */
} Exchange;
typedef struct {
    const Exchange *rows;
    size_t n;
} Script;

/* A valid use of an action or source: what the laws are tried on. */
typedef struct {
    const char *action, *source; /* one of them */
    json_t *input;
    bool reads_answer;           /* false: a good status is enough, whatever the body */
    const char *amount, *currency; /* JSON pointers into the input: minor units and their currency; NULL none */
    Script server;               /* answered whenever asked, in any order, the first that fits */
    DiagPlace place;
} SuiteExample;

/* A documented reason for which a status means something else than the house table says. */
typedef struct {
    const char *action;
    int64_t seen;
    int outcome; /* CallOutcome */
    const char *why;
} SuiteException;

typedef struct {
    const char *name;
    int kind;                    /* CallKind */
    const char *verb, *key;
    json_t *input, *options, *state; /* options: over those of the file; state: name -> text */
    const char *const *bodies;   /* NULL-ended, NULL none */
    RequestPattern hook;         /* MAP and ANSWER: what came */
    Script exchange;             /* exactly these, in this order */
    /* what is expected; NULL: not looked at */
    int outcome;
    const char *code, *external_id, *message, *cursor;
    json_t *data, *events, *findings, *kept; /* kept: state afterwards, name -> text */
    int64_t retry_after_ms;      /* -1: not looked at */
    DiagPlace place;
} SuiteCase;

typedef struct Suite {
    const char *plugin, *file;
    json_t *options;
    Script server;               /* token endpoints and the like: answered whenever asked, and no attempt */
    const SuiteExample *examples;
    size_t n_examples;
    const SuiteException *exceptions;
    size_t n_exceptions;
    const SuiteCase *cases;
    size_t n_cases;
    GPtrArray *json;             /* what the rows refer to */
} Suite;

/* FOLDER/contract.yaml of the plugin called as the folder, checked against its manifest. NULL: diagnostics say why. The
 * suite's texts live in the arena. */
Suite *suite_load(const char *folder, const json_t *manifest, Arena *arena, Diags *diags);
void suite_free(Suite *suite);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Suite, suite_free)

typedef struct {
    const char *plugin_dir, *host_program;
    const char *only;            /* pattern of names, '*' for any text; NULL all */
    FILE *out;                   /* "ok NAME" or "not ok NAME" with why, a line each */
} SuiteOptions;
typedef struct {
    unsigned passed, failed;
} SuiteTally;
/* Runs cases and laws and adds them to the tally. False: nothing could be run. Real time: a second or two a plugin. */
bool suite_run(const Suite *suite, const json_t *manifest, const SuiteOptions *options, SuiteTally *tally, GError **error);

#endif
