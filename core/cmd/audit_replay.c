/* dunhub audit replay: every account decided once more, from its journal alone, each entry under the configuration it was
 * decided under. What comes out must be what the store holds. Notices are not written anew: their kept bytes are taken,
 * and must be there. */
#include <inttypes.h>
#include <string.h>

#include "cmd/audit.h"
#include "cmd/desk.h"
#include "escalation/decide.h"

enum {
    TRIES = 3, /* a hub that runs may change an account while it is looked at */
    ENTRY_MAX_BYTES = 32 << 20,
};

typedef struct {
    Configuration *configuration; /* NULL: it cannot be loaded */
    char *why;
} Epoch;

typedef struct {
    const Station *station;
    GHashTable *epochs; /* number -> Epoch */
    bool json;
    size_t accounts, findings, erased;
    uint64_t entries;
} Replaying;

/* One account. */
typedef struct {
    Replaying *all;
    Arena *arena;
    const AccountState *stored;
    AccountState state;
    char *failure;
    uint64_t entries;
} Course;

/* ---- configurations -------------------------------------------------------------------------- */

static void free_epoch(void *data)
{
    Epoch *epoch = data;
    configuration_free(epoch->configuration);
    g_free(epoch->why);
    g_free(epoch);
}

static const Epoch *epoch_of(const Replaying *all, uint64_t number)
{
    Epoch *epoch = g_hash_table_lookup(all->epochs, &number);
    if (epoch != NULL)
        return epoch;
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    epoch = g_new0(Epoch, 1);
    epoch->configuration = station_kept(all->station, number, diags, &error);
    if (epoch->configuration == NULL)
        epoch->why = g_strdup(error != NULL ? error->message : diags_get(diags, 0)->message);
    g_hash_table_insert(all->epochs, g_memdup2(&number, sizeof number), epoch);
    return epoch;
}

/* ---- one account ----------------------------------------------------------------------------- */

static bool take_kept_notice(Course *course, AccountState *after, const char *key)
{
    Act *act = state_find(after, KIND_ACT, key);
    const Act *stored = state_find(course->stored, KIND_ACT, key);
    if (act == NULL || stored == NULL || stored->content == NULL)
        return true;
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) error = NULL;
    if (!store_blob_get(course->all->station->store, stored->content, &bytes, &error) ||
        bytes == NULL) {
        course->failure = g_strdup_printf("the notice of %s is not kept: %s", key,
                                          error != NULL ? error->message : stored->content);
        return false;
    }
    act->content = stored->content;
    Notice *notice = act->notice != NULL ? state_find(after, KIND_NOTICE, act->notice) : NULL;
    if (notice != NULL)
        notice->content = act->content;
    return true;
}

static bool decide_again(Course *course, const Configuration *configuration,
                         const JournalEntry *entry, const Event *event)
{
    DecideIn in = {.state = &course->state,
                   .event = event,
                   .now = entry->received_at,
                   .book = &configuration->book,
                   .switches = entry->switches};
    DecideOut out = {0};
    decide(&in, course->arena, &out);
    for (size_t i = 0; i < out.n_wishes; i++)
        if (out.wishes[i].kind == WISH_RENDER &&
            !take_kept_notice(course, &out.after, out.wishes[i].key))
            return false;
    course->state = out.after;
    return true;
}

static bool replay_entry(const JournalEntry *entry, void *data)
{
    Course *course = data;
    if (!entry->decided)
        return true;
    const Epoch *epoch = epoch_of(course->all, entry->epoch);
    if (epoch->configuration == NULL) {
        course->failure =
            g_strdup_printf("the configuration of epoch %" PRIu64 " cannot be loaded: %s",
                            entry->epoch, epoch->why);
        return false;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) body = NULL;
    Event event = {0};
    if (entry->data != NULL)
        body = json_parse(entry->data, strlen(entry->data), ENTRY_MAX_BYTES, &error);
    if (error != NULL || !event_decode(entry->type, body, course->arena, &event, &error)) {
        course->failure = g_strdup_printf("journal entry %" PRIu64 " cannot be read: %s",
                                          entry->position, error->message);
        return false;
    }
    event.id = arena_strdup(course->arena, entry->event_id);
    event.source = arena_strdup(course->arena, entry->source);
    event.account = course->state.account.id;
    event.time = entry->time;
    event.received_at = entry->received_at;
    course->entries++;
    return decide_again(course, epoch->configuration, entry, &event);
}

/* Who it is was given when it first came; all else comes out of the journal. */
static void begin(Course *course)
{
    const Account *known = &course->stored->account;
    state_init(&course->state, course->arena, known->id);
    course->state.account.source = known->source;
    course->state.account.external_id = known->external_id;
    course->state.account.salt = known->salt;
    course->entries = 0;
}

static const void *row_at(const RecordSet *set, size_t i)
{
    return (const char *)set->rows + i * set->type->size;
}

