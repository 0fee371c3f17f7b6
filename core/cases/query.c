/* Queries of case files, each answered by the function of the product that it asks about. What has
 * none yet makes the case fail, by name. */
#include <string.h>

#include "cases/play.h"
#include "cases/shape.h"
#include "compliance/gate.h"
#include "ledger/metrics.h"

#define QUERY_ERROR g_quark_from_static_string("dunhub-query")

static void set_date(json_t *object, const char *member, Date date)
{
    char text[16];
    if (date != DATE_NONE)
        json_object_set_new(object, member, json_string(date_format(date, text)));
}

static json_t *query_dates(Play *play, const Node *event, GError **error)
{
    (void)error;
    InvoiceDates dates =
        invoice_dates(&play->book->settings, node_date(event, "issued_on"), DATE_NONE);
    json_t *answer = json_object();
    set_date(answer, "reminder_on", dates.reminder_on);
    set_date(answer, "overdue_on", dates.overdue_on);
    set_date(answer, "delinquent_on", dates.delinquent_on);
    return answer;
}

/* The wish is kept from month to month; a shorter one takes its last day (§3.4). */
static json_t *query_invoice_days(Play *play, const Node *event, GError **error)
{
    (void)play;
    g_autoptr(json_t) days = json_array();
    for (const Node *month = node_get(event, "months")->first; month != NULL; month = month->next) {
        g_autofree char *first = g_strconcat(month->text, "-01", NULL);
        Date date;
        if (!date_parse(first, &date, error))
            return NULL;
        char text[16];
        date_format(date_add_months(date, 0, (int)node_int(event, "wish", 1)), text);
        json_array_append_new(days, json_string(text));
    }
    return json_pack("{s:O}", "days", days);
}

static json_t *query_segments(Play *play, const Node *event, GError **error)
{
    (void)event;
    (void)error;
    json_t *answer = json_object();
    for (size_t i = 0; play->accounts[i] != NULL; i++) {
        const char *account = node_text(play->accounts[i], "id");
        const AccountState *state = stage_state(play->stage, account);
        Date today = play_date(play, account, stage_now(play->stage));
        json_object_set_new(answer, account, json_string(segment_of(state, play->book, today)));
    }
    return answer;
}

/* ---- compliance --------------------------------------------------------------------------------------------------------- */

/* What would be done now, as the release of the hub asks about it. */
static const struct {
    const char *action, *verb, *channel;
    int effect;
} actions[] = {
    {"call", "call.voice", NULL, GUARD_NONE},
    {"email", "message.email", "email", GUARD_NONE},
    {"sms", "message.sms", "sms", GUARD_NONE},
    {"voice", "call.voice", "voice", GUARD_NONE},
    {"letter", "message.letter", "letter", GUARD_NONE},
    {"suspend", "service.suspend", NULL, GUARD_SUSPENSION},
    {"collect", "agency.place", NULL, GUARD_COLLECTIONS},
    {"court", "package.write", NULL, GUARD_LEGAL},
    {"report", "bureau.report", NULL, GUARD_CREDIT},
};

/* The first address of the channel. */
static const char *address_on(const AccountState *state, const char *channel)
{
    STATE_FOREACH (state, KIND_CONTACT_POINT, const ContactPoint, point)
        if (channel != NULL && g_strcmp0(point->channel, channel) == 0)
            return point->address;
    return NULL;
}

static bool is_decided(const AccountState *state, Date today)
{
    STATE_FOREACH (state, KIND_APPROVAL, const Approval, approval)
        if (g_strcmp0(approval->what, "person_decision") == 0 && today <= approval->valid_through)
            return true;
    return false;
}

static GateAnswer ask_gates(Play *play, const Node *event, const AccountState *state,
                            const Zone *zone, Instant now)
{
    const Settings *settings = &play->book->settings;
    const char *action = node_text(event, "action");
    size_t i = 0;
    while (strcmp(actions[i].action, action) != 0)
        i++;
    Act act;
    record_init(&act_type, &act);
    act.verb = actions[i].verb;
    act.channel = actions[i].channel;
    act.address = address_on(state, actions[i].channel);
    Notice notice;
    record_init(&notice_type, &notice);
    notice.name = node_text(event, "notice") != NULL ? node_text(event, "notice") : "overdue";
    DueRules due = {settings->days_to_overdue, settings->ledger_grace_days};
    Ledger ledger;
    ledger_read(state, &due, zone_date(zone, now), play->arena, &ledger);
    GateIn in = {.state = state,
                 .act = &act,
                 .notice = actions[i].channel != NULL ? &notice : NULL,
                 .zone = zone,
                 .calendar = &play->book->calendar,
                 .rules = &play->book->rules,
                 .now = now,
                 .window_from = settings->window_from,
                 .window_to = settings->window_to,
                 .send_at = settings->send_at,
                 .no_cutoff_before_closed_day = settings->no_cutoff_before_closed_day,
                 .effect = actions[i].effect,
                 .ledger = &ledger,
                 .currency = settings->currency,
                 .person_decided = is_decided(state, zone_date(zone, now))};
    return gate_act(&in, play->arena);
}

