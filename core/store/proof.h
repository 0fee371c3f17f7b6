/* Hashes that prove the audit entries, the same whatever engine keeps them.
 *
 * The entries of an account are a chain: each hash covers its entry and the hash before it. Each commit adds one seal, whose
 * hash covers the new last entry (number and hash) of every account that got one, and the seal before. Whoever edits, inserts
 * or removes entries must therefore rewrite all seals since; a copy of the latest seal hash kept elsewhere shows even that. */
#ifndef DUNHUB_STORE_PROOF_H
#define DUNHUB_STORE_PROOF_H

#include "store/store.h"

/* Of an entry whose sequence and previous are set. personal: H(salt, text) or NULL where the entry has none. */
Hash proof_entry(const char *account, const AuditEntry *entry, const Hash *personal);

typedef struct {
    const char *account;
    uint64_t sequence;
    Hash hash;
} ProofHead;

/* Heads as one row of bytes, and back. */
void proof_write_head(GByteArray *bytes, const ProofHead *head);
/* Reads the head at *at and moves on; account is copied to the arena. False: the bytes are not heads, or over. */
bool proof_read_head(const uint8_t *bytes, size_t n, size_t *at, Arena *arena, ProofHead *ret_head);

Hash proof_seal(uint64_t number, const Hash *previous, uint64_t entries, const void *heads, size_t n_heads);

#endif
