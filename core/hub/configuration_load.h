/* What the parts of configuration_load share. */
#ifndef DUNHUB_HUB_CONFIGURATION_LOAD_H
#define DUNHUB_HUB_CONFIGURATION_LOAD_H

#include "hub/configuration.h"

typedef struct {
    const char *dir;  /* as it was given: for findings */
    const char *base; /* the same, absolute */
    const Manifests *manifests;
    Arena *arena;
    Diags *diags;
    GPtrArray *jsons; /* owns the options of the instances */
    Configuration *configuration;
} Loading;

/* "unknown <what> 'word', did you mean …?" out of NULL-ended names. */
void loading_unknown(const Loading *loading, const char *code, DiagPlace place, const char *what, const char *word,
                     const char *const *names);
/* Absolute: a relative one counts from the folder of the configuration. Arena text. */
const char *loading_path(const Loading *loading, const char *path);

/* The section instances, each checked against its plugin's manifest (configuration_instances.c). */
bool instances_load(Loading *loading, const Node *map);
const Instance *instance_named(const Configuration *configuration, const char *name);
extern const Key instance_keys[];
extern const size_t n_instance_keys;

/* The section http (configuration_http.c). */
bool http_load(Loading *loading, const Node *map);
extern const Key http_keys[];
extern const size_t n_http_keys;

/* The section notices: letterhead, tones, length of text messages (configuration_notices.c). */
bool notices_load(Loading *loading, const Node *map);
extern const Key notice_keys[];
extern const size_t n_notice_keys;
/* The section costs (configuration_costs.c). */
bool costs_load(Loading *loading, const Node *map);
extern const Key costs_keys[];
extern const size_t n_costs_keys;

/* Who carries what, and with which template (configuration_check.c). */
bool configuration_check(Loading *loading);

#endif
