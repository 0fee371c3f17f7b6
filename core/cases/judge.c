#include "cases/judge.h"

#include <string.h>

#include "cases/match.h"
#include "cases/seen.h"
#include "cases/shape.h"

void finding_free(gpointer data)
{
    Finding *finding = data;
    g_free(finding->what);
    g_free(finding->expected);
    g_free(finding->seen);
    g_free(finding);
}

static void fail(GPtrArray *findings, const Node *node, const char *what, const char *expected,
                 const char *seen)
{
    Finding *finding = g_new0(Finding, 1);
    finding->place = node->key != NULL ? node->key_place : node->place;
    finding->what = g_strdup(what);
    finding->expected = g_strdup(expected);
    finding->seen = g_strdup(seen);
    g_ptr_array_add(findings, finding);
}

static void fail_node(GPtrArray *findings, const Node *node, const char *what, const json_t *seen)
{
    g_autofree char *expected = match_wanted(node);
    g_autofree char *text = match_seen(seen);
    fail(findings, node, what, expected, text);
}

static void fail_count(GPtrArray *findings, const Node *node, const char *what, int64_t seen)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, seen);
    fail(findings, node, what, node->text, text);
}

/* ---- times -------------------------------------------------------------------------------- */

static Instant end_of_day(const Play *play, Date day)
{
    return zone_instant(play->zone, day + 1, 0) - 1;
}

static Date date_of(const Node *scalar)
{
    Date date = DATE_NONE;
    date_parse(scalar->text, &date, NULL);
    return date;
}

Instant judge_instant(const Play *play, const Node *expect)
{
    if (node_text(expect, "at") != NULL)
        return case_instant(node_text(expect, "at"), play->zone);
    if (node_text(expect, "day") != NULL)
        return end_of_day(play, node_date(expect, "day"));
    return INSTANT_NEVER;
}

Instant judge_reach(const Play *play, const Node *expect)
{
    const Node *between = node_get(expect, "between");
    if (between != NULL)
        return end_of_day(play, date_of(between->first->next));
    if (node_text(expect, "after") != NULL)
        return case_instant(node_text(expect, "after"), play->zone);
    Instant own = judge_instant(play, expect);
    return own == INSTANT_NEVER ? INSTANT_NONE : own;
}

/* The day an assertion speaks of: its own, or the one its instant falls on. */
static Date day_of(const Play *play, const Node *expect)
{
    Date day = node_date(expect, "day");
    const char *at = node_text(expect, "at");
    return day != DATE_NONE || at == NULL ? day
                                          : zone_date(play->zone, case_instant(at, play->zone));
}

/* ---- one function for each key ------------------------------------------------------------ */

typedef void (*Check)(Play *play, const Node *expect, const Node *value, GPtrArray *findings);

static const char *account_of(const Node *expect)
{
    return node_text(expect, "account");
}

static void check_state(Play *play, const Node *expect, const Node *value, GPtrArray *findings)
{
    g_autoptr(json_t) seen = seen_state(play, account_of(expect), play_currency(play, expect));
    for (const Node *item = value->first; item != NULL; item = item->next) {
        bool contained = g_str_has_suffix(item->key, "_include");
        g_autofree char *key =
            g_strndup(item->key, strlen(item->key) - (contained ? strlen("_include") : 0));
        const json_t *own = json_object_get(seen, key);
        bool holds =
            item->kind == NODE_LIST ? match_set(item, own, !contained) : match_value(item, own);
        g_autofree char *what = g_strconcat("state.", item->key, NULL);
        if (!holds)
            fail_node(findings, item, what, own);
    }
}

static void check_map(const Node *value, const json_t *seen, const char *name, GPtrArray *findings)
{
    for (const Node *item = value->first; item != NULL; item = item->next) {
        const json_t *own = json_object_get(seen, item->key);
        g_autofree char *what = g_strconcat(name, ".", item->key, NULL);
        if (!match_value(item, own))
            fail_node(findings, item, what, own);
    }
}

static void check_row(Play *play, const Node *expect, const Node *value, GPtrArray *findings)
{
    g_autoptr(json_t) seen = seen_row(play, account_of(expect));
    check_map(value, seen, "row", findings);
}

static void check_fees(Play *play, const Node *expect, const Node *value, GPtrArray *findings)
{
    g_autoptr(json_t) seen = seen_fees(play, account_of(expect));
    check_map(value, seen, "fees", findings);
}

static void check_credits(Play *play, const Node *expect, const Node *value, GPtrArray *findings)
{
    g_autoptr(json_t) seen = seen_credits(play, account_of(expect));
    check_map(value, seen, "credits", findings);
}

