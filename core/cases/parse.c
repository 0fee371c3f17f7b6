/* From files to cases: the shapes of shape.c, then what a shape cannot say: references, order,
 * words of other lists. */
#include "cases/case.h"

#include <string.h>

#include "cases/graft.h"
#include "cases/ops.h"
#include "cases/shape.h"

static const char *const outside_notices[] = {"payment_returned", "instalment_reminder",
                                              "promise_reminder", "help_info",
                                              "grace_courtesy",   "invoice",
                                              "reminder",         "overdue",
                                              "delinquency",      NULL};
static const char *const fee_words[] = {"late_fee", "interest", "fixed_sum", NULL};
static const char *const credit_words[] = {"suspension_proration", "correction", NULL};
static const char *const script_words[] = {"ok", "timeout_after_accept", "rate_limited_30s", NULL};

typedef struct {
    Arena *arena;
    Diags *diags;
    const Node *defaults, *policies; /* of the file being read */
    GArray *cases;
    GHashTable *ids; /* case id -> first place, over all files */
} Reader;

/* ---- words -------------------------------------------------------------------------------- */

static void add_policy_notices(const Node *policies, GPtrArray *words)
{
    for (const Node *policy = policies != NULL ? policies->first : NULL; policy != NULL;
         policy = policy->next) {
        if (policy->kind != NODE_MAP)
            continue;
        const Node *stages = node_get(policy, "stages"), *notices = node_get(policy, "notices");
        for (const Node *stage = stages != NULL ? stages->first : NULL; stage != NULL;
             stage = stage->next)
            if (stage->kind == NODE_MAP && node_text(stage, "name") != NULL)
                g_ptr_array_add(words, (char *)node_text(stage, "name"));
        for (const Node *item = notices != NULL ? notices->first : NULL; item != NULL;
             item = item->next)
            if (item->kind == NODE_SCALAR)
                g_ptr_array_add(words, (char *)item->text);
    }
}

/* Every notice a case of this file can name: those of the policies, those outside them. */
static GPtrArray *notice_words(const Node *policies)
{
    GPtrArray *words = g_ptr_array_new();
    for (const char *const *word = outside_notices; *word != NULL; word++)
        g_ptr_array_add(words, (char *)*word);
    add_policy_notices(policies, words);
    g_ptr_array_add(words, NULL);
    return words;
}

void case_notices(const Case *c, GHashTable *names)
{
    g_autoptr(GPtrArray) words = notice_words(c->policies);
    for (guint i = 0; i + 1 < words->len; i++)
        g_hash_table_add(names, words->pdata[i]);
    g_hash_table_add(names, (char *)"opt_out_confirmation");
}

static void add_op_words(GPtrArray *words)
{
    for (size_t i = 0; i < n_case_ops; i++)
        g_ptr_array_add(words, (char *)case_ops[i].op);
}

static void check_word(const Reader *reader, const Node *node, const char *word, const char *what,
                       GPtrArray *words)
{
    if (g_strv_contains((const char *const *)words->pdata, word))
        return;
    DiagPlace place =
        node->kind == NODE_SCALAR && node->text == word ? node->place : node->key_place;
    const char *near = diag_nearest(word, (const char *const *)words->pdata);
    if (near != NULL)
        diags_add(reader->diags, "T010", place, "unknown %s '%s', did you mean '%s'?", what, word,
                  near);
    else
        diags_add(reader->diags, "T010", place, "unknown %s '%s'", what, word);
}

static GPtrArray *words_of(const char *const *list)
{
    GPtrArray *words = g_ptr_array_new();
    for (; *list != NULL; list++)
        g_ptr_array_add(words, (char *)*list);
    g_ptr_array_add(words, NULL);
    return words;
}

static GPtrArray *op_words(void)
{
    GPtrArray *words = g_ptr_array_new();
    add_op_words(words);
    g_ptr_array_add(words, NULL);
    return words;
}

static GPtrArray *platform_words(void)
{
    GPtrArray *words = g_ptr_array_new();
    for (size_t i = 0; i < n_case_ops; i++)
        if (case_ops[i].platform != NULL)
            g_ptr_array_add(words, (char *)case_ops[i].platform);
    g_ptr_array_add(words, NULL);
    return words;
}

static void check_items(const Reader *reader, const Node *list, const char *what, GPtrArray *words)
{
    for (const Node *item = list != NULL ? list->first : NULL; item != NULL; item = item->next)
        if (item->kind == NODE_SCALAR)
            check_word(reader, item, item->text, what, words);
}