static const char *const verdict_words[] = {"allow", "delay", "redirect", "refuse"};

static json_t *query_gate(Play *play, const Node *event, GError **error)
{
    const char *account = node_text(event, "account");
    const AccountState *state = stage_state(play->stage, account);
    if (state == NULL) {
        g_set_error(error, QUERY_ERROR, 1, "the hub has not heard of account %s", account);
        return NULL;
    }
    Instant now = stage_now(play->stage);
    const Zone *own = state->account.zone != NULL ? zone_get(state->account.zone, NULL) : NULL;
    const Zone *zone = own != NULL ? own : play->zone;
    GateAnswer gate = ask_gates(play, event, state, zone, now);
    json_t *answer = json_pack("{s:b}", "allowed", gate.verdict == GATE_ALLOW);
    if (gate.verdict == GATE_ALLOW)
        return answer;
    json_object_set_new(answer, "gate", json_string(gate.gate));
    json_object_set_new(answer, "verdict", json_string(verdict_words[gate.verdict]));
    if (gate.rule != NULL)
        json_object_set_new(answer, "rule", json_string(gate.rule->id));
    if (gate.verdict == GATE_DELAY)
        set_date(answer, "until", zone_date(zone, gate.until));
    if (strcmp(gate.gate, "call_cap") == 0) {
        RuleSubject subject = rules_subject(&state->account);
        CallAnswer call = rules_call(&play->book->rules, &subject, state, zone_date(zone, now));
        json_object_set_new(answer, "reason", json_string(call.why));
        json_object_set_new(answer, "counted", json_integer(call.counted));
    }
    return answer;
}

/* A tenant of that state. */
static RuleSubject tenant_of(Play *play, const Node *event)
{
    return (RuleSubject){strchr(node_text(event, "state"), '/') != NULL
                             ? node_text(event, "state")
                             : arena_printf(play->arena, "US/%s", node_text(event, "state")),
                         FOR_CONSUMER | FOR_TENANT, NULL, 0};
}

static json_t *no_row(const Node *event, GError **error)
{
    g_set_error(error, QUERY_ERROR, 1, "no rule is about the state %s", node_text(event, "state"));
    return NULL;
}

static json_t *query_notice_end(Play *play, const Node *event, GError **error)
{
    RuleSubject subject = tenant_of(play, event);
    NoticePeriod period =
        rules_notice_period(&play->book->rules, &subject, node_date(event, "served_on"), false);
    if (period.rule == NULL)
        return no_row(event, error);
    json_t *answer = json_pack("{s:I}", "days", (json_int_t)period.days);
    set_date(answer, "ends_on", period.ends_on);
    set_date(answer, "next_act_from", period.next_act_from);
    return answer;
}

static json_t *query_notice_form(Play *play, const Node *event, GError **error)
{
    RuleSubject subject = tenant_of(play, event);
    int form = rules_notice_form(&play->book->rules, &subject, node_date(event, "served_on"),
                                 node_bool(event, "first_time_late", false), NULL);
    return form < 0 ? no_row(event, error) : json_pack("{s:s}", "form", notice_form_names[form]);
}

static json_t *query_late_fee(Play *play, const Node *event, GError **error)
{
    RuleSubject subject = tenant_of(play, event);
    LateFee fee = {.configured = node_int(play->c->given, "configured_fee_cents", 0),
                   .rent = node_int(event, "rent_cents", 0),
                   .past_due = node_int(event, "balance_cents", 0),
                   .due_on = node_date(event, "due_on")};
    if (!currency_parse(play_currency(play, event), &fee.currency, error))
        return NULL;
    LateFeeAnswer law =
        rules_late_fee(&play->book->rules, &subject, &fee, node_date(event, "today"));
    json_t *answer = json_pack("{s:b}", "allowed", law.allowed);
    if (law.allowed) {
        json_object_set_new(answer, "amount_cents", json_integer(law.amount));
        return answer;
    }
    json_object_set_new(answer, "gate", json_string("late_fee"));
    set_date(answer, "earliest", law.earliest);
    return answer;
}

/* Reference rates of the case stand in place of the row's own. */
static bool take_rates(Play *play, const Node *event, Rule *row, GError **error)
{
    const Node *of_case = node_get(play->c->given, "reference_rates");
    const Node *rates = of_case != NULL ? node_get(of_case, node_text(event, "regime")) : NULL;
    ReferenceRate *list = arena_new0(play->arena, ReferenceRate, rates != NULL ? rates->n : 0);
    size_t n = 0;
    for (const Node *rate = rates != NULL ? rates->first : NULL; rate != NULL; rate = rate->next) {
        if (!date_parse(rate->key, &list[n].from, error))
            return false;
        if (!rule_read_percent(rate->text, &list[n].hundredths)) {
            g_set_error(error, QUERY_ERROR, 1, "'%s' is no percent", rate->text);
            return false;
        }
        n++;
    }
    if (n > 0) {
        row->rates = list;
        row->n_rates = n;
    }
    return true;
}

