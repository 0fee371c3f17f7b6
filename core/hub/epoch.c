/* A configuration in force: kept by content, numbered, and every account looked at again under it.
 */
#include "hub/loop.h"

#include <string.h>

typedef struct {
    const char *name; /* NULL: any */
    int64_t version;
    char hash[HASH_HEX];
} Latest;

static bool note_latest(const char *name, int64_t version, const char *hash, void *data)
{
    Latest *latest = data;
    if ((!latest->name || strcmp(latest->name, name) == 0) && version > latest->version) {
        latest->version = version;
        g_strlcpy(latest->hash, hash, sizeof latest->hash);
    }
    return true;
}

/* One version row more, unless the newest one already has this content. */
static bool publish(Hub *hub, const char *kind, const char *name, const char *text, Instant at,
                    int64_t *ret_version, bool *ret_new, GError **error)
{
    Latest latest = {.name = name};
    char hash[HASH_HEX];
    if (!store_versions(hub->setup.store, kind, note_latest, &latest, error) ||
        !store_blob_put(hub->setup.store, kind, text, strlen(text), hash, error))
        return false;
    *ret_version = latest.version;
    *ret_new = strcmp(hash, latest.hash) != 0;
    return !*ret_new ||
           store_version_put(hub->setup.store, kind, name, hash, at, ret_version, error);
}

static bool publish_policies(Hub *hub, const Rulebook *book, GError **error)
{
    for (size_t i = 0; i < book->n_policies; i++) {
        const Policy *policy = book->policies[i];
        if (rulebook_policy(book, policy->name, NULL) !=
            policy) /* an older one, kept because it is in use */
            continue;
        int64_t version = 0;
        bool new = false;
        if (!publish(hub, "policy", policy->name, policy->source_json, hub->now, &version, &new,
                     error))
            return false;
    }
    return true;
}

/* A notice names its template's version by hash: what that is of stays readable. */
static bool publish_templates(Hub *hub, const Templates *templates, GError **error)
{
    for (const char *const *name = templates ? templates_names(templates) : NULL; name && *name;
         name++) {
        int64_t version = 0;
        bool new = false;
        if (!publish(hub, "template", *name, templates_source(templates, *name), hub->now, &version,
                     &new, error))
            return false;
    }
    return true;
}

static bool enter(Group *group, GError **error)
{
    Hub *hub = group->hub;
    const Configuration *configuration = hub->setup.configuration;
    int64_t version = 0;
    bool new = false;
    if (!publish(hub, "configuration", "conf.d", configuration->canonical, hub->now, &version, &new,
                 error) ||
        !publish_policies(hub, &configuration->book, error) ||
        !publish_templates(hub, configuration->templates, error))
        return false;
    hub->epoch = (uint64_t)version;
    if (!new)
        return true;
    json_t *detail =
        json_pack("{s:I,s:s}", "epoch", (json_int_t)version, "hash", configuration->hash);
    return engine_note(group, event_types[EVENT_EPOCH].name, NULL,
                       "A new configuration is in force.", detail, error) &&
           store_wake_all(hub->setup.store, NULL, hub->now, error);
}

bool epoch_enter(Hub *hub, GError **error)
{
    Group group;
    if (!group_begin(hub, &group, error))
        return false;
    uint64_t before = hub->epoch;
    bool good = enter(&group, error);
    if (group_end(&group, good, error))
        return true;
    hub->epoch = before;
    return false;
}