static void check_keys(const Reader *reader, const Node *map, const char *what, GPtrArray *words)
{
    for (const Node *item = map != NULL && map->kind == NODE_MAP ? map->first : NULL; item != NULL;
         item = item->next)
        check_word(reader, item, item->key, what, words);
}

static void check_field(const Reader *reader, const Node *list, const char *key, const char *what,
                        GPtrArray *words)
{
    for (const Node *item = list != NULL ? list->first : NULL; item != NULL; item = item->next) {
        const Node *value = item->kind == NODE_MAP ? node_get(item, key) : NULL;
        if (value != NULL && value->kind == NODE_SCALAR)
            check_word(reader, value, value->text, what, words);
    }
}

/* ---- one case ----------------------------------------------------------------------------- */

static bool has_account(const Node *given, const char *id)
{
    const Node *accounts = given != NULL ? node_get(given, "accounts") : NULL;
    for (const Node *account = accounts != NULL ? accounts->first : NULL; account != NULL;
         account = account->next)
        if (g_strcmp0(node_text(account, "id"), id) == 0)
            return true;
    return false;
}

static void check_account(const Reader *reader, const Node *given, const Node *map)
{
    const Node *account = node_get(map, "account");
    if (account != NULL && account->kind == NODE_SCALAR && !has_account(given, account->text))
        diags_add(reader->diags, "T008", account->place,
                  "account '%s' is not among the accounts of 'given'", account->text);
}

static bool down_until(const char *word)
{
    if (!g_str_has_prefix(word, "down_until_"))
        return false;
    g_autofree char *utc = g_strconcat(word + strlen("down_until_"), "Z", NULL);
    Instant instant;
    return instant_parse(utc, &instant, NULL) ||
           instant_parse(word + strlen("down_until_"), &instant, NULL);
}

static void check_behaviour(const Reader *reader, const Node *event)
{
    g_autoptr(GPtrArray) platforms = platform_words();
    g_autoptr(GPtrArray) words = words_of(script_words);
    const Node *platform = node_get(event, "platform");
    if (platform != NULL && platform->kind == NODE_SCALAR)
        check_word(reader, platform, platform->text, "platform", platforms);
    const Node *script = node_get(event, "script");
    for (const Node *item = script != NULL ? script->first : NULL; item != NULL; item = item->next)
        if (item->kind == NODE_SCALAR && !down_until(item->text))
            check_word(reader, item, item->text, "behaviour", words);
}

/* Checks the verb and its keys; the instant, INSTANT_NONE where it has none that can be read. */
static Instant check_event(const Reader *reader, const Node *given, const Node *event,
                           const Zone *zone)
{
    if (event->kind != NODE_MAP) {
        diags_add(reader->diags, "T003", event->place,
                  "an event must be a map with at, do and the verb's own keys");
        return INSTANT_NONE;
    }
    const Node *verb = node_get(event, "do");
    const Node *at = node_get(event, "at");
    if (verb == NULL || at == NULL || verb->kind != NODE_SCALAR || at->kind != NODE_SCALAR) {
        diags_add(reader->diags, "T004", event->place, "'%s' is missing here",
                  at == NULL ? "at" : "do");
        return INSTANT_NONE;
    }
    if (!g_strv_contains(shape_verbs(), verb->text)) {
        const char *near = diag_nearest(verb->text, shape_verbs());
        diags_add(reader->diags, "T006", verb->place,
                  near != NULL ? "unknown verb '%s', did you mean '%s'?" : "unknown verb '%s'%s",
                  verb->text, near != NULL ? near : "");
        return INSTANT_NONE;
    }
    g_autofree char *shape = g_strconcat("do ", verb->text, NULL);
    shape_check(event, shape, reader->diags);
    check_account(reader, given, event);
    if (strcmp(verb->text, "platform_behaviour") == 0)
        check_behaviour(reader, event);
    Instant instant;
    g_autofree char *utc = g_strconcat(at->text, "Z", NULL);
    if (!instant_parse(at->text, &instant, NULL) && !instant_parse(utc, &instant, NULL)) {
        diags_add(reader->diags, "T012", at->place,
                  "'%s' is not a time like \"2026-07-01T06:00\", local or with Z or an offset",
                  at->text);
        return INSTANT_NONE;
    }
    return zone != NULL ? case_instant(at->text, zone) : INSTANT_NONE;
}

