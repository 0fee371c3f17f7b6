#include "host/contract.h"

#include <dlfcn.h>
#include <string.h>

G_DEFINE_QUARK(dunhub - contract - error, contract_error)

void contract_free(Contract *contract)
{
    if (contract == NULL) {
        return;
    }
    g_free(contract->options);
    g_free(contract->actions);
    g_free(contract->sources);
    g_free(contract->auths);
    g_free(contract->hooks);
    g_free(contract);
}

/* "folder/csv_ledger.so" -> "csv_ledger" */
static char *name_of(const char *file)
{
    g_autofree char *base = g_path_get_basename(file);
    return g_str_has_suffix(base, ".so") ? g_strndup(base, strlen(base) - 3)
                                         : g_steal_pointer(&base);
}

static bool check_prefix(const DunhubPlugin *plugin, const char *file, GError **error)
{
    g_autofree char *name = name_of(file);
    if (plugin == NULL || plugin->magic != DUNHUB_MAGIC) {
        g_set_error(error, CONTRACT_ERROR, CONTRACT_ERROR_FORM,
                    "plugin '%s' (%s) is not a dunhub plugin: %s does not return a descriptor that "
                    "begins with DUNHUB_MAGIC",
                    name, file, DUNHUB_ENTRY_NAME);
        return false;
    }
    if (plugin->abi_major != DUNHUB_ABI_MAJOR) {
        g_set_error(error, CONTRACT_ERROR, CONTRACT_ERROR_ABI,
                    "plugin '%s' (%s) was built for plugin ABI %u.%u, this hub speaks %u.%u: build "
                    "the plugin again with this hub's dunhub/plugin.h, or get the one that fits",
                    name, file, plugin->abi_major, plugin->abi_minor, DUNHUB_ABI_MAJOR,
                    DUNHUB_ABI_MINOR);
        return false;
    }
    return true;
}

/* One table: where the plugin has its rows, how far apart they are, and how large ours are. */
typedef struct {
    const char *name;
    const void *rows;
    uint32_t n, stride;
    size_t ours;
} Table;

static bool copy_table(const Table *table, const char *plugin, void **ret_rows, GError **error)
{
    *ret_rows = NULL;
    if (table->n == 0) {
        return true;
    }
    if (table->rows == NULL || table->n > CONTRACT_ROWS_MAX || table->stride < sizeof(uint32_t)) {
        g_set_error(error, CONTRACT_ERROR, CONTRACT_ERROR_FORM,
                    "plugin '%s': the table of %s says %u rows of %u bytes; set %s, n_%s (at most "
                    "%d) and the row size",
                    plugin, table->name, table->n, table->stride, table->name, table->name,
                    CONTRACT_ROWS_MAX);
        return false;
    }
    g_autofree char *copy = g_malloc0_n(table->n, table->ours);
    for (uint32_t i = 0; i < table->n; i++) {
        const char *row = (const char *)table->rows + (size_t)i * table->stride;
        uint32_t said;
        memcpy(&said, row, sizeof said);
        if (said > table->stride) {
            g_set_error(error, CONTRACT_ERROR, CONTRACT_ERROR_FORM,
                        "plugin '%s': row %u of %s says %u bytes, but rows are %u bytes apart",
                        plugin, i, table->name, said, table->stride);
            return false;
        }
        size_t known = said != 0 ? said : table->stride;
        memcpy(copy + i * table->ours, row, MIN(known, table->ours));
    }
    *ret_rows = g_steal_pointer(&copy);
    return true;
}

static bool refuse(const char *plugin, const char *what, GError **error)
{
    g_set_error(error, CONTRACT_ERROR, CONTRACT_ERROR_FORM, "plugin '%s': %s", plugin, what);
    return false;
}

static bool names_option(const Contract *contract, const char *name)
{
    return name != NULL && contract_option(contract, name) != NULL;
}

