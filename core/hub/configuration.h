/* conf.d as one immutable object: the marked tree, the rulebook, instances, templates; checked as a whole. */
#ifndef DUNHUB_HUB_CONFIGURATION_H
#define DUNHUB_HUB_CONFIGURATION_H

#include "bus/manifest.h"
#include "escalation/policy.h"
#include "notice/notice.h"

typedef struct {
    const char *name, *plugin;
    int isolate;             /* Isolation */
    const json_t *options;   /* with references unresolved */
    int64_t poll_every_ms;   /* 0: the plugin's suggestion */
    DiagPlace place;
} Instance;

typedef struct {
    char hash[HASH_HEX];     /* of the canonical whole */
    const char *canonical;   /* JSON, kept by hash in the store */
    Rulebook book;
    const Instance *instances; size_t n_instances;
    const Templates *templates;
    const char *store_path, *run_dir, *publish, *plugin_dir;
} Configuration;

/* Every finding of every file at once. NULL if there was an error. manifests NULL: plugins are not looked at.
 * `check`, start and reload use this very function. */
Configuration *configuration_load(const char *dir, const Manifests *manifests, const StoredPolicy *older, size_t n_older, uint64_t epoch, Diags *diags);
void configuration_free(Configuration *configuration);
/* ${file:…} ${env:…} ${credential:…} -> text, at start of an instance only; never stored, never logged. */
json_t *configuration_resolve(const Instance *instance, GError **error);

#endif
