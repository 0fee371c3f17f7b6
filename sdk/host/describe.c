/* A contract as a manifest: one table of members per kind of row. */
#include "host/contract.h"
#include "wire/wire.h"

#include <string.h>

typedef enum {
    MEMBER_TEXT,
    MEMBER_NUMBER,
    MEMBER_WORD,
    MEMBER_FLAG,
    MEMBER_JSON,
    MEMBER_HANDLER
} MemberKind;

typedef struct {
    const char *name;
    MemberKind kind;
    size_t offset;
    const char *const *words; /* WORD: names of the values */
    uint32_t flag;            /* FLAG: the bit */
} Member;

static const char *const option_types[] = {"text", "int",  "bool", "choice",
                                           "map",  "list", "path", "url"};
static const char *const effects[] = {"read", "write", "contact", "legal"};
static const char *const repeats[] = {"none", "key", "lookup", "safe"};
static const char *const auth_kinds[] = {"header", "basic", "refresh", "client", "jwt"};
static const char *const hook_schemes[] = {"none", "hmac", "secret", "ecdsa"};
static const char *const hashes[] = {"sha256", "sha1"};
static const char *const encodings[] = {"hex", "base64"};

/* clang-format off */
static const Member plugin_members[] = {
    {"name", MEMBER_TEXT, offsetof(DunhubPlugin, name), NULL, 0},
    {"version", MEMBER_TEXT, offsetof(DunhubPlugin, version), NULL, 0},
    {"doc", MEMBER_TEXT, offsetof(DunhubPlugin, doc), NULL, 0},
    {"check", MEMBER_HANDLER, offsetof(DunhubPlugin, check), NULL, 0},
    {"setup", MEMBER_HANDLER, offsetof(DunhubPlugin, setup), NULL, 0},
};
static const Member option_members[] = {
    {"name", MEMBER_TEXT, offsetof(DunhubOption, name), NULL, 0},
    {"type", MEMBER_WORD, offsetof(DunhubOption, type), option_types, 0},
    {"required", MEMBER_FLAG, offsetof(DunhubOption, flags), NULL, DUNHUB_OPTION_REQUIRED},
    {"secret", MEMBER_FLAG, offsetof(DunhubOption, flags), NULL, DUNHUB_OPTION_SECRET},
    {"writable", MEMBER_FLAG, offsetof(DunhubOption, flags), NULL, DUNHUB_OPTION_WRITABLE},
    {"default", MEMBER_TEXT, offsetof(DunhubOption, fallback), NULL, 0},
    {"allowed", MEMBER_TEXT, offsetof(DunhubOption, allowed), NULL, 0},
    {"doc", MEMBER_TEXT, offsetof(DunhubOption, doc), NULL, 0},
};
static const Member action_members[] = {
    {"verb", MEMBER_TEXT, offsetof(DunhubAction, verb), NULL, 0},
    {"object", MEMBER_TEXT, offsetof(DunhubAction, object), NULL, 0},
    {"doc", MEMBER_TEXT, offsetof(DunhubAction, doc), NULL, 0},
    {"effect", MEMBER_WORD, offsetof(DunhubAction, effect), effects, 0},
    {"repeat", MEMBER_WORD, offsetof(DunhubAction, repeat), repeats, 0},
    {"batch_max", MEMBER_NUMBER, offsetof(DunhubAction, batch_max), NULL, 0},
    {"key_valid_s", MEMBER_NUMBER, offsetof(DunhubAction, key_valid_s), NULL, 0},
    {"key_saves_errors", MEMBER_FLAG, offsetof(DunhubAction, key_saves_errors), NULL, UINT32_MAX},
    {"lookup_lag_s", MEMBER_NUMBER, offsetof(DunhubAction, lookup_lag_s), NULL, 0},
    {"lookup", MEMBER_HANDLER, offsetof(DunhubAction, lookup), NULL, 0},
    {"input_schema", MEMBER_JSON, offsetof(DunhubAction, input_schema), NULL, 0},
};
static const Member source_members[] = {
    {"name", MEMBER_TEXT, offsetof(DunhubSource, name), NULL, 0},
    {"emits", MEMBER_TEXT, offsetof(DunhubSource, emits), NULL, 0},
    {"doc", MEMBER_TEXT, offsetof(DunhubSource, doc), NULL, 0},
    {"every_s", MEMBER_NUMBER, offsetof(DunhubSource, every_s), NULL, 0},
    {"ledger", MEMBER_FLAG, offsetof(DunhubSource, flags), NULL, DUNHUB_SOURCE_LEDGER},
    {"read", MEMBER_HANDLER, offsetof(DunhubSource, read), NULL, 0},
};
static const Member limit_members[] = {
    {"concurrency", MEMBER_NUMBER, offsetof(DunhubLimits, concurrency), NULL, 0},
    {"per_minute", MEMBER_NUMBER, offsetof(DunhubLimits, per_minute), NULL, 0},
    {"timeout_ms", MEMBER_NUMBER, offsetof(DunhubLimits, timeout_ms), NULL, 0},
    {"per_day", MEMBER_NUMBER, offsetof(DunhubLimits, per_day), NULL, 0},
    {"shared_by", MEMBER_TEXT, offsetof(DunhubLimits, shared_by), NULL, 0},
};
static const Member auth_members[] = {
    {"name", MEMBER_TEXT, offsetof(DunhubAuth, name), NULL, 0},
    {"kind", MEMBER_WORD, offsetof(DunhubAuth, kind), auth_kinds, 0},
    {"in_body", MEMBER_FLAG, offsetof(DunhubAuth, flags), NULL, DUNHUB_AUTH_IN_BODY},
    {"token_json", MEMBER_FLAG, offsetof(DunhubAuth, flags), NULL, DUNHUB_AUTH_TOKEN_JSON},
    {"header", MEMBER_TEXT, offsetof(DunhubAuth, header), NULL, 0},
    {"value", MEMBER_TEXT, offsetof(DunhubAuth, value), NULL, 0},
    {"token_url", MEMBER_TEXT, offsetof(DunhubAuth, token_url), NULL, 0},
    {"client_id", MEMBER_TEXT, offsetof(DunhubAuth, client_id), NULL, 0},
    {"client_secret", MEMBER_TEXT, offsetof(DunhubAuth, client_secret), NULL, 0},
    {"scope", MEMBER_TEXT, offsetof(DunhubAuth, scope), NULL, 0},
    {"private_key", MEMBER_TEXT, offsetof(DunhubAuth, private_key), NULL, 0},
    {"key_id", MEMBER_TEXT, offsetof(DunhubAuth, key_id), NULL, 0},
    {"issuer", MEMBER_TEXT, offsetof(DunhubAuth, issuer), NULL, 0},
    {"subject", MEMBER_TEXT, offsetof(DunhubAuth, subject), NULL, 0},
    {"audience", MEMBER_TEXT, offsetof(DunhubAuth, audience), NULL, 0},
    {"token_extra", MEMBER_TEXT, offsetof(DunhubAuth, token_extra), NULL, 0},
    {"keep", MEMBER_TEXT, offsetof(DunhubAuth, keep), NULL, 0},
    {"doc", MEMBER_TEXT, offsetof(DunhubAuth, doc), NULL, 0},
    {"expires_s", MEMBER_NUMBER, offsetof(DunhubAuth, expires_s), NULL, 0},
};
static const Member hook_members[] = {
    {"name", MEMBER_TEXT, offsetof(DunhubHook, name), NULL, 0},
    {"emits", MEMBER_TEXT, offsetof(DunhubHook, emits), NULL, 0},
    {"doc", MEMBER_TEXT, offsetof(DunhubHook, doc), NULL, 0},
    {"get", MEMBER_FLAG, offsetof(DunhubHook, flags), NULL, DUNHUB_HOOK_GET},
    {"challenge_unsigned", MEMBER_FLAG, offsetof(DunhubHook, flags), NULL, DUNHUB_HOOK_CHALLENGE_UNSIGNED},
    {"signed_by_any", MEMBER_FLAG, offsetof(DunhubHook, flags), NULL, DUNHUB_HOOK_SIGNED_BY_ANY},
    {"scheme", MEMBER_WORD, offsetof(DunhubHook, scheme), hook_schemes, 0},
    {"hash", MEMBER_WORD, offsetof(DunhubHook, hash), hashes, 0},
    {"encoding", MEMBER_WORD, offsetof(DunhubHook, encoding), encodings, 0},
    {"signature", MEMBER_TEXT, offsetof(DunhubHook, signature), NULL, 0},
    {"prefix", MEMBER_TEXT, offsetof(DunhubHook, prefix), NULL, 0},
    {"secret", MEMBER_TEXT, offsetof(DunhubHook, secret), NULL, 0},
    {"signed_text", MEMBER_TEXT, offsetof(DunhubHook, signed_text), NULL, 0},
    {"body_digest", MEMBER_TEXT, offsetof(DunhubHook, body_digest), NULL, 0},
    {"timestamp", MEMBER_TEXT, offsetof(DunhubHook, timestamp), NULL, 0},
    {"tolerance_s", MEMBER_NUMBER, offsetof(DunhubHook, tolerance_s), NULL, 0},
    {"delivery", MEMBER_TEXT, offsetof(DunhubHook, delivery), NULL, 0},
    {"challenge", MEMBER_TEXT, offsetof(DunhubHook, challenge), NULL, 0},
    {"challenge_when", MEMBER_TEXT, offsetof(DunhubHook, challenge_when), NULL, 0},
    {"challenge_reply", MEMBER_TEXT, offsetof(DunhubHook, challenge_reply), NULL, 0},
    {"challenge_type", MEMBER_TEXT, offsetof(DunhubHook, challenge_type), NULL, 0},
    {"reply_header", MEMBER_TEXT, offsetof(DunhubHook, reply_header), NULL, 0},
    {"reply_type", MEMBER_TEXT, offsetof(DunhubHook, reply_type), NULL, 0},
    {"reply_body", MEMBER_TEXT, offsetof(DunhubHook, reply_body), NULL, 0},
    {"refused_status", MEMBER_NUMBER, offsetof(DunhubHook, refused_status), NULL, 0},
    {"answer_ms", MEMBER_NUMBER, offsetof(DunhubHook, answer_ms), NULL, 0},
    {"answer", MEMBER_HANDLER, offsetof(DunhubHook, answer), NULL, 0},
};
/* clang-format on */

