#include <string.h>

#include "base/key_file.h"
#include "evidence/bundle.h"

static json_t *hex(const Hash *hash)
{
    char text[HASH_HEX];
    return json_string(hash_hex(hash, text));
}

static bool to_hash(const json_t *value, Hash *ret_hash)
{
    const char *text = json_string_value(value);
    return text != NULL && key_from_hex(text, HASH_BYTES, ret_hash->bytes);
}

static bool to_number(const json_t *object, const char *member, uint64_t *ret_number)
{
    const json_t *value = json_object_get(object, member);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *ret_number = (uint64_t)json_integer_value(value);
    return true;
}

/* Absent is null; anything else but a text is refused. */
static bool to_text(const json_t *object, const char *member, Arena *arena, const char **ret_text)
{
    const json_t *value = json_object_get(object, member);
    *ret_text = arena_strdup(arena, json_string_value(value));
    return value == NULL || json_is_null(value) || json_is_string(value);
}

/* ---- entries ----------------------------------------------------------------------------------- */

json_t *line_of_entry(const char *account, const AuditEntry *entry)
{
    char at[32];
    return json_pack(
        "{s:s, s:I, s:I, s:I, s:s, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:i, s:o, s:o, "
        "s:o}",
        "account", account, "sequence", (json_int_t)entry->sequence, "position",
        (json_int_t)entry->position, "at_ms", (json_int_t)entry->at, "at",
        instant_format(entry->at, at), "actor", entry->actor, "event", entry->event, "rule",
        entry->rule, "subject", entry->subject, "reason", entry->reason, "text", entry->text,
        "detail", entry->detail, "personal", entry->personal, "form", (int)entry->form, "veil",
        entry->has_veil ? hex(&entry->veil) : json_null(), "previous", hex(&entry->previous),
        "hash", hex(&entry->hash));
}

static bool to_texts(const json_t *line, Arena *arena, AuditEntry *entry)
{
    return to_text(line, "actor", arena, &entry->actor) &&
           to_text(line, "event", arena, &entry->event) &&
           to_text(line, "rule", arena, &entry->rule) &&
           to_text(line, "subject", arena, &entry->subject) &&
           to_text(line, "reason", arena, &entry->reason) &&
           to_text(line, "text", arena, &entry->text) &&
           to_text(line, "detail", arena, &entry->detail) &&
           to_text(line, "personal", arena, &entry->personal);
}

bool line_to_entry(const json_t *line, Arena *arena, const char **ret_account,
                   AuditEntry *ret_entry)
{
    AuditEntry entry = {.sequence = 0};
    const json_t *at = json_object_get(line, "at_ms"), *veil = json_object_get(line, "veil");
    const json_t *form = json_object_get(line, "form");
    entry.has_veil = json_is_string(veil);
    entry.at = json_integer_value(at);
    entry.form = (AuditForm)json_integer_value(form);
    bool good = json_is_object(line) && json_is_integer(at) &&
                (entry.form == AUDIT_OPEN || entry.form == AUDIT_VEILED) &&
                to_text(line, "account", arena, ret_account) && *ret_account != NULL &&
                to_number(line, "sequence", &entry.sequence) &&
                to_number(line, "position", &entry.position) && to_texts(line, arena, &entry) &&
                (entry.has_veil ? to_hash(veil, &entry.veil) : json_is_null(veil)) &&
                to_hash(json_object_get(line, "previous"), &entry.previous) &&
                to_hash(json_object_get(line, "hash"), &entry.hash);
    if (good)
        *ret_entry = entry;
    return good;
}

/* ---- seals ------------------------------------------------------------------------------------- */

json_t *line_of_seal(const Seal *seal)
{
    json_t *path = json_array();
    for (size_t i = 0; i < seal->n_path; i++)
        json_array_append_new(path, hex(&seal->path[i]));
    return json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:I, s:I, s:o, s:o}", "number",
                     (json_int_t)seal->number, "entries", (json_int_t)seal->entries, "accounts",
                     (json_int_t)seal->accounts, "previous", hex(&seal->previous), "root",
                     hex(&seal->root), "hash", hex(&seal->hash), "place", (json_int_t)seal->place,
                     "sequence", (json_int_t)seal->sequence, "head", hex(&seal->head), "path",
                     path);
}

bool line_to_seal(const json_t *line, Seal *ret_seal)
{
    Seal seal = {.names = true};
    const json_t *path = json_object_get(line, "path");
    seal.n_path = json_array_size(path);
    if (!json_is_object(line) || !json_is_array(path) || seal.n_path > SEAL_PATH_MAX)
        return false;
    for (size_t i = 0; i < seal.n_path; i++)
        if (!to_hash(json_array_get(path, i), &seal.path[i]))
            return false;
    if (!to_number(line, "number", &seal.number) || !to_number(line, "entries", &seal.entries) ||
        !to_number(line, "accounts", &seal.accounts) || !to_number(line, "place", &seal.place) ||
        !to_number(line, "sequence", &seal.sequence) ||
        !to_hash(json_object_get(line, "previous"), &seal.previous) ||
        !to_hash(json_object_get(line, "root"), &seal.root) ||
        !to_hash(json_object_get(line, "hash"), &seal.hash) ||
        !to_hash(json_object_get(line, "head"), &seal.head))
        return false;
    *ret_seal = seal;
    return true;
}

/* ---- journal, signature ------------------------------------------------------------------------ */

json_t *line_of_journal(const JournalEntry *entry)
{
    char time[32], received[32];
    return json_pack("{s:I, s:s, s:s?, s:s, s:s?, s:s*, s:s, s:I, s:I, s:b}", "position",
                     (json_int_t)entry->position, "source", entry->source, "event_id",
                     entry->event_id, "type", entry->type, "data", entry->data, "time",
                     entry->time != INSTANT_NONE ? instant_format(entry->time, time) : NULL,
                     "received_at", instant_format(entry->received_at, received), "epoch",
                     (json_int_t)entry->epoch, "switches", (json_int_t)entry->switches, "decided",
                     entry->decided);
}

char *signed_text(const Hash *manifest, const char *signed_at)
{
    char text[HASH_HEX];
    return g_strdup_printf("dunhub evidence 1\n%s\n%s\n", hash_hex(manifest, text), signed_at);
}
