#include "model/state.h"

#include <string.h>

#include "base/hash.h"
#include "base/text.h"

void state_init(AccountState *ret_state, Arena *arena, const char *account_id)
{
    memset(ret_state, 0, sizeof *ret_state);
    ret_state->arena = arena;
    record_init(&account_type, &ret_state->account);
    ret_state->account.id = arena_strdup(arena, account_id);
    ret_state->account.service = SERVICE_ACTIVE;
    ret_state->account.portal = SERVICE_ACTIVE;
    for (int kind = 0; kind < N_KINDS; kind++)
        ret_state->sets[kind].type = record_types[kind];
}

void state_copy(const AccountState *from, Arena *arena, AccountState *ret_state)
{
    AccountState copy = {.arena = arena};
    record_copy(&account_type, arena, &from->account, &copy.account);
    for (int kind = 0; kind < N_KINDS; kind++) {
        const RecordSet *set = &from->sets[kind];
        size_t size = set->type->size;
        copy.sets[kind] = (RecordSet){set->type, NULL, set->n, set->n};
        if (set->n > 0)
            copy.sets[kind].rows = arena_alloc(arena, size * set->n);
        for (size_t i = 0; i < set->n; i++)
            record_copy(set->type, arena, (const char *)set->rows + i * size,
                        (char *)copy.sets[kind].rows + i * size);
    }
    *ret_state = copy;
}

void state_share(const AccountState *from, Arena *arena, AccountState *ret_state)
{
    *ret_state = *from;
    ret_state->arena = arena;
    for (int kind = 0; kind < N_KINDS; kind++)
        ret_state->sets[kind].capacity = 0;
    /* rules hand cycles on */
    state_own(ret_state, KIND_CYCLE);
}

void *state_own_shared(AccountState *state, RecordKind kind)
{
    RecordSet *set = &state->sets[kind];
    set->rows = arena_dup(state->arena, set->rows, set->n * set->type->size);
    set->capacity = set->n;
    return set->rows;
}

static void grow(RecordSet *set, Arena *arena)
{
    size_t capacity = set->n < 8 ? 2 * set->n + 4 : set->n + set->n / 2;
    void *rows = arena_take(arena, capacity * set->type->size); /* state_add sets each row */
    if (set->n > 0)
        memcpy(rows, set->rows, set->n * set->type->size);
    set->rows = rows;
    set->capacity = capacity;
}

void *state_add(AccountState *state, RecordKind kind)
{
    g_assert(kind != KIND_ACCOUNT);
    RecordSet *set = &state->sets[kind];
    if (set->n >= set->capacity)
        grow(set, state->arena);
    void *row = (char *)set->rows + set->n++ * set->type->size;
    record_init(set->type, row);
    return row;
}

static const Field *key_field(const RecordType *type)
{
    const Field *key = NULL;
    for (size_t i = 0; i < type->n_fields; i++) {
        if (!(type->fields[i].flags & FIELD_KEY))
            continue;
        g_assert(!key && type->fields[i].type == FIELD_NAME);
        key = &type->fields[i];
    }
    g_assert(key);
    return key;
}

/* Where the key lies in rows of that kind: found once. */
static size_t key_offset(const AccountState *state, RecordKind kind)
{
    static gsize offsets[N_KINDS]; /* + 1 */
    if (g_once_init_enter(&offsets[kind]))
        g_once_init_leave(&offsets[kind], key_field(state->sets[kind].type)->offset + 1);
    return offsets[kind] - 1;
}

/* Row of that key; the number of rows if there is none. What is asked for came lately, most often. */
static size_t place_of(const AccountState *state, RecordKind kind, const char *key)
{
    const RecordSet *set = &state->sets[kind];
    if (!key || set->n == 0)
        return set->n;
    size_t offset = key_offset(state, kind);
    for (size_t i = set->n; i-- > 0;) {
        const char *row = (const char *)set->rows + i * set->type->size;
        const char *own = *(const char *const *)(const void *)(row + offset);
        if (text_same(own, key))
            return i;
    }
    return set->n;
}

const void *state_look_for(const AccountState *state, RecordKind kind, const char *key)
{
    const RecordSet *set = &state->sets[kind];
    size_t i = place_of(state, kind, key);
    return i < set->n ? (const char *)set->rows + i * set->type->size : NULL;
}

void *state_own_one(AccountState *state, RecordKind kind, const char *key)
{
    const RecordSet *set = &state->sets[kind];
    size_t i = place_of(state, kind, key);
    return i < set->n ? (char *)state_own(state, kind) + i * set->type->size : NULL;
}

/* ---- the difference ----------------------------------------------------------------------------- */

typedef struct {
    Arena *arena;
    Change *list;
    size_t n, capacity;
} Changes;

static void note_change(Changes *changes, Change change)
{
    if (changes->n == changes->capacity) {
        size_t capacity = changes->capacity ? changes->capacity * 2 : 8;
        Change *list = arena_new0(changes->arena, Change, capacity);
        if (changes->n > 0)
            memcpy(list, changes->list, changes->n * sizeof *list);
        changes->list = list;
        changes->capacity = capacity;
    }
    changes->list[changes->n++] = change;
}