static json_t *text_value(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    return json_string(valid);
}

static json_t *schema_value(const char *text, GError **error)
{
    json_t *schema = wire_json(text, strlen(text), WIRE_HEAD_MAX, WIRE_JSON_DEPTH, error);
    if (schema == NULL) {
        g_prefix_error(error, "input_schema: ");
    }
    return schema;
}

/* NULL without *error: the member is left out. */
static json_t *member_value(const Member *member, const char *row, GError **error)
{
    const char *at = row + member->offset;
    const char *text = NULL;
    DunhubHandler handler = NULL;
    uint32_t number = 0;
    switch (member->kind) {
    case MEMBER_TEXT:
        memcpy(&text, at, sizeof text);
        return text != NULL ? text_value(text) : NULL;
    case MEMBER_JSON:
        memcpy(&text, at, sizeof text);
        return text != NULL ? schema_value(text, error) : NULL;
    case MEMBER_HANDLER:
        memcpy(&handler, at, sizeof handler);
        return json_boolean(handler != NULL);
    default:
        memcpy(&number, at, sizeof number);
    }
    if (member->kind == MEMBER_WORD) {
        return json_string(member->words[number]);
    }
    return member->kind == MEMBER_FLAG ? json_boolean((number & member->flag) != 0)
                                       : json_integer(number);
}