static json_t *query_statutory_interest(Play *play, const Node *event, GError **error)
{
    RuleSubject subject = {.jurisdiction = node_text(event, "regime"),
                           .is = FOR_COMPANY | FOR_BUSINESS};
    Date paid_on = node_date(event, "paid_on");
    const Rule *found = rules_interest_row(&play->book->rules, &subject, paid_on);
    Rule row = found != NULL ? *found : (Rule){0};
    StatutoryInterest interest;
    if (found == NULL || !take_rates(play, event, &row, error) ||
        !rule_interest(&row, node_int(event, "principal_cents", 0), node_date(event, "due_on"),
                       paid_on, &interest)) {
        if (error != NULL && *error == NULL)
            g_set_error(error, QUERY_ERROR, 1, "no rate of %s is known for these days",
                        node_text(event, "regime"));
        return NULL;
    }
    return json_pack("{s:I, s:I, s:I}", "days", (json_int_t)interest.days, "interest_cents",
                     (json_int_t)interest.interest, "fixed_sum_cents",
                     (json_int_t)interest.fixed_sum);
}

/* ---- metrics ------------------------------------------------------------------------------------------------------------- */

static MetricInvoice metric_invoice(const Node *node, Arena *arena)
{
    const Node *paid = node_get(node, "paid");
    MetricPayment *payments = arena_new0(arena, MetricPayment, paid->n);
    size_t n = 0;
    for (const Node *item = paid->first; item != NULL; item = item->next)
        payments[n++] = (MetricPayment){node_date(item, "day"), node_int(item, "amount_cents", 0),
                                        node_date(item, "reversed_on")};
    return (MetricInvoice){node_int(node, "amount_cents", 0),
                           node_int(node, "credited_later_cents", 0), node_date(node, "overdue_on"),
                           payments, n};
}

static void put_metric(json_t *answer, json_t *targets, const char *name, Ratio ratio)
{
    g_autofree char *text = ratio_text(ratio);
    const char *target = metrics_target(name, ratio);
    json_object_set_new(answer, name, text != NULL ? json_string(text) : json_null());
    json_object_set_new(targets, name, target != NULL ? json_string(target) : json_null());
}

static json_t *query_metrics(Play *play, const Node *event, GError **error)
{
    const Node *given = play->c->given;
    const Node *invoices = node_get(given, "invoices");
    if (invoices == NULL || node_date(given, "as_of") == DATE_NONE) {
        g_set_error(error, QUERY_ERROR, 1, "query_metrics needs 'invoices' and 'as_of' in 'given'");
        return NULL;
    }
    MetricInvoice *rows = arena_new0(play->arena, MetricInvoice, invoices->n);
    size_t n = 0;
    for (const Node *node = invoices->first; node != NULL; node = node->next)
        rows[n++] = metric_invoice(node, play->arena);
    Metrics metrics = metrics_of(rows, n, node_date(event, "from"), node_date(event, "to"),
                                 node_date(given, "as_of"));
    const Node *resolved = node_get(given, "resolved_accounts");
    Ratio retention = {node_int(resolved, "active_after_90_days", 0),
                       node_int(resolved, "mature", 0)};
    Ratio cost = {node_int(given, "costs_cents", 0),
                  node_get(given, "costs_cents") != NULL ? metrics.recovered.numerator : 0};
    json_t *answer = json_object(), *targets = json_object();
    put_metric(answer, targets, "collection_rate_45d", metrics.collection_rate_45d);
    put_metric(answer, targets, "days_to_payment", metrics.days_to_payment);
    put_metric(answer, targets, "retention", retention);
    put_metric(answer, targets, "cost_per_recovery", cost);
    json_object_set_new(answer, "targets", targets);
    return answer;
}

static const struct {
    const char *verb;
    json_t *(*answer)(Play *play, const Node *event, GError **error);
} queries[] = {
    {"query_dates", query_dates},
    {"query_invoice_days", query_invoice_days},
    {"query_segments", query_segments},
    {"query_metrics", query_metrics},
    {"query_gate", query_gate},
    {"query_notice_end", query_notice_end},
    {"query_notice_form", query_notice_form},
    {"query_late_fee", query_late_fee},
    {"query_statutory_interest", query_statutory_interest},
};

json_t *query_answer(Play *play, const Node *event, GError **error)
{
    const char *verb = node_text(event, "do");
    for (size_t i = 0; i < G_N_ELEMENTS(queries); i++)
        if (strcmp(queries[i].verb, verb) == 0)
            return queries[i].answer(play, event, error);
    g_set_error(error, QUERY_ERROR, 1, "not built yet: %s", verb);
    return NULL;
}
