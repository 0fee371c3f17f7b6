/* conf.d as one immutable object: the marked tree, the rulebook, instances, templates; checked as a whole. */
#ifndef DUNHUB_HUB_CONFIGURATION_H
#define DUNHUB_HUB_CONFIGURATION_H

#include "bus/manifest.h"
#include "escalation/policy.h"
#include "notice/notice.h"
#include "ledger/costs.h"

typedef struct {
    const char *name, *plugin;
    int isolate;             /* Isolation */
    const json_t *options;   /* object; references unresolved, paths absolute; borrowed from the configuration */
    int64_t poll_every_ms;   /* 0: the plugin's suggestion */
    DiagPlace place;
} Instance;

typedef struct {
    const char *segment, *tone; /* friendly, urgent, firm */
} SegmentTone;

/* The section http: where platforms deliver. */
typedef struct {
    const char *address;     /* numeric; NULL: nothing listens */
    unsigned port;           /* 0: a free one */
    const char *public_url;  /* without a slash at its end; NULL: that of the connection */
    const char *certificate, *key; /* absolute paths of PEM files; NULL: no TLS */
    int64_t body_max_bytes, connections, connections_of_one, request_ms;
} HttpDoor;

typedef struct {
    char hash[HASH_HEX];     /* of the canonical whole */
    const char *canonical;   /* JSON in the order of the files, kept by hash in the store */
    Rulebook book;
    const Instance *instances; size_t n_instances;
    const Templates *templates;
    const Letterhead *letterhead;     /* the section notices; NULL in what no file was read for */
    const SegmentTone *tones; size_t n_tones;
    Costs costs;
    HttpDoor http;
    const char *store_path, *run_dir; /* absolute */
    const char *signing_key;          /* absolute; NULL: signing.key beside the store */
    const char *state_key;            /* reference; NULL: state.key beside the store */
    const char *publish;              /* endpoint of the PUB socket; NULL none */
    const char *plugin_dir;           /* absolute; NULL: beside the program */
    const char *templates_dir;
} Configuration;

/* Every finding of every file at once. NULL if there was an error. manifests NULL: plugins are not looked at; they need
 * not outlive the call. Relative paths count from dir; templates are those of dir/templates unless `hub: templates` says
 * otherwise. `check`, start and reload use this very function. */
Configuration *configuration_load(const char *dir, const Manifests *manifests, const StoredPolicy *older, size_t n_older, uint64_t epoch, Diags *diags);
/* One that was in force once, from its kept canonical text: its rules and instances as they were, the templates as they are
 * in dir now. */
Configuration *configuration_load_kept(const char *canonical, const char *dir, const Manifests *manifests, const StoredPolicy *older,
                                       size_t n_older, uint64_t epoch, Diags *diags);
void configuration_free(Configuration *configuration);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Configuration, configuration_free)

typedef enum { CONFIGURATION_ERROR_SECRET } ConfigurationError;
GQuark configuration_error_quark(void);
#define CONFIGURATION_ERROR configuration_error_quark()
#define SECRET_MAX_BYTES (64 * 1024)

/* The options with every ${file:…} ${env:…} ${credential:…} replaced by what it stands for, at start of an instance only;
 * never stored, never logged. A file's last line break is left out. New reference; NULL and *error, which never holds a
 * secret. */
json_t *configuration_resolve(const Instance *instance, GError **error);
/* The same for one reference. The caller wipes and frees it. */
char *configuration_secret(const char *reference, GError **error);

/* All sections with their keys, the rulebook's included: docs/reference/configuration.md. */
const ConfigSection *configuration_sections(size_t *ret_n);

#endif
