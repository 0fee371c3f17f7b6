/* Hashes that prove the audit entries, the same whatever engine keeps them.
 *
 * The entries of an account are a chain: each hash covers its entry and the hash before it. Each commit adds one seal, whose
 * hash covers the new last entry (number and hash) of every account that got one, and the seal before
 * (docs/adr/0013-evidence.md). Whoever edits, inserts
 * or removes entries must therefore rewrite all seals since; a copy of the latest seal hash kept elsewhere shows even that. */
#ifndef DUNHUB_STORE_PROOF_H
#define DUNHUB_STORE_PROOF_H

#include "store/store.h"

/* The veil of an entry's texts: H(salt, subject, reason, text, detail, personal). */
Hash proof_veil(const char *salt, const AuditEntry *entry);
/* Of an entry whose sequence, previous, form and veil are set. */
Hash proof_entry(const char *account, const AuditEntry *entry);

typedef struct {
    const char *account;
    uint64_t sequence;
    Hash hash;
} ProofHead;

/* Heads as one row of bytes, and back. */
void proof_write_head(GByteArray *bytes, const ProofHead *head);
/* Reads the head at *at and moves on; account is copied to the arena. False: the bytes are not heads, or over. */
bool proof_read_head(const uint8_t *bytes, size_t n, size_t *at, Arena *arena, ProofHead *ret_head);

/* A seal of the first version: over the heads as they are, so that it takes all of them to check it. */
Hash proof_seal_of_heads(uint64_t number, const Hash *previous, uint64_t entries, const void *heads, size_t n_heads);
/* A seal: over the root of a tree whose leaves are the heads in their order. A leaf cannot be guessed without knowing every
 * entry of its chain; so the path of one account says nothing of the others. */
Hash proof_seal(uint64_t number, const Hash *previous, uint64_t entries, uint64_t accounts, const Hash *root);
Hash proof_leaf(const char *account, uint64_t sequence, const Hash *hash);
/* n at least 1; leaves is overwritten. A node without a neighbour goes up as it is. */
Hash proof_root(Hash *leaves, size_t n);
/* The neighbours on the way from leaf `place` up to the root; leaves is overwritten. Returns how many. */
size_t proof_path(Hash *leaves, size_t n, size_t place, Hash ret_path[SEAL_PATH_MAX]);
/* The root that leaf and path lead to. False: no path of such a tree has n_path steps. */
bool proof_follow(const Hash *leaf, uint64_t place, uint64_t n, const Hash *path, size_t n_path, Hash *ret_root);

#endif