static void check_events(const Reader *reader, const Node *given, const Node *events,
                         const Zone *zone)
{
    Instant last = INSTANT_NONE;
    for (const Node *event = events->first; event != NULL; event = event->next) {
        Instant at = check_event(reader, given, event, zone);
        if (at == INSTANT_NONE)
            continue;
        if (last != INSTANT_NONE && at < last)
            diags_add(reader->diags, "T009", node_get(event, "at")->place,
                      "events stand in order of time; this one is earlier than the one before it");
        bool jumps = g_strcmp0(node_text(event, "do"), "clock_set") == 0;
        const char *to = jumps ? node_text(event, "to") : NULL;
        last = !jumps ? at : to != NULL ? case_instant(to, zone) : INSTANT_NONE;
    }
}

static void check_expect(const Reader *reader, const Node *given, const Node *expect,
                         const GPtrArray *notices)
{
    static const char *const whens[] = {"at",    "day",   "between",      "after",
                                        "never", "audit", "never_channel"};
    if (expect->kind != NODE_MAP)
        return;
    bool placed = false;
    for (size_t i = 0; i < G_N_ELEMENTS(whens); i++)
        placed = placed || node_get(expect, whens[i]) != NULL;
    if (!placed)
        diags_add(reader->diags, "T013", expect->place,
                  "an assertion needs one of at, day, between, after, never, audit");
    check_account(reader, given, expect);
    GPtrArray *notice_list = (GPtrArray *)notices;
    g_autoptr(GPtrArray) ops = op_words();
    g_autoptr(GPtrArray) platforms = platform_words();
    g_autoptr(GPtrArray) fees = words_of(fee_words);
    g_autoptr(GPtrArray) credits = words_of(credit_words);
    check_field(reader, node_get(expect, "sent"), "notice", "notice", notice_list);
    check_items(reader, node_get(expect, "notices_of"), "notice", notice_list);
    check_keys(reader, node_get(expect, "total_sent"), "notice", notice_list);
    const Node *notice = node_get(expect, "notice");
    if (notice != NULL && notice->kind == NODE_SCALAR)
        check_word(reader, notice, notice->text, "notice", notice_list);
    check_field(reader, node_get(expect, "actions"), "op", "op", ops);
    check_field(reader, node_get(expect, "actions"), "platform", "platform", platforms);
    check_items(reader, node_get(expect, "no_actions"), "op", ops);
    check_keys(reader, node_get(expect, "provider_messages"), "platform", platforms);
    check_keys(reader, node_get(expect, "fees"), "fee", fees);
    check_keys(reader, node_get(expect, "credits"), "credit", credits);
    g_autoptr(GPtrArray) any = notice_words(reader->policies);
    g_ptr_array_set_size(any, (gint)any->len - 1);
    add_op_words(any);
    g_ptr_array_add(any, (char *)"late_fee");
    g_ptr_array_add(any, NULL);
    check_items(reader, node_get(expect, "never"), "op or notice", any);
}

static const Node *merged_given(const Reader *reader, const Node *own)
{
    Node *given = graft_overlay(reader->arena, reader->defaults, own);
    const Node *base = reader->defaults != NULL ? node_get(reader->defaults, "settings") : NULL;
    const Node *over = own != NULL ? node_get(own, "settings") : NULL;
    if (base != NULL && over != NULL)
        graft_put(reader->arena, given, "settings", graft_overlay(reader->arena, base, over));
    return given;
}

static void read_case(Reader *reader, const Node *node)
{
    shape_check(node, "case", reader->diags);
    const char *id = node_text(node, "id");
    if (id == NULL || node_get(node, "when") == NULL || node_get(node, "then") == NULL)
        return;
    const Node *first = g_hash_table_lookup(reader->ids, id);
    if (first != NULL)
        diags_add(reader->diags, "T011", node_get(node, "id")->place,
                  "case '%s' stands already at %s:%d", id, first->place.file, first->place.line);
    g_hash_table_insert(reader->ids, (char *)id, (gpointer)node);
    Case c = {.id = id,
              .title = node_text(node, "title"),
              .source = node_text(node, "source"),
              .place = node->place,
              .given = merged_given(reader, node_get(node, "given")),
              .policies = reader->policies,
              .events = node_get(node, "when"),
              .expects = node_get(node, "then")};
    const char *zone = node_text(c.given, "tz");
    check_events(reader, c.given, c.events, zone_get(zone != NULL ? zone : "UTC", NULL));
    g_autoptr(GPtrArray) notices = notice_words(reader->policies);
    for (const Node *expect = c.expects->first; expect != NULL; expect = expect->next)
        check_expect(reader, c.given, expect, notices);
    const Node *connected = node_get(c.given, "connected");
    g_autoptr(GPtrArray) platforms = platform_words();
    check_items(reader, connected, "platform", platforms);
    g_array_append_val(reader->cases, c);
}