/* Rows [from, to) of which some differ, most often one: found by halves. */
static void diff_rows(const RecordSet *old, const RecordSet *new, size_t from, size_t to,
                      RecordKind kind, Changes *changes)
{
    size_t size = new->type->size, middle = from + (to - from) / 2;
    const char *before = (const char *)old->rows + from * size;
    const char *row = (const char *)new->rows + from *size;
    if (from == to || memcmp(before, row, (to - from) * size) == 0)
        return;
    if (to - from > 1) {
        diff_rows(old, new, from, middle, kind, changes);
        diff_rows(old, new, middle, to, kind, changes);
    } else if (!record_same(new->type, before, row)) {
        note_change(changes, (Change){kind, row, from, false});
    }
}

static void diff_set(const AccountState *before, const AccountState *after, RecordKind kind,
                     Changes *changes)
{
    const RecordSet *old = &before->sets[kind], *new = &after->sets[kind];
    size_t size = new->type->size;
    g_assert(new->n >= old->n);
    if (new->rows != old->rows)
        diff_rows(old, new, 0, old->n, kind, changes);
    for (size_t i = old->n; i < new->n; i++)
        note_change(changes, (Change){kind, (const char *)new->rows + i *size, i, true});
}

const Change *state_diff(const AccountState *before, const AccountState *after, Arena *arena,
                         size_t *ret_n)
{
    Changes changes = {.arena = arena};
    if (!record_same(&account_type, &before->account, &after->account))
        note_change(&changes, (Change){KIND_ACCOUNT, &after->account, 0, false});
    for (int kind = KIND_ACCOUNT + 1; kind < N_KINDS; kind++)
        diff_set(before, after, (RecordKind)kind, &changes);
    *ret_n = changes.n;
    return changes.list;
}

void state_take_over(AccountState *state, const Change *changes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const Change *change = &changes[i];
        const RecordType *type = record_types[change->kind];
        RecordSet *set = &state->sets[change->kind];
        void *row = &state->account;
        if (change->kind != KIND_ACCOUNT) {
            g_assert(change->is_new ? change->index == set->n : change->index < set->n);
            row = change->is_new
                      ? state_add(state, change->kind)
                      : (char *)state_own(state, change->kind) + change->index * type->size;
        }
        record_update(type, state->arena, change->row, row);
    }
}

json_t *state_to_json(const AccountState *state)
{
    json_t *object = json_object();
    json_object_set_new(object, account_type.name, record_to_json(&account_type, &state->account));
    for (int kind = KIND_ACCOUNT + 1; kind < N_KINDS; kind++) {
        const RecordSet *set = &state->sets[kind];
        json_t *rows = json_array();
        for (size_t i = 0; i < set->n; i++)
            json_array_append_new(
                rows, record_to_json(set->type, (const char *)set->rows + i * set->type->size));
        json_object_set_new(object, set->type->name, rows);
    }
    return object;
}

char *state_fingerprint(const AccountState *state)
{
    g_autoptr(json_t) json = state_to_json(state);
    g_autofree char *text = json_canonical(json);
    Hash hash = hash_of(text, strlen(text));
    char hex[HASH_HEX];
    return g_strdup(hash_hex(&hash, hex));
}

/* ---- words ------------------------------------------------------------------------------------ */

/* The word that starts at `words`, up to the next comma. */
static size_t word_length(const char *words)
{
    return strcspn(words, ",");
}

static int compare_word(const char *in_list, size_t n, const char *word)
{
    size_t m = strlen(word);
    int order = memcmp(in_list, word, MIN(n, m));
    return order ? order : (n > m) - (n < m);
}

bool words_have(const char *words, const char *word)
{
    for (const char *p = words; p && *p;) {
        size_t n = word_length(p);
        if (compare_word(p, n, word) == 0)
            return true;
        p += n + (p[n] == ',');
    }
    return false;
}

const char *words_add(Arena *arena, const char *words, const char *word)
{
    if (words_have(words, word))
        return words;
    if (!words || !*words)
        return arena_strdup(arena, word);
    const char *p = words;
    while (*p) {
        size_t n = word_length(p);
        if (compare_word(p, n, word) > 0)
            break;
        p += n + (p[n] == ',');
    }
    if (!*p)
        return arena_printf(arena, "%s,%s", words, word);
    return arena_printf(arena, "%.*s%s,%s", (int)(p - words), words, word, p);
}

const char *words_remove(Arena *arena, const char *words, const char *word)
{
    if (!words_have(words, word))
        return words && *words ? words : NULL;
    GString *kept = g_string_new(NULL);
    for (const char *p = words; *p;) {
        size_t n = word_length(p);
        if (compare_word(p, n, word) != 0) {
            if (kept->len > 0)
                g_string_append_c(kept, ',');
            g_string_append_len(kept, p, (gssize)n);
        }
        p += n + (p[n] == ',');
    }
    g_autofree char *text = g_string_free(kept, FALSE);
    return *text ? arena_strdup(arena, text) : NULL;
}
