#include "simulate/history.h"

#include <string.h>

#include "base/json_scan.h"
#include "base/text.h"
#include "host/straight.h"
#include "hub/hub.h"
#include "simulate/spill.h"

enum {
    PARTS = 128,
    CHUNK_BYTES = 32 << 10,
    NAME_BYTES = 1000, /* of an account or an event id */
};

/* A fact as it stands in its part: this, then account, id and data. */
typedef struct {
    Date day;
    uint32_t page, order;
    uint32_t n_data;
    uint16_t n_account, n_id;
    uint8_t kind, instance;
} Kept;

struct History {
    Spill *spill;
    GPtrArray *instances; /* names */
    size_t facts, ledgers;
};

typedef struct {
    const HistorySetup *setup;
    History *history;
    const char *instance;
    const char *odd; /* why the events cannot be a history; NULL: they can */
    GError *error;
} Reading;

/* ---- one event ------------------------------------------------------------------------------- */

typedef struct {
    ScanValue id, type, account, data, known_on;
    int64_t page;
} Told;

static bool scan_event(const char *bytes, size_t n, Told *ret)
{
    JsonScan scan;
    ScanValue name, value;
    ScanStep step;
    *ret = (Told){0};
    if (!json_scan_begin(&scan, bytes, n))
        return false;
    while ((step = json_scan_next(&scan, &name, &value)) == SCAN_MEMBER) {
        const struct {
            const char *name;
            ScanKind kind;
            ScanValue *into;
        } members[] = {
            {"id", SCAN_STRING, &ret->id},
            {"type", SCAN_STRING, &ret->type},
            {"account", SCAN_STRING, &ret->account},
            {"data", SCAN_OBJECT, &ret->data},
            {"known_on", SCAN_STRING, &ret->known_on},
        };
        size_t i = 0;
        while (i < G_N_ELEMENTS(members) && !json_scan_is(&name, members[i].name))
            i++;
        if (i < G_N_ELEMENTS(members) && value.kind == members[i].kind)
            *members[i].into = value;
        else if (json_scan_is(&name, "page") && value.kind == SCAN_INTEGER)
            ret->page = value.integer;
        else
            return false;
    }
    return step == SCAN_END;
}

/* The same from an event that is not plain: the texts of *ret live in the tree. */
static bool parse_event(const json_t *tree, char **ret_data, Told *ret)
{
    const struct {
        const char *name;
        ScanValue *into;
    } members[] = {
        {"id", &ret->id},
        {"type", &ret->type},
        {"account", &ret->account},
        {"known_on", &ret->known_on},
    };
    *ret = (Told){.page = json_integer_value(json_object_get(tree, "page"))};
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
        const json_t *value = json_object_get(tree, members[i].name);
        const char *text = json_string_value(value);
        if (!text || strlen(text) != json_string_length(value))
            return false;
        *members[i].into = (ScanValue){SCAN_STRING, text, strlen(text), 0};
    }
    const json_t *data = json_object_get(tree, "data");
    if (!json_is_object(data) || json_object_get(tree, "refs"))
        return false;
    *ret_data = json_canonical(data);
    ret->data = (ScanValue){SCAN_OBJECT, *ret_data, strlen(*ret_data), 0};
    return true;
}

static EventKind kind_of(const ScanValue *type)
{
    size_t kind = 0;
    while (kind < N_EVENTS && !json_scan_is(type, event_types[kind].name))
        kind++;
    return (EventKind)kind;
}

static bool read_day(const ScanValue *value, Date *ret_day)
{
    char text[16];
    if (value->n != 10)
        return false;
    memcpy(text, value->p, 10);
    text[10] = '\0';
    return date_parse(text, ret_day, NULL);
}

static bool is_whole(const Told *told)
{
    return told->id.n > 0 && told->id.n <= NAME_BYTES && told->account.n > 0 &&
           told->account.n <= NAME_BYTES && told->data.n > 0 && told->data.n <= UINT32_MAX &&
           told->page >= 0 && told->page <= UINT32_MAX;
}