static void check_sent(Play *play, const Node *expect, const Node *value, GPtrArray *findings)
{
    g_autoptr(json_t) seen = seen_sent(play, account_of(expect), day_of(play, expect));
    if (!match_set(value, seen, true))
        fail_node(findings, value, "sent", seen);
}

/* A currency that an assertion names narrows what it counts. */
static bool is_of_currency(const Node *expect, const Handover *handover)
{
    const char *currency = node_text(expect, "currency");
    return currency == NULL || strcmp(currency, handover->currency.code) == 0;
}

static bool named(const Node *expect, const Handover *handover)
{
    const char *notice = node_text(expect, "notice");
    const Node *notices = node_get(expect, "notices_of");
    if (notice != NULL && strcmp(notice, handover->notice) != 0)
        return false;
    return notices == NULL || node_list_has(notices, handover->notice);
}

static int64_t count_notices(Play *play, const Node *expect, Date from, Date until)
{
    int64_t n = 0;
    for (guint i = 0; i < play->chronicle.handovers->len; i++) {
        const Handover *handover = &g_array_index(play->chronicle.handovers, Handover, i);
        if (account_of(expect) != NULL && strcmp(account_of(expect), handover->account) != 0)
            continue;
        Date day = play_date(play, handover->account, handover->at);
        if (day >= from && day <= until && named(expect, handover) &&
            is_of_currency(expect, handover) && !seen_is_confirmation(handover) &&
            seen_is_first(play, handover))
            n++;
    }
    return n;
}

static void check_sent_count(Play *play, const Node *expect, const Node *value, GPtrArray *findings)
{
    const Node *between = node_get(expect, "between");
    Date from = between != NULL ? date_of(between->first) : day_of(play, expect);
    Date until = between != NULL ? date_of(between->first->next) : day_of(play, expect);
    int64_t n = count_notices(play, expect, from, until);
    if (n != g_ascii_strtoll(value->text, NULL, 10))
        fail_count(findings, value, "sent_count", n);
}

static void check_total_sent(Play *play, const Node *expect, const Node *value, GPtrArray *findings)
{
    g_autoptr(json_t) totals = json_object();
    for (guint i = 0; i < play->chronicle.handovers->len; i++) {
        const Handover *handover = &g_array_index(play->chronicle.handovers, Handover, i);
        if ((account_of(expect) != NULL && strcmp(account_of(expect), handover->account) != 0) ||
            !is_of_currency(expect, handover) || !seen_is_first(play, handover))
            continue;
        json_int_t n = json_integer_value(json_object_get(totals, handover->notice));
        json_object_set_new(totals, handover->notice, json_integer(n + 1));
    }
    for (const Node *item = value->first; item != NULL; item = item->next)
        if (json_object_get(totals, item->key) == NULL)
            json_object_set_new(totals, item->key, json_integer(0));
    check_map(value, totals, "total_sent", findings);
}

/* How often {platform?, op, for?} took effect. */
static int64_t count_action(const Node *wanted, const json_t *seen)
{
    static const char *const keys[] = {"op", "platform", "for"};
    int64_t n = 0;
    for (size_t i = 0; i < json_array_size(seen); i++) {
        const json_t *item = json_array_get(seen, i);
        bool same = true;
        for (size_t k = 0; k < G_N_ELEMENTS(keys); k++) {
            const Node *value = node_get(wanted, keys[k]);
            same = same && (value == NULL || match_value(value, json_object_get(item, keys[k])));
        }
        n += same ? json_integer_value(json_object_get(item, "count")) : 0;
    }
    return n;
}

static void check_actions(Play *play, const Node *expect, const Node *value, GPtrArray *findings)
{
    g_autoptr(json_t) seen = seen_actions(play, account_of(expect), day_of(play, expect));
    for (const Node *item = value->first; item != NULL; item = item->next)
        if (count_action(item, seen) != node_int(item, "count", 1))
            fail_node(findings, item, "actions", seen);
}

static void check_no_actions(Play *play, const Node *expect, const Node *value, GPtrArray *findings)
{
    g_autoptr(json_t) seen = seen_actions(play, account_of(expect), day_of(play, expect));
    for (size_t i = 0; i < json_array_size(seen); i++)
        if (node_list_has(value, json_string_value(json_object_get(json_array_get(seen, i), "op"))))
            fail_node(findings, value, "no_actions", seen);
}

static bool concerns(const Node *expect, const char *account)
{
    return account_of(expect) == NULL || strcmp(account_of(expect), account) == 0;
}

static void fail_never(Play *play, const Node *value, const char *what, Instant at,
                       GPtrArray *findings)
{
    char date[16];
    g_autofree char *expected = match_wanted(value);
    g_autofree char *seen =
        g_strdup_printf("%s on %s", what, date_format(zone_date(play->zone, at), date));
    fail(findings, value, "never", expected, seen);
}