static bool describe(json_t *object, const Member *members, size_t n, const void *row,
                     GError **error)
{
    for (size_t i = 0; i < n; i++) {
        GError *reason = NULL;
        json_t *value = member_value(&members[i], row, &reason);
        if (reason != NULL) {
            g_propagate_error(error, reason);
            return false;
        }
        if (value != NULL) {
            json_object_set_new(object, members[i].name, value);
        }
    }
    return true;
}

typedef struct {
    const char *name;
    const Member *members;
    size_t n_members;
    const void *rows;
    uint32_t n;
    size_t size;
} Listing;

static bool describe_listing(json_t *manifest, const Listing *listing, GError **error)
{
    json_t *array = json_array();
    json_object_set_new(manifest, listing->name, array);
    for (uint32_t i = 0; i < listing->n; i++) {
        json_t *row = json_object();
        json_array_append_new(array, row);
        const char *from = (const char *)listing->rows + i * listing->size;
        if (!describe(row, listing->members, listing->n_members, from, error)) {
            return false;
        }
    }
    return true;
}

json_t *contract_manifest(const Contract *contract, GError **error)
{
    const DunhubPlugin *plugin = &contract->plugin;
    const Listing listings[] = {
        {"options", option_members, G_N_ELEMENTS(option_members), contract->options,
         plugin->n_options, sizeof(DunhubOption)},
        {"actions", action_members, G_N_ELEMENTS(action_members), contract->actions,
         plugin->n_actions, sizeof(DunhubAction)},
        {"sources", source_members, G_N_ELEMENTS(source_members), contract->sources,
         plugin->n_sources, sizeof(DunhubSource)},
        {"auths", auth_members, G_N_ELEMENTS(auth_members), contract->auths, plugin->n_auths,
         sizeof(DunhubAuth)},
        {"hooks", hook_members, G_N_ELEMENTS(hook_members), contract->hooks, plugin->n_hooks,
         sizeof(DunhubHook)},
    };
    json_t *manifest = json_object();
    bool good = describe(manifest, plugin_members, G_N_ELEMENTS(plugin_members), plugin, error);
    json_object_set_new(manifest, "abi",
                        json_sprintf("%u.%u", plugin->abi_major, plugin->abi_minor));
    for (size_t i = 0; good && i < G_N_ELEMENTS(listings); i++) {
        good = describe_listing(manifest, &listings[i], error);
    }
    json_t *limits = json_object();
    json_object_set_new(manifest, "limits", limits);
    if (!good ||
        !describe(limits, limit_members, G_N_ELEMENTS(limit_members), &contract->limits, error)) {
        g_prefix_error(error, "plugin '%s': ", plugin->name);
        json_decref(manifest);
        return NULL;
    }
    return manifest;
}