static size_t part_of(const Told *told, uint8_t instance)
{
    uint32_t hash = 2166136261u ^ instance;
    for (size_t i = 0; i < told->account.n; i++)
        hash = (hash ^ (unsigned char)told->account.p[i]) * 16777619u;
    return (hash ^ hash >> 15) % PARTS;
}

static bool keep(Reading *reading, const Told *told)
{
    History *history = reading->history;
    Date day;
    EventKind kind = kind_of(&told->type);
    if (kind == N_EVENTS || !is_whole(told) || !read_day(&told->known_on, &day) ||
        day < reading->setup->from || day > reading->setup->to ||
        json_scan_is(&told->account, "@hub") || history->facts >= UINT32_MAX) {
        reading->odd = "it told an event that has no place in a history";
        return false;
    }
    Kept kept = {
        .day = day,
        .page = (uint32_t)told->page,
        .order = (uint32_t)history->facts++,
        .n_data = (uint32_t)told->data.n,
        .n_account = (uint16_t)told->account.n,
        .n_id = (uint16_t)told->id.n,
        .kind = (uint8_t)kind,
        .instance = (uint8_t)(history->instances->len - 1),
    };
    size_t part = part_of(told, kept.instance);
    return spill_put(history->spill, part, &kept, sizeof kept, &reading->error) &&
           spill_put(history->spill, part, told->account.p, told->account.n, &reading->error) &&
           spill_put(history->spill, part, told->id.p, told->id.n, &reading->error) &&
           spill_put(history->spill, part, told->data.p, told->data.n, &reading->error);
}

static bool on_event(void *data, const char *bytes, size_t n)
{
    Reading *reading = data;
    Told told;
    if (scan_event(bytes, n, &told))
        return keep(reading, &told);
    g_autoptr(json_t) tree = json_parse(bytes, n, n, NULL);
    g_autofree char *text = NULL;
    if (tree && parse_event(tree, &text, &told))
        return keep(reading, &told);
    reading->odd = "it told an event that names no account";
    return false;
}

static void on_finding(void *data, const char *place, const char *message)
{
    const Reading *reading = data;
    reading->setup->finding(reading->setup->data, place, message);
}

/* ---- one ledger ------------------------------------------------------------------------------ */

static const DunhubSource *ledger_of(const Contract *contract)
{
    for (uint32_t i = 0; i < contract->plugin.n_sources; i++)
        if (contract->sources[i].flags & DUNHUB_SOURCE_LEDGER)
            return &contract->sources[i];
    return NULL;
}

static Contract *load(const HistorySetup *setup, const Instance *instance, GError **error)
{
    g_autofree char *name = g_strconcat(instance->plugin, ".so", NULL);
    g_autofree char *path = g_build_filename(setup->plugin_dir, name, NULL);
    return contract_load(path, error);
}

static char *input_of(const HistorySetup *setup)
{
    char from[16], to[16];
    g_autofree char *now = g_strconcat(date_format(setup->to, to), "T00:00:00.000+00:00", NULL);
    g_autoptr(json_t) input = json_pack("{s:n,s:s,s:{s:s}}", "cursor", "now", now, "history",
                                        "from", date_format(setup->from, from));
    return json_canonical(input);
}