static void check_never(Play *play, const Node *expect, const Node *value, GPtrArray *findings)
{
    for (guint i = 0; i < play->chronicle.deeds->len; i++) {
        const Deed *deed = &g_array_index(play->chronicle.deeds, Deed, i);
        if (concerns(expect, deed->account) && node_list_has(value, deed->op))
            fail_never(play, value, deed->op, deed->at, findings);
    }
    for (guint i = 0; i < play->chronicle.handovers->len; i++) {
        const Handover *handover = &g_array_index(play->chronicle.handovers, Handover, i);
        if (concerns(expect, handover->account) && node_list_has(value, handover->notice))
            fail_never(play, value, handover->notice, handover->at, findings);
    }
    for (size_t i = 0; play->accounts[i] != NULL; i++) {
        const char *account = node_text(play->accounts[i], "id");
        g_autoptr(json_t) fees =
            concerns(expect, account) ? seen_fees(play, account) : json_object();
        if (node_list_has(value, "late_fee") &&
            json_integer_value(json_object_get(fees, "late_fee")) != 0)
            fail_never(play, value, "late_fee", stage_now(play->stage), findings);
    }
}

static bool entry_fits(const Node *wanted, const AuditEntry *entry)
{
    const char *reason = node_text(wanted, "reason");
    if (g_strcmp0(entry->event, node_text(wanted, "event")) != 0 ||
        (reason != NULL && g_strcmp0(entry->reason, reason) != 0))
        return false;
    static const char *const subjects[] = {"notice", "stage", "event_id"};
    for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++) {
        const char *subject = node_text(wanted, subjects[i]);
        if (subject != NULL && g_strcmp0(entry->subject, subject) != 0)
            return false;
    }
    return true;
}

typedef struct {
    const Node *wanted;
    bool found;
    json_t *near; /* entries of the same event */
} Search;

static bool search_entry(const char *account, const AuditEntry *entry, void *data)
{
    (void)account;
    Search *search = data;
    search->found = search->found || entry_fits(search->wanted, entry);
    if (g_strcmp0(entry->event, node_text(search->wanted, "event")) == 0)
        json_array_append_new(search->near, json_pack("{s:s?, s:s?}", "subject", entry->subject,
                                                      "reason", entry->reason));
    return true;
}

/* Every entry wanted must stand in the chain of the account, or of one of all. */
static void check_audit(Play *play, const Node *expect, const Node *wanted, GPtrArray *findings)
{
    g_autoptr(json_t) near = json_array();
    Search search = {wanted, false, near};
    for (size_t i = 0; play->accounts[i] != NULL; i++) {
        const char *account = node_text(play->accounts[i], "id");
        g_autoptr(GError) error = NULL;
        if (concerns(expect, account) &&
            !stage_audit(play->stage, account, search_entry, &search, &error))
            fail(findings, wanted, "audit", "a chain that can be read", error->message);
    }
    if (!search.found)
        fail_node(findings, wanted, "audit", near);
}

static void check_audits(Play *play, const Node *expect, const Node *value, GPtrArray *findings)
{
    for (const Node *item = value->first; item != NULL; item = item->next)
        check_audit(play, expect, item, findings);
}

/* Outcomes of events at this very `at`, of the account if one is named. */
static bool belongs(const Node *expect, const Outcome *outcome)
{
    const char *account = node_text(outcome->event, "account");
    return g_strcmp0(node_text(outcome->event, "at"), node_text(expect, "at")) == 0 &&
           (account_of(expect) == NULL || account == NULL ||
            strcmp(account, account_of(expect)) == 0);
}

static void check_rejected(Play *play, const Node *expect, const Node *value, GPtrArray *findings)
{
    g_autoptr(json_t) seen = NULL;
    for (guint i = 0; i < play->outcomes->len; i++) {
        const Outcome *outcome = &g_array_index(play->outcomes, Outcome, i);
        if (!belongs(expect, outcome) || outcome->answer.code == NULL)
            continue;
        const char *detail = outcome->answer.detail;
        g_clear_pointer(&seen, json_decref);
        seen = detail != NULL ? json_parse(detail, strlen(detail), 1 << 20, NULL) : NULL;
        if (seen == NULL)
            seen = json_object();
        json_object_set_new(seen, "code", json_string(outcome->answer.code));
        if (match_value(value, seen))
            return;
    }
    fail_node(findings, value, "rejected", seen);
}

