/* A bus with real hosts, and what it said. Waiting is for events, never for time. */
#ifndef DUNHUB_TESTS_BUS_RIG_H
#define DUNHUB_TESTS_BUS_RIG_H

#include "bus/bus.h"

#define RIG_PATIENCE_MS 20000

typedef struct {
    uint64_t call;
    int outcome;
    int64_t retry_after_ms;
    char *instance, *code, *message, *external_id, *data, *items;
    bool made_by_hub;
} RigResult;

typedef struct {
    Bus *bus;
    VirtualClock clock;
    char *run_dir, *build;
    GPtrArray *results; /* RigResult */
    GPtrArray *cursors; /* text, "-" for none */
    GPtrArray *findings;
    GPtrArray *downs;   /* "instance: why" */
    GPtrArray *ups;
    GPtrArray *helds;   /* "instance: why" */
    GHashTable *quotas; /* "pool@day" -> calls */
    unsigned quota_reads, quota_writes;
    bool quota_fails;
    unsigned events, pages, refuse_after; /* pages taken before refusing; 0: none refused */
    GBytes *state;
    uint64_t state_version;
} Rig;

Rig *rig_new(const char *publish);
Rig *rig_new_with(const char *plugin_dir);
void rig_free(Rig *rig);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rig, rig_free)

/* Path below the build folder; caller frees. */
char *rig_path(const char *below);

void rig_add(Rig *rig, const char *name, const char *plugin, int isolate, const char *options);
void rig_wait_up(Rig *rig, const char *name);
void rig_wait_downs(Rig *rig, unsigned n);
void rig_wait_results(Rig *rig, unsigned n);
void rig_send(Rig *rig, const char *name, uint64_t id, int kind, const char *verb, const char *input);
/* Sends and waits for its result, which is the rig's. */
const RigResult *rig_call(Rig *rig, const char *name, uint64_t id, int kind, const char *verb, const char *input);
const RigResult *rig_result(const Rig *rig, uint64_t id); /* NULL: none yet */
BusStatus rig_status(const Rig *rig, const char *name);
void rig_advance(Rig *rig, int64_t ms);
/* One wait for whatever comes, one turn. */
void rig_turn(Rig *rig);

#endif