/* False: *error is set, or reading->odd says why it is to be played day by day. */
static bool read_ledger(Reading *reading, const Instance *instance, const Contract *contract,
                        const DunhubSource *source, GError **error)
{
    g_autoptr(json_t) options = configuration_resolve(instance, error);
    if (!options)
        return false;
    if (contract_option(contract, "as_of"))
        json_object_set_new(options, "as_of", json_string("now"));
    g_autofree char *input = input_of(reading->setup);
    StraightEvents events = {.data = reading, .event = on_event, .finding = on_finding};
    StraightResult result = {0};
    if (!straight_poll(contract, source, instance->name, options, input, &events, &result, error))
        return false;
    bool good = result.outcome == DUNHUB_OK && !reading->odd && !reading->error;
    if (reading->error)
        g_propagate_error(error, g_steal_pointer(&reading->error));
    else if (g_strcmp0(result.code, "day_by_day") == 0)
        reading->odd = "its rows contradict each other over time";
    else if (!good && !reading->odd)
        g_set_error(error, HISTORY_ERROR, 1, "%s could not be read: %s", instance->name,
                    result.message ? result.message : "no reason given");
    straight_result_clear(&result);
    return good;
}

static bool is_wanted(const HistorySetup *setup, const Instance *instance)
{
    return !setup->ledger || strcmp(setup->ledger, instance->name) == 0;
}

/* False: *error is set, or reading->odd. */
static bool read_instance(Reading *reading, const Instance *instance, GError **error)
{
    g_autoptr(Contract) contract = load(reading->setup, instance, error);
    if (!contract)
        return false;
    const DunhubSource *source = ledger_of(contract);
    if (!source)
        return true;
    reading->history->ledgers++;
    if (!is_wanted(reading->setup, instance))
        return true;
    reading->instance = instance->name;
    if (!(source->flags & DUNHUB_SOURCE_HISTORY) || reading->history->instances->len == UINT8_MAX) {
        reading->odd = "its plugin cannot tell its history";
        return false;
    }
    g_ptr_array_add(reading->history->instances, g_strdup(instance->name));
    return read_ledger(reading, instance, contract, source, error);
}

static bool some_ledger(const HistorySetup *setup, const History *history, GError **error)
{
    if (history->instances->len > 0)
        return true;
    if (setup->ledger)
        g_set_error(error, HISTORY_ERROR, 1,
                    "'%s' is no ledger of the configuration; 'instances:' lists them",
                    setup->ledger);
    else
        g_set_error(error, HISTORY_ERROR, 1,
                    "the configuration has no ledger to replay; add an instance of csv_ledger");
    return false;
}

bool history_read(const HistorySetup *setup, History **ret_history, char **ret_why, GError **error)
{
    g_autoptr(History) history = g_new0(History, 1);
    history->spill = spill_new(PARTS, CHUNK_BYTES);
    history->instances = g_ptr_array_new_with_free_func(g_free);
    Reading reading = {.setup = setup, .history = history};
    const Configuration *configuration = setup->configuration;
    for (size_t i = 0; i < configuration->n_instances; i++) {
        if (read_instance(&reading, &configuration->instances[i], error))
            continue;
        if (!reading.odd)
            return false;
        *ret_history = NULL;
        *ret_why = g_strdup_printf("%s: %s", reading.instance, reading.odd);
        return true;
    }
    if (!some_ledger(setup, history, error))
        return false;
    *ret_why = NULL;
    *ret_history = g_steal_pointer(&history);
    return true;
}

void history_free(History *history)
{
    if (!history)
        return;
    spill_free(history->spill);
    g_ptr_array_unref(history->instances);
    g_free(history);
}

size_t history_parts(const History *history)
{
    (void)history;
    return PARTS;
}

size_t history_facts(const History *history)
{
    return history->facts;
}

size_t history_ledgers(const History *history)
{
    return history->ledgers;
}

/* ---- a part ---------------------------------------------------------------------------------- */

typedef struct {
    const char *account;
    uint8_t instance;
    KnownFact fact;
} Row;

/* As hub_order_page: who it is, then money, then all else. */
static int rank_of(EventKind kind)
{
    if (kind == EVENT_ACCOUNT_UPDATED || kind == EVENT_CONTACT_UPDATED)
        return 0;
    return kind == EVENT_PAYMENT_UPDATED || kind == EVENT_CREDIT_UPDATED ? 1 : 2;
}