/* The first kind of record that is not the same. */
static char *difference(const Course *course)
{
    if (!record_equal(&account_type, &course->state.account, &course->stored->account))
        return g_strdup("the store holds the account itself otherwise than its journal gives it");
    for (int kind = KIND_ACCOUNT + 1; kind < N_KINDS; kind++) {
        const RecordSet *got = &course->state.sets[kind], *held = &course->stored->sets[kind];
        const RecordType *type = record_types[kind];
        size_t same = 0, least = MIN(got->n, held->n);
        while (same < least && record_equal(type, row_at(got, same), row_at(held, same)))
            same++;
        if (same < least || got->n != held->n)
            return g_strdup_printf("the store holds its %s %zu otherwise than its journal gives it",
                                   type->name, same + 1);
    }
    return g_strdup("the store holds it otherwise than its journal gives it");
}

/* *ret_finding NULL: the same. */
static bool replay_once(Replaying *all, const char *account, char **ret_finding,
                        char **ret_fingerprint, GError **error)
{
    g_autoptr(Arena) arena = arena_new();
    AccountState stored;
    bool found = false;
    Course course = {.all = all, .arena = arena, .stored = &stored};
    if (!store_load_account(all->station->store, account, arena, &stored, &found, error))
        return false;
    *ret_finding = NULL;
    if (found && stored.account.erased_on != DATE_NONE) { /* what it was decided from is gone */
        *ret_fingerprint = state_fingerprint(&stored);
        all->erased++;
        return true;
    }
    begin(&course);
    if (!store_journal_read(all->station->store, account, 0, false, replay_entry, &course, error))
        return false;
    g_autofree char *got = state_fingerprint(&course.state);
    *ret_fingerprint = state_fingerprint(&stored);
    *ret_finding = course.failure;
    if (course.failure == NULL && strcmp(got, *ret_fingerprint) != 0)
        *ret_finding = difference(&course);
    all->entries += course.entries;
    return true;
}

static bool replay_account(Replaying *all, const char *account, char **ret_finding, GError **error)
{
    g_autofree char *before = NULL;
    *ret_finding = NULL;
    for (int i = 0; i < TRIES; i++) {
        g_autofree char *fingerprint = NULL;
        g_free(*ret_finding);
        if (!replay_once(all, account, ret_finding, &fingerprint, error))
            return false;
        if (*ret_finding == NULL || g_strcmp0(before, fingerprint) == 0)
            return true;
        g_free(before);
        before = g_steal_pointer(&fingerprint);
    }
    return true;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static bool note_account(const char *account, const ListRow *row, void *data)
{
    (void)row;
    g_ptr_array_add(data, g_strdup(account));
    return true;
}

static void print_finding(Replaying *all, const char *account, const char *finding)
{
    all->findings++;
    if (!all->json) {
        printf("%s: %s\n", account, finding);
        return;
    }
    g_autoptr(json_t) line = json_pack("{s:s, s:s}", "account", account, "finding", finding);
    g_autofree char *text = json_canonical(line);
    printf("%s\n", text);
}

static bool replay_all(Replaying *all, const char *only, GError **error)
{
    g_autoptr(GPtrArray) accounts = g_ptr_array_new_with_free_func(g_free);
    if (only != NULL)
        g_ptr_array_add(accounts, g_strdup(only));
    else if (!store_accounts(all->station->store, NULL, SIZE_MAX, note_account, accounts, error))
        return false;
    for (guint i = 0; i < accounts->len; i++) {
        g_autofree char *finding = NULL;
        if (!replay_account(all, accounts->pdata[i], &finding, error))
            return false;
        if (finding != NULL)
            print_finding(all, accounts->pdata[i], finding);
    }
    all->accounts = accounts->len;
    return true;
}

int audit_replay(const CommandLine *line, const Station *station, const char *account)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) epochs =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, free_epoch);
    Replaying all = {.station = station, .epochs = epochs, .json = line_flag(line, "json")};
    int code = account != NULL ? desk_known_account(line, station, account) : EXIT_GOOD;
    if (code != EXIT_GOOD)
        return code;
    if (!replay_all(&all, account, &error))
        return command_fail("audit", EXIT_ENVIRONMENT, "%s", error->message);
    if (all.json)
        printf("{\"accounts\":%zu,\"entries\":%" PRIu64 ",\"erased\":%zu,\"findings\":%zu}\n",
               all.accounts - all.erased, all.entries, all.erased, all.findings);
    else
        printf("%zu accounts decided again from %" PRIu64 " journal entries: %s\n",
               all.accounts - all.erased, all.entries,
               all.findings == 0 ? "all as the store holds them"
                                 : "not all as the store holds them");
    if (!all.json && all.erased > 0)
        printf("%zu not: their personal data was erased, and with it what they were decided from\n",
               all.erased);
    return all.findings == 0 ? EXIT_GOOD : EXIT_FINDING;
}