static void check_result(Play *play, const Node *expect, const Node *value, GPtrArray *findings)
{
    const json_t *seen = NULL;
    for (guint i = 0; i < play->outcomes->len; i++) {
        const Outcome *outcome = &g_array_index(play->outcomes, Outcome, i);
        if (!belongs(expect, outcome) || outcome->result == NULL)
            continue;
        seen = outcome->result;
        if (match_value(value, seen))
            return;
    }
    fail_node(findings, value, "result", seen);
}

static void check_evaluations(Play *play, const Node *expect, const Node *value,
                              GPtrArray *findings)
{
    int64_t n = seen_evaluations(play, account_of(expect), day_of(play, expect));
    if (n != g_ascii_strtoll(value->text, NULL, 10))
        fail_count(findings, value, "evaluations", n);
}

static void check_deliveries(Play *play, const Node *expect, const Node *value, GPtrArray *findings)
{
    bool total = strcmp(value->key, "deliveries_total") == 0;
    g_autoptr(json_t) seen =
        seen_deliveries(play, account_of(expect), total ? DATE_NONE : day_of(play, expect));
    if (!match_value(value, seen))
        fail_node(findings, value, value->key, seen);
}

/* Notices with a delivery handed over or answered that day; beside deliveries_total: so far. */
static void check_distinct_notices(Play *play, const Node *expect, const Node *value,
                                   GPtrArray *findings)
{
    Date day = node_get(expect, "deliveries_total") != NULL ? DATE_NONE : day_of(play, expect);
    g_autoptr(GHashTable) keys = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < play->chronicle.handovers->len; i++) {
        const Handover *handover = &g_array_index(play->chronicle.handovers, Handover, i);
        bool that_day = day == DATE_NONE || play_date(play, handover->account, handover->at) == day;
        if (concerns(expect, handover->account) && that_day)
            g_hash_table_add(keys, (gpointer)handover->notice_key);
    }
    if (g_hash_table_size(keys) != g_ascii_strtoll(value->text, NULL, 10))
        fail_count(findings, value, "distinct_notices", g_hash_table_size(keys));
}

static void check_provider_messages(Play *play, const Node *expect, const Node *value,
                                    GPtrArray *findings)
{
    (void)expect;
    g_autoptr(json_t) seen = json_object();
    for (const Node *item = value->first; item != NULL; item = item->next)
        json_object_set_new(
            seen, item->key,
            json_integer((json_int_t)platforms_messages(&play->platforms, item->key)));
    check_map(value, seen, "provider_messages", findings);
}

static void check_never_channel(Play *play, const Node *expect, const Node *value,
                                GPtrArray *findings)
{
    const char *after = node_text(expect, "after");
    Instant from = after != NULL ? case_instant(after, play->zone) : INSTANT_NONE;
    for (guint i = 0; i < play->chronicle.handovers->len; i++) {
        const Handover *handover = &g_array_index(play->chronicle.handovers, Handover, i);
        if (!concerns(expect, handover->account) || handover->at < from ||
            handover->channel == NULL)
            continue;
        const char *address = node_text(value, handover->channel);
        if (address != NULL && g_strcmp0(address, handover->address) == 0)
            fail_never(play, value, handover->notice, handover->at, findings);
    }
}

static void check_confirmations(Play *play, const Node *expect, const Node *value,
                                GPtrArray *findings)
{
    int64_t n = 0;
    for (guint i = 0; i < play->chronicle.handovers->len; i++) {
        const Handover *handover = &g_array_index(play->chronicle.handovers, Handover, i);
        n += concerns(expect, handover->account) && seen_is_confirmation(handover);
    }
    if (n != g_ascii_strtoll(value->text, NULL, 10))
        fail_count(findings, value, "confirmations", n);
}

static const struct {
    const char *key;
    Check check;
} checks[] = {
    {"state", check_state},
    {"sent", check_sent},
    {"sent_count", check_sent_count},
    {"total_sent", check_total_sent},
    {"actions", check_actions},
    {"no_actions", check_no_actions},
    {"never", check_never},
    {"fees", check_fees},
    {"credits", check_credits},
    {"rejected", check_rejected},
    {"result", check_result},
    {"row", check_row},
    {"evaluations", check_evaluations},
    {"audit", check_audits},
    {"deliveries", check_deliveries},
    {"deliveries_total", check_deliveries},
    {"distinct_notices", check_distinct_notices},
    {"provider_messages", check_provider_messages},
    {"never_channel", check_never_channel},
    {"confirmations", check_confirmations},
};

void judge(Play *play, const Node *expect, GPtrArray *findings)
{
    for (size_t i = 0; i < G_N_ELEMENTS(checks); i++) {
        const Node *value = node_get(expect, checks[i].key);
        if (value != NULL)
            checks[i].check(play, expect, value, findings);
    }
}