static Row *parse_rows(const GByteArray *bytes, Arena *arena, size_t *ret_n)
{
    size_t n = 0;
    for (size_t at = 0; at < bytes->len; n++) {
        Kept kept;
        memcpy(&kept, bytes->data + at, sizeof kept);
        at += sizeof kept + kept.n_account + kept.n_id + kept.n_data;
    }
    Row *rows = arena_new0(arena, Row, n);
    const char *p = (const char *)bytes->data;
    for (size_t i = 0; i < n; i++) {
        Kept kept;
        memcpy(&kept, p, sizeof kept);
        p += sizeof kept;
        rows[i] = (Row){arena_dup(arena, p, kept.n_account + 1u),
                        kept.instance,
                        {.day = kept.day,
                         .page = kept.page,
                         .order = kept.order,
                         .rank = rank_of((EventKind)kept.kind),
                         .kind = (EventKind)kept.kind,
                         .id = arena_dup(arena, p + kept.n_account, kept.n_id + 1u),
                         .data = arena_dup(arena, p + kept.n_account + kept.n_id, kept.n_data),
                         .n_data = kept.n_data}};
        ((char *)(uintptr_t)rows[i].account)[kept.n_account] = '\0';
        ((char *)(uintptr_t)rows[i].fact.id)[kept.n_id] = '\0';
        p += kept.n_account + kept.n_id + kept.n_data;
    }
    *ret_n = n;
    return rows;
}

#define COMPARE(x, y)                                                                              \
    if ((x) != (y))                                                                                \
    return (x) < (y) ? -1 : 1

static int by_account_and_time(const void *a, const void *b)
{
    const Row *x = a, *y = b;
    COMPARE(x->instance, y->instance);
    int order = strcmp(x->account, y->account);
    if (order != 0)
        return order;
    COMPARE(x->fact.day, y->fact.day);
    COMPARE(x->fact.page, y->fact.page);
    COMPARE(x->fact.rank, y->fact.rank);
    COMPARE(x->fact.order, y->fact.order);
    return 0;
}

static bool same_account(const Row *a, const Row *b)
{
    return a->instance == b->instance && strcmp(a->account, b->account) == 0;
}

/* What was told again under the same id was known already. */
static size_t copy_facts(const Row *rows, size_t n, GHashTable *ids, KnownFact *into)
{
    size_t kept = 0;
    g_hash_table_remove_all(ids);
    for (size_t i = 0; i < n; i++)
        if (g_hash_table_add(ids, (char *)(uintptr_t)rows[i].fact.id))
            into[kept++] = rows[i].fact;
    return kept;
}

bool history_part(History *history, size_t part, Arena *arena, AccountHistory **ret_accounts,
                  size_t *ret_n, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    if (!spill_read(history->spill, part, bytes, error))
        return false;
    g_byte_array_append(bytes, (const guint8 *)"", 1); /* texts are copied with what follows */
    g_byte_array_set_size(bytes, bytes->len - 1);
    size_t n = 0, accounts = 0;
    Row *rows = parse_rows(bytes, arena, &n);
    qsort(rows, n, sizeof *rows, by_account_and_time);
    for (size_t i = 0; i < n; i++)
        accounts += i == 0 || !same_account(&rows[i - 1], &rows[i]);
    AccountHistory *list = arena_new0(arena, AccountHistory, accounts);
    KnownFact *facts = arena_new0(arena, KnownFact, n);
    g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
    for (size_t i = 0, k = 0, end; i < n; i = end, k++) {
        for (end = i + 1; end < n && same_account(&rows[i], &rows[end]);)
            end++;
        list[k] = (AccountHistory){history->instances->pdata[rows[i].instance], rows[i].account,
                                   facts + i, copy_facts(rows + i, end - i, ids, facts + i)};
    }
    *ret_accounts = list;
    *ret_n = accounts;
    return true;
}
