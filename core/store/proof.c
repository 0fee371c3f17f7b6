#include "store/proof.h"

#include <string.h>

#define MAX_PARTS 16

/* Parts of a hash; numbers are kept here until it is made. */
typedef struct {
    HashPart parts[MAX_PARTS];
    uint64_t numbers[MAX_PARTS];
    size_t n;
} Parts;

static void add_bytes(Parts *parts, const void *bytes, size_t n)
{
    g_assert(parts->n < MAX_PARTS);
    parts->parts[parts->n++] = (HashPart){bytes, n};
}

/* An absent text is one byte that no UTF-8 text has. */
static void add_text(Parts *parts, const char *text)
{
    add_bytes(parts, text ? text : "\xff", text ? strlen(text) : 1);
}

static void add_number(Parts *parts, uint64_t number)
{
    uint64_t *kept = &parts->numbers[parts->n];
    *kept = GUINT64_TO_BE(number);
    add_bytes(parts, kept, sizeof *kept);
}

static void add_hash(Parts *parts, const Hash *hash)
{
    add_bytes(parts, hash->bytes, HASH_BYTES);
}

Hash proof_veil(const char *salt, const AuditEntry *entry)
{
    Parts parts = {.n = 0};
    add_text(&parts, salt);
    const char *const texts[] = {entry->subject, entry->reason, entry->text, entry->detail,
                                 entry->personal};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        add_text(&parts, texts[i]);
    return hash_of_parts(parts.parts, parts.n);
}

static void add_place(Parts *parts, const char *account, const AuditEntry *entry)
{
    add_hash(parts, &entry->previous);
    add_text(parts, account);
    add_number(parts, entry->sequence);
    add_number(parts, entry->position);
    add_number(parts, (uint64_t)entry->at);
}

static Hash veiled_entry(const char *account, const AuditEntry *entry)
{
    Parts parts = {.n = 0};
    add_text(&parts, "veiled");
    add_place(&parts, account, entry);
    add_text(&parts, entry->actor);
    add_text(&parts, entry->event);
    add_text(&parts, entry->rule);
    add_hash(&parts, &entry->veil);
    return hash_of_parts(parts.parts, parts.n);
}

Hash proof_entry(const char *account, const AuditEntry *entry)
{
    if (entry->form == AUDIT_VEILED)
        return veiled_entry(account, entry);
    Parts parts = {.n = 0};
    add_place(&parts, account, entry);
    const char *const texts[] = {entry->actor,  entry->event, entry->rule,  entry->subject,
                                 entry->reason, entry->text,  entry->detail};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        add_text(&parts, texts[i]);
    if (entry->has_veil)
        add_hash(&parts, &entry->veil);
    else
        add_text(&parts, NULL);
    return hash_of_parts(parts.parts, parts.n);
}

void proof_write_head(GByteArray *bytes, const ProofHead *head)
{
    uint32_t length = (uint32_t)strlen(head->account);
    uint32_t length_be = GUINT32_TO_BE(length);
    uint64_t sequence_be = GUINT64_TO_BE(head->sequence);
    g_byte_array_append(bytes, (const guint8 *)&length_be, sizeof length_be);
    g_byte_array_append(bytes, (const guint8 *)head->account, length);
    g_byte_array_append(bytes, (const guint8 *)&sequence_be, sizeof sequence_be);
    g_byte_array_append(bytes, head->hash.bytes, HASH_BYTES);
}

bool proof_read_head(const uint8_t *bytes, size_t n, size_t *at, Arena *arena, ProofHead *ret_head)
{
    uint32_t length;
    uint64_t sequence;
    size_t left = n - *at;
    if (left < sizeof length)
        return false;
    memcpy(&length, bytes + *at, sizeof length);
    length = GUINT32_FROM_BE(length);
    if (left - sizeof length < (size_t)length + sizeof sequence + HASH_BYTES)
        return false;
    const uint8_t *p = bytes + *at + sizeof length;
    ret_head->account = arena_strndup(arena, (const char *)p, length);
    memcpy(&sequence, p + length, sizeof sequence);
    ret_head->sequence = GUINT64_FROM_BE(sequence);
    memcpy(ret_head->hash.bytes, p + length + sizeof sequence, HASH_BYTES);
    *at += sizeof length + length + sizeof sequence + HASH_BYTES;
    return true;
}

Hash proof_seal_of_heads(uint64_t number, const Hash *previous, uint64_t entries, const void *heads,
                         size_t n_heads)
{
    Parts parts = {.n = 0};
    add_hash(&parts, previous);
    add_number(&parts, number);
    add_number(&parts, entries);
    add_bytes(&parts, heads, n_heads);
    return hash_of_parts(parts.parts, parts.n);
}

Hash proof_seal(uint64_t number, const Hash *previous, uint64_t entries, uint64_t accounts,
                const Hash *root)
{
    Parts parts = {.n = 0};
    add_text(&parts, "seal");
    add_hash(&parts, previous);
    add_number(&parts, number);
    add_number(&parts, entries);
    add_number(&parts, accounts);
    add_hash(&parts, root);
    return hash_of_parts(parts.parts, parts.n);
}

/* ---- the tree of a seal ------------------------------------------------------------------------ */

Hash proof_leaf(const char *account, uint64_t sequence, const Hash *hash)
{
    Parts parts = {.n = 0};
    add_text(&parts, "leaf");
    add_text(&parts, account);
    add_number(&parts, sequence);
    add_hash(&parts, hash);
    return hash_of_parts(parts.parts, parts.n);
}

static Hash join(const Hash *left, const Hash *right)
{
    Parts parts = {.n = 0};
    add_text(&parts, "node");
    add_hash(&parts, left);
    add_hash(&parts, right);
    return hash_of_parts(parts.parts, parts.n);
}

/* The nodes above n nodes, in their place; how many they are. */
static size_t climb(Hash *nodes, size_t n)
{
    for (size_t i = 0; i + 1 < n; i += 2)
        nodes[i / 2] = join(&nodes[i], &nodes[i + 1]);
    if (n % 2 == 1)
        nodes[n / 2] = nodes[n - 1];
    return (n + 1) / 2;
}

Hash proof_root(Hash *leaves, size_t n)
{
    while (n > 1)
        n = climb(leaves, n);
    return leaves[0];
}

size_t proof_path(Hash *leaves, size_t n, size_t place, Hash ret_path[SEAL_PATH_MAX])
{
    size_t length = 0;
    for (; n > 1; n = climb(leaves, n), place /= 2) {
        size_t neighbour = place ^ 1;
        if (neighbour < n)
            ret_path[length++] = leaves[neighbour];
    }
    return length;
}

bool proof_follow(const Hash *leaf, uint64_t place, uint64_t n, const Hash *path, size_t n_path,
                  Hash *ret_root)
{
    Hash node = *leaf;
    size_t used = 0;
    if (place >= n)
        return false;
    for (; n > 1; n = n / 2 + n % 2, place /= 2) {
        if ((place ^ 1) >= n)
            continue;
        if (used == n_path)
            return false;
        node = place % 2 == 1 ? join(&path[used], &node) : join(&node, &path[used]);
        used++;
    }
    *ret_root = node;
    return used == n_path;
}