static bool check_auths(const Contract *contract, GError **error)
{
    for (uint32_t i = 0; i < contract->plugin.n_auths; i++) {
        const DunhubAuth *auth = &contract->auths[i];
        if (auth->name == NULL || auth->kind > DUNHUB_AUTH_JWT) {
            return refuse(contract->plugin.name, "an auth has no name or an unknown kind", error);
        }
    }
    if (contract->plugin.n_auths > 1 && !names_option(contract, "auth")) {
        return refuse(contract->plugin.name,
                      "there are several ways to sign in and no option 'auth' to choose by", error);
    }
    return true;
}

static bool check_hooks(const Contract *contract, GError **error)
{
    for (uint32_t i = 0; i < contract->plugin.n_hooks; i++) {
        const DunhubHook *hook = &contract->hooks[i];
        if (hook->name == NULL || hook->map == NULL || hook->scheme > DUNHUB_SIGNED_ECDSA ||
            hook->hash > DUNHUB_SHA1 || hook->encoding > DUNHUB_BASE64) {
            return refuse(contract->plugin.name,
                          "a hook has no name, no map, or an unknown scheme, hash or encoding",
                          error);
        }
        if (hook->scheme != DUNHUB_SIGNED_NONE &&
            (hook->signature == NULL || !names_option(contract, hook->secret))) {
            return refuse(contract->plugin.name,
                          "a signed hook does not say where its signature is, or by which option "
                          "it is checked",
                          error);
        }
    }
    return true;
}

static bool check_shared_limit(const Contract *contract, GError **error)
{
    const char *shared_by = contract->limits.shared_by;
    return shared_by == NULL || names_option(contract, shared_by) ||
           refuse(contract->plugin.name, "limits are shared_by an option that is not declared",
                  error);
}

static bool check_rows(const Contract *contract, GError **error)
{
    const DunhubPlugin *plugin = &contract->plugin;
    for (uint32_t i = 0; i < plugin->n_options; i++) {
        if (contract->options[i].name == NULL || contract->options[i].type > DUNHUB_OPTION_URL) {
            return refuse(plugin->name, "an option has no name or an unknown type", error);
        }
    }
    for (uint32_t i = 0; i < plugin->n_actions; i++) {
        const DunhubAction *action = &contract->actions[i];
        if (action->verb == NULL || action->run == NULL || action->effect > DUNHUB_LEGAL ||
            action->repeat > DUNHUB_REPEAT_SAFE) {
            return refuse(plugin->name,
                          "an action has no verb, no run, or an unknown effect or repeat", error);
        }
        if (action->repeat == DUNHUB_REPEAT_LOOKUP && action->lookup == NULL) {
            return refuse(plugin->name, "an action says DUNHUB_REPEAT_LOOKUP and has no lookup",
                          error);
        }
    }
    for (uint32_t i = 0; i < plugin->n_sources; i++) {
        if (contract->sources[i].name == NULL || contract->sources[i].poll == NULL) {
            return refuse(plugin->name, "a source has no name or no poll", error);
        }
    }
    return check_auths(contract, error) && check_hooks(contract, error) &&
           check_shared_limit(contract, error);
}

static void fill_limits(Contract *contract)
{
    DunhubLimits *limits = &contract->limits;
    const DunhubLimits *given = contract->plugin.limits;
    if (given != NULL) {
        memcpy(limits, given, MIN(given->size, sizeof *limits));
    }
    limits->size = sizeof *limits;
    limits->concurrency = limits->concurrency == 0
                              ? CONTRACT_CONCURRENCY
                              : MIN(limits->concurrency, CONTRACT_CONCURRENCY_MAX);
    limits->timeout_ms = limits->timeout_ms == 0 ? CONTRACT_TIMEOUT_MS : limits->timeout_ms;
    contract->plugin.limits = limits;
}

static bool check_name(const DunhubPlugin *plugin, const char *file, GError **error)
{
    g_autofree char *name = name_of(file);
    if (plugin->name == NULL || strcmp(plugin->name, name) != 0) {
        g_set_error(error, CONTRACT_ERROR, CONTRACT_ERROR_FORM,
                    "%s holds a plugin that calls itself '%s': the file has to be named after it",
                    file, plugin->name != NULL ? plugin->name : "");
        return false;
    }
    return true;
}