/* ---- one file ----------------------------------------------------------------------------- */

/* `inherits` names what is taken from the file before; what the file says itself is laid over it.
 */
static const Node *section(Reader *reader, const Node *file, const char *name, const Node *before)
{
    const Node *own = node_get(file, name);
    const Node *inherits = node_get(file, "inherits");
    bool takes = inherits != NULL && inherits->kind == NODE_LIST && node_list_has(inherits, name);
    if (takes && before == NULL)
        diags_add(reader->diags, "T007", inherits->place,
                  "nothing to inherit '%s' from; name the file that holds it before this one",
                  name);
    if (own != NULL && own->kind != NODE_MAP)
        return NULL;
    return graft_overlay(reader->arena, takes ? before : NULL, own);
}

static void read_file(Reader *reader, const char *path)
{
    const Node *file = tree_parse_file(path, reader->arena, reader->diags);
    if (file == NULL)
        return;
    if (!shape_check(file, "file", reader->diags) && node_get(file, "cases") == NULL)
        return;
    reader->defaults = section(reader, file, "defaults", reader->defaults);
    reader->policies = section(reader, file, "policies", reader->policies);
    const Node *cases = node_get(file, "cases");
    for (const Node *node = cases != NULL ? cases->first : NULL; node != NULL; node = node->next)
        read_case(reader, node);
}

bool cases_load(const char *const *paths, size_t n_paths, Arena *arena, Diags *diags,
                CaseSet *ret_set)
{
    Reader reader = {.arena = arena,
                     .diags = diags,
                     .cases = g_array_new(FALSE, FALSE, sizeof(Case)),
                     .ids = g_hash_table_new(g_str_hash, g_str_equal)};
    size_t before = diags_count(diags, DIAG_ERROR);
    for (size_t i = 0; i < n_paths; i++)
        read_file(&reader, paths[i]);
    ret_set->n = reader.cases->len;
    ret_set->cases = arena_dup(arena, reader.cases->data, reader.cases->len * sizeof(Case));
    g_array_free(reader.cases, TRUE);
    g_hash_table_unref(reader.ids);
    return diags_count(diags, DIAG_ERROR) == before;
}

/* ---- reading of cases --------------------------------------------------------------------- */

Instant case_instant(const char *text, const Zone *zone)
{
    const char *clock = strchr(text, 'T');
    const char *end = text + strlen(text);
    bool fixed = end > text && (end[-1] == 'Z' || (clock != NULL && strpbrk(clock, "+-") != NULL));
    Instant instant = INSTANT_NONE;
    if (fixed) {
        instant_parse(text, &instant, NULL);
        return instant;
    }
    g_autofree char *utc = g_strconcat(text, "Z", NULL);
    if (!instant_parse(utc, &instant, NULL))
        return INSTANT_NONE;
    int64_t day =
        instant >= 0 ? instant / INSTANT_DAY : -((-instant + INSTANT_DAY - 1) / INSTANT_DAY);
    int64_t rest = instant - day * INSTANT_DAY;
    return zone_instant(zone, (Date)day, (int)(rest / INSTANT_MINUTE)) + rest % INSTANT_MINUTE;
}

const Zone *case_zone(const Case *c)
{
    const char *name = node_text(c->given, "tz");
    return zone_get(name != NULL ? name : "UTC", NULL);
}

const Node *const *case_accounts(const Case *c, Arena *arena)
{
    const Node *accounts = node_get(c->given, "accounts");
    const Node *base = node_get(c->given, "account");
    size_t n = accounts != NULL ? accounts->n : 0;
    const Node **ret = arena_new0(arena, const Node *, n + 1);
    size_t i = 0;
    for (const Node *account = n > 0 ? accounts->first : NULL; account != NULL;
         account = account->next)
        ret[i++] = graft_overlay(arena, base, account);
    return ret;
}
