/* Everything the hub knows of one account: what decide reads and returns. */
#ifndef DUNHUB_MODEL_STATE_H
#define DUNHUB_MODEL_STATE_H

#include "model/records.h"

/* A growable array of one kind of record in an arena. Pointers into it die when it grows: use indexes across adds.
 * Rows without capacity belong to another state and are not to be written. */
typedef struct {
    const RecordType *type;
    void *rows;
    size_t n, capacity;
} RecordSet;

typedef struct {
    Arena *arena; /* owns all rows and texts; borrowed */
    Account account;
    RecordSet sets[N_KINDS]; /* sets[KIND_ACCOUNT] is unused */
} AccountState;

void state_init(AccountState *ret_state, Arena *arena, const char *account_id);
/* Deep copy into another arena, packed: rows without room to grow, texts once for each field. */
void state_copy(const AccountState *from, Arena *arena, AccountState *ret_state);
/* A copy that may be changed and added to; its texts, and the rows of every kind that is not changed, are those of `from`,
 * whose memory must outlive it. decide works on such a copy. Cycles are copied at once; rows of the other kinds
 * when they are first asked for through a pointer to a state that may change. */
void state_share(const AccountState *from, Arena *arena, AccountState *ret_state);
/* Appends a record set to its absent values and returns it. */
void *state_add(AccountState *state, RecordKind kind);

/* ---- rows: of a `const AccountState *` they are const and stay where they are; of an `AccountState *` they may be written
 * and are made the state's own first. So a rule cannot write into the state it was given: it does not compile. Look through a
 * const pointer (Deciding.look) where nothing is written; what was found so is not seen to change afterwards. ---- */
static inline const void *state_look(const AccountState *state, RecordKind kind)
{
    return state->sets[kind].rows;
}
void *state_own_shared(AccountState *state, RecordKind kind);
static inline void *state_own(AccountState *state, RecordKind kind)
{
    const RecordSet *set = &state->sets[kind];
    return set->capacity >= set->n ? set->rows : state_own_shared(state, kind);
}
const void *state_look_for(const AccountState *state, RecordKind kind, const char *key);
void *state_own_one(AccountState *state, RecordKind kind, const char *key);
/* By key text of kinds whose key is one text (all but contact_point, instalment, approval); NULL if absent. */
#define state_find(state, KIND, key) \
    _Generic((state), const AccountState *: state_look_for, AccountState *: state_own_one)((state), (KIND), (key))
/* The array: Type is const where the state is. */
#define STATE_ROWS(state, KIND, Type) \
    (((struct { Type *rows; }){_Generic((state), const AccountState *: state_look, AccountState *: state_own)((state), (KIND))}).rows)
#define STATE_COUNT(state, KIND) ((state)->sets[KIND].n)
/* for (Invoice *i = …) over all rows of a kind, Type as above; the body must not add to that kind. */
#define STATE_FOREACH(state, KIND, Type, it) \
    for (Type *it = STATE_ROWS(state, KIND, Type), *it##_end = it ? it + STATE_COUNT(state, KIND) : NULL; it < it##_end; it++)

/* A record that is new or differs. `row` lives in the arena of `after`. */
typedef struct {
    RecordKind kind;
    const void *row;
    size_t index; /* of the row among its kind: its place never changes */
    bool is_new;
} Change;
/* Changes from before to after, in order of kind then row. Rows are only ever added or changed, in place and in order;
 * so rows [0, n_before) correspond. Returns an arena array, *ret_n long. */
const Change *state_diff(const AccountState *before, const AccountState *after, Arena *arena, size_t *ret_n);
/* Makes of *state what its successor is, whose difference from it these changes are: rows change in place, texts that
 * are new go into the state's own arena, nothing of the successor is needed afterwards. For many decisions about one account:
 * decide in a scratch arena, take over the changes, reset the scratch. What was replaced stays in the state's arena until
 * the state is copied into another (state_copy; arena_used tells when that pays). */
void state_take_over(AccountState *state, const Change *changes, size_t n);

/* Whole state as one JSON object, for `show --json`, tests and replay comparison. New reference. */
json_t *state_to_json(const AccountState *state);
/* SHA-256 of the canonical JSON, hex: two replays agree when this does. */
char *state_fingerprint(const AccountState *state);

/* Comma-separated sorted sets in a text field: reasons, awaiting, tags. NULL and "" are the empty set. */
bool words_have(const char *words, const char *word);
const char *words_add(Arena *arena, const char *words, const char *word);
const char *words_remove(Arena *arena, const char *words, const char *word); /* NULL when empty */

#endif