Contract *contract_read(const DunhubPlugin *given, const char *file, GError **error)
{
    if (!check_prefix(given, file, error)) {
        return NULL;
    }
    g_autoptr(Contract) contract = g_new0(Contract, 1);
    DunhubPlugin *plugin = &contract->plugin;
    memcpy(plugin, given, MIN(given->size, sizeof *plugin));
    if (!check_name(plugin, file, error)) {
        return NULL;
    }
    const Table tables[] = {
        {"options", plugin->options, plugin->n_options, plugin->option_size, sizeof(DunhubOption)},
        {"actions", plugin->actions, plugin->n_actions, plugin->action_size, sizeof(DunhubAction)},
        {"sources", plugin->sources, plugin->n_sources, plugin->source_size, sizeof(DunhubSource)},
        {"auths", plugin->auths, plugin->n_auths, plugin->auth_size, sizeof(DunhubAuth)},
        {"hooks", plugin->hooks, plugin->n_hooks, plugin->hook_size, sizeof(DunhubHook)},
    };
    void *copies[G_N_ELEMENTS(tables)] = {NULL};
    bool good = true;
    for (size_t i = 0; good && i < G_N_ELEMENTS(tables); i++) {
        good = copy_table(&tables[i], plugin->name, &copies[i], error);
    }
    contract->options = copies[0];
    contract->actions = copies[1];
    contract->sources = copies[2];
    contract->auths = copies[3];
    contract->hooks = copies[4];
    if (good) {
        fill_limits(contract);
    }
    if (!good || !check_rows(contract, error)) {
        return NULL;
    }
    return g_steal_pointer(&contract);
}

Contract *contract_load(const char *file, GError **error)
{
    g_autofree char *path = g_canonicalize_filename(file, NULL);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *why = dlerror();
        g_set_error(error, CONTRACT_ERROR, CONTRACT_ERROR_LOAD, "%s could not be loaded: %s", file,
                    why != NULL ? why : "no reason given");
        return NULL;
    }
    /* ISO C has no conversion from object to function pointer; POSIX requires this one to work. */
    union {
        void *object;
        DunhubPluginEntry entry;
    } symbol = {dlsym(library, DUNHUB_ENTRY_NAME)};
    if (symbol.object == NULL) {
        g_set_error(error, CONTRACT_ERROR, CONTRACT_ERROR_FORM,
                    "%s is not a dunhub plugin: it exports no %s; is it defined with "
                    "DUNHUB_EXPORT?",
                    file, DUNHUB_ENTRY_NAME);
        return NULL;
    }
    return contract_read(symbol.entry(), file, error);
}

const DunhubAction *contract_action(const Contract *contract, const char *verb)
{
    for (uint32_t i = 0; i < contract->plugin.n_actions; i++) {
        if (g_strcmp0(contract->actions[i].verb, verb) == 0) {
            return &contract->actions[i];
        }
    }
    return NULL;
}

const DunhubSource *contract_source(const Contract *contract, const char *name)
{
    for (uint32_t i = 0; i < contract->plugin.n_sources; i++) {
        if (g_strcmp0(contract->sources[i].name, name) == 0) {
            return &contract->sources[i];
        }
    }
    return NULL;
}

const DunhubHook *contract_hook(const Contract *contract, const char *name)
{
    for (uint32_t i = 0; i < contract->plugin.n_hooks; i++) {
        if (g_strcmp0(contract->hooks[i].name, name) == 0) {
            return &contract->hooks[i];
        }
    }
    return NULL;
}

const DunhubOption *contract_option(const Contract *contract, const char *name)
{
    for (uint32_t i = 0; i < contract->plugin.n_options; i++) {
        if (g_strcmp0(contract->options[i].name, name) == 0) {
            return &contract->options[i];
        }
    }
    return NULL;
}
