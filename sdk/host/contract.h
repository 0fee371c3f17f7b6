/* What a plugin file declares, as this host understands it: loaded, checked, and copied row by row as far as both sides
 * know, so that the rest of the host never asks which header the plugin was built with. */
#ifndef DUNHUB_HOST_CONTRACT_H
#define DUNHUB_HOST_CONTRACT_H

#include <dunhub/plugin.h>
#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#define CONTRACT_ROWS_MAX 256
#define CONTRACT_CONCURRENCY 4
#define CONTRACT_CONCURRENCY_MAX 256
#define CONTRACT_TIMEOUT_MS 30000

typedef enum { CONTRACT_ERROR_LOAD, CONTRACT_ERROR_ABI, CONTRACT_ERROR_FORM } ContractError;
GQuark contract_error_quark(void);
#define CONTRACT_ERROR contract_error_quark()

/* Texts belong to the plugin, which is never unloaded. */
typedef struct {
    DunhubPlugin plugin;
    DunhubLimits limits; /* defaults filled in */
    DunhubOption *options;
    DunhubAction *actions;
    DunhubSource *sources;
    DunhubAuth *auths;
    DunhubHook *hooks;
} Contract;

/* Loads the file into this process; it stays there. A file without a '/' is looked for in the working folder. */
Contract *contract_load(const char *file, GError **error);
/* From a descriptor that is already in memory; file is for messages and names the plugin. */
Contract *contract_read(const DunhubPlugin *plugin, const char *file, GError **error);
void contract_free(Contract *contract);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Contract, contract_free)

const DunhubAction *contract_action(const Contract *contract, const char *verb);   /* NULL: not offered */
const DunhubSource *contract_source(const Contract *contract, const char *name);   /* NULL: not offered */
const DunhubHook *contract_hook(const Contract *contract, const char *name);       /* NULL: not offered */
const DunhubOption *contract_option(const Contract *contract, const char *name);   /* NULL: not declared */

/* Options of the instance as texts, name -> GBytes, only what has a value; *error names the one that is missing. */
GHashTable *options_resolve(const Contract *contract, const json_t *configured, const char *instance, GError **error);

/* The manifest (form: core/bus/manifest.h); new reference. NULL: an input schema is not JSON. */
json_t *contract_manifest(const Contract *contract, GError **error);

#endif
