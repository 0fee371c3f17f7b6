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

Hash proof_entry(const char *account, const AuditEntry *entry, const Hash *personal)
{
    Parts parts = {.n = 0};
    add_bytes(&parts, entry->previous.bytes, HASH_BYTES);
    add_text(&parts, account);
    add_number(&parts, entry->sequence);
    add_number(&parts, entry->position);
    add_number(&parts, (uint64_t)entry->at);
    const char *const texts[] = {entry->actor,  entry->event, entry->rule,  entry->subject,
                                 entry->reason, entry->text,  entry->detail};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        add_text(&parts, texts[i]);
    if (personal)
        add_bytes(&parts, personal->bytes, HASH_BYTES);
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

Hash proof_seal(uint64_t number, const Hash *previous, uint64_t entries, const void *heads,
                size_t n_heads)
{
    Parts parts = {.n = 0};
    add_bytes(&parts, previous->bytes, HASH_BYTES);
    add_number(&parts, number);
    add_number(&parts, entries);
    add_bytes(&parts, heads, n_heads);
    return hash_of_parts(parts.parts, parts.n);
}
