/* What may be written in a policy: the structs that the tables of keys fill, and the parts of the compiler. */
#ifndef DUNHUB_ESCALATION_POLICY_LOAD_H
#define DUNHUB_ESCALATION_POLICY_LOAD_H

#include "escalation/rulebook_load.h"

/* ---- keys (policy_load_keys.c) ---- */
typedef struct {
    const char *source;
    int mode;
    const Node *settings, *mapping, *enter_when;
    const Node *extends, *ranges, *waits, *offset_days,
        *changes; /* carried out before: policy_extends.c */
} Common;

typedef struct {
    Common common;
    const Node *stages, *with_first_notice;
    int count_from;
    const char *const *notices;
    bool automated_notices, auto_suspend;
    const char *executes_by;
} LadderSource;

typedef struct {
    Common common;
    const Node *thresholds, *notices, *also, *fees;
} ScanSource;

typedef struct {
    Common common;
    const char *const *steps, *const *notices;
    const Node *also, *fees;
} ModuleSource;

typedef struct {
    Common common;
    const char *start;
    const Node *steps, *moves;
    const char *const *notices;
} GraphSource;

/* A stage or a step. */
typedef struct {
    const char *name, *notice, *template_name, *executes_by;
    int64_t from, to, wait;
    bool skippable, final;
    int severity, count_from; /* count_from -1: that of the policy */
    const Node *also, *acts, *minimum, *minimum_cents, *needs, *undo, *when, *fee;
} StepSource;

typedef struct {
    const char *const *from;
    const char *to;
    const Node *when;
    int64_t wait_days;
} MoveSource;

extern const Key ladder_keys[], scan_keys[], module_keys[], graph_keys[], stage_keys[], step_keys[], move_keys[];
extern const size_t n_ladder_keys, n_scan_keys, n_module_keys, n_graph_keys, n_stage_keys, n_step_keys, n_move_keys;
extern const char *const mode_names[];   /* in the order of PolicyMode */
extern const char *const count_names[];  /* in the order of CountFrom */
extern const char *const notice_names[]; /* bit i: NOTICES_… */
extern const char *const need_names[];   /* bit i: NEED_… */

/* ---- steps (policy_load_step.c) ---- */
bool wrong_shape(const Loader *loader, const Node *node, const char *what);
/* -1: not among them. */
int index_in(const char *const *names, const char *name);
/* Words of a fixed set as bits. */
bool read_words(const Loader *loader, const Node *node, const char *const *names, const char *what, unsigned *ret_bits);
/* step->place is set before. has_notice: a step of this form has one unless it is legal or says otherwise. */
bool build_step(const Loader *loader, const StepSource *source, const Settings *settings, bool has_notice, Step *step);
bool step_name_is_free(const Loader *loader, const Step *steps, size_t n, const char *name, DiagPlace place);
bool step_count_is_good(const Loader *loader, const Node *node, size_t n);
bool find_step(const Loader *loader, const Policy *policy, const char *name, DiagPlace place, size_t *ret_index);

/* ---- forms (policy_load_ladder.c, policy_load_graph.c) ---- */
bool policy_read_notices(const Loader *loader, const Node *map, Policy *policy);
bool compile_ladder(const Loader *loader, const Node *map, Policy *policy);
bool compile_scan(const Loader *loader, const Node *map, Policy *policy);
bool compile_module(const Loader *loader, const Node *map, Policy *policy);
bool compile_graph(const Loader *loader, const Node *map, Policy *policy);

#endif
