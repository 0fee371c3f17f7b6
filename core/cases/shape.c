#include "cases/shape.h"

#include <string.h>

#include "base/zone.h"

#define HOLDS                                                                                      \
    "=pending|grace|promise|plan|dispute|help|breathing_space|bankruptcy|attorney|cease|deceased|" \
    "pause"
#define REASONS                                                                                    \
    "=review|suspend_manually|step_due|cancel_manually|anchor_shift|payment_received|below_"       \
    "minimum|no_minimum_for_currency|"                                                             \
    "ledgers_disagree|unreachable|moved_out|reply|held_for_review|unknown_parent|parent_cycle|"    \
    "parent_nested"
#define AWAITING                                                                                   \
    "=suspension_confirmation|collections_unsuccessful|legal_approval|account_manager_approval|"   \
    "person_decision"
#define EXITS "=payment|credit|void|write_off|grace|dispute|plan|staff|family|excluded"
#define CHANNELS "=email|sms|voice|letter"
#define SEGMENTS "=vip|standard|high_risk"
#define STEPS "=new|suspended|disconnected|paid_by_customer"
#define ACCOUNT                                                                                    \
    "name?:text parent?:text collect_with_parent?:bool jurisdiction?:text "                        \
    "kind?:=tenant|subscriber|business policy?:text "                                              \
    "segment?:" SEGMENTS " pinned_segment?:" SEGMENTS " "                                          \
    "facts?:@facts contact_points?:@contact_point[] channel_order?:" CHANNELS                      \
    "[] is_consumer?:bool zones?:zone[] "                                                          \
    "person?:text state?:text jurisdiction?:text law?:any service?:=active|suspended "             \
    "service_reasons?:text[] "                                                                     \
    "subscription?:@subscription tags?:text[] property?:text lease?:text is_test?:bool "           \
    "invoices_before?:int mirrors?:text{} invoice_map?:text{}[]"

const Shape case_shapes[] = {
    {"file", "format:=delinquency-cases/1 inherits?:=defaults|policies[] defaults?:@given "
             "policies?:any cases:any[]"},
    {"case", "id:text title:text source:text given?:@given when:any[] then:@expect[]"},
    {"given",
     "tz?:zone evaluate_at?:minute send_at?:minute send_window?:minute[2] "
     "currency?:currency settings?:@settings properties?:any{} leases?:any{} segments?:any{} "
     "account_settings?:any{} calendars?:any{} "
     "accounts?:@account[] account?:@default_account cost_benefit?:=pass|fail "
     "closed_days?:date[] holidays?:date[]{} "
     "connected?:text[] configured_fee_cents?:int reference_rates?:text{}{} "
     "day_count?:text as_of?:date "
     "replies?:any invoices?:@metric_invoice[] costs_cents?:int resolved_accounts?:@resolved"},
    {"settings",
     "interest?:any! fee_once_per?:=cycle|step fee_on_manual_entry?:bool late_fee?:any! "
     "days_to_overdue?:int reminder_delay?:int minimum_cents?:int{} days_to_delinquent?:int "
     "pending_grace_days?:int "
     "max_grace_days?:int first_step?:=new|suspended auto_resolve?:bool auto_suspend?:bool "
     "auto_reactivate?:bool "
     "late_fee_cents?:int! prorate_suspension?:bool step_days?:int{} pending_must_cover?:bool "
     "no_cutoff_before_closed_day?:bool approval_days?:int ledger_grace_days?:int "
     "act_on_test_accounts?:bool promises_per_cycle?:int min_notice_days?:int "
     "on_anchor_shift?:=hold|recompute minimum_basis?:=all_overdue|past_allowed_days"},
    {"account", "id:text " ACCOUNT},
    {"default_account", ACCOUNT},
    {"facts", "annual_revenue_cents?:int history?:=excellent|average|poor strategic?:bool "
              "overdue_invoices?:int "
              "collections_case_months_ago?:int"},
    {"contact_point", "channel:" CHANNELS " address:text consent?:bool law?:any"},
    {"subscription", "price_cents:int period:=month"},
    {"metric_invoice",
     "id:text amount_cents:int overdue_on:date credited_later_cents?:int paid:@metric_payment[]"},
    {"metric_payment", "day:date amount_cents:int reversed_on?:date"},
    {"resolved", "mature:int active_after_90_days:int"},

    {"do invoice_issued",
     "account:text invoice:text amount_cents:int due_on?:date currency?:currency status?:=draft"},
    {"do ledger_import", "account:text invoices:@imported[]"},
    {"imported", "invoice:text amount_cents:int issued_on:date due_on:date"},
    {"do invoice_voided", "account:text invoice:text"},
    {"do invoice_status", "account:text invoice:text status:=draft|open|written_off"},
    {"do invoice_excluded", "account:text invoice:text excluded:bool by:text"},
    {"do source_changed_silently", "account:text invoice:text open_cents:int"},
    {"do credit_note", "account:text credit:text amount_cents:int invoice?:text"},
    {"do credit_note_cancelled", "account:text credit:text"},
    {"do autopay_attempt", "account:text outcome:=declined|paid code?:text"},
    {"do payment_pending", "account:text payment:text amount_cents:int method:text plan?:text "
                           "invoice?:text currency?:currency"},
    {"do payment_settled", "account:text payment:text amount_cents?:int invoice?:text plan?:text "
                           "method?:text source?:text currency?:currency "
                           "effective_on?:date"},
    {"do payment_failed", "account:text payment:text code:text"},
    {"do payment_reversed", "account:text payment:text code:text"},
    {"do dispute_opened", "account:text invoice:text amount_cents:int"},
    {"do dispute_closed", "account:text invoice:text outcome:=creditor|debtor"},
    {"do grace_set", "account:text extended_to:date"},
    {"do tenant_status",
     "account:text status:=grace_period|at_risk|moved_out|ok until?:date moved_out_on?:date"},
    {"do flag_manual", "account:text by:text reason:text"},
    {"do change_step", "account:text step:" STEPS " by:text"},
    {"do assign", "account:text to:text! by:text"},
    {"do confirm_suspension", "account:text by:text"},
    {"do settings_changed", "settings:@settings"},
    {"do evaluate_now", "account:text"},
    {"do hold_set",
     "account:text kind:" HOLDS " by:text petition_on?:date from?:date until?:date crisis?:bool "
     "invoice?:text blocks?:text[]"},
    {"do hold_moved", "account:text kind:" HOLDS " by:text id?:text from?:date until?:date!"},
    {"do hold_ended", "account:text kind:" HOLDS " by:text"},
    {"do promise_made", "account:text promise:text amount_cents:int promised_on:date"},
    {"do plan_created", "account:text plan:text invoices:text[] instalments:int first_on:date"},
    {"do outreach_done", "account:text by:text"},
    {"do collections_closed", "account:text outcome:=successful|unsuccessful"},
    {"do approve",
     "what:=legal|vip_collections|vip_legal|backdated_correction|person_decision account:text "
     "by:text requested_by?:text refused?:bool"},
    {"do facts_changed", "account:text facts:@facts"},
    {"do account_changed", "account:text parent?:text! collect_with_parent?:bool name?:text"},
    {"do account_zone_changed", "account:text tz:zone"},
    {"do policy_published", "policy:text version:int changes:any{}"},
    {"do policy_migrate", "accounts:text[] to_version:int"},
    {"do reply", "account:text channel:" CHANNELS " from:text text:text"},
    {"do reply_decided", "account:text reply:text class:text by:text reason?:text invoice?:text"},
    {"do approval_requested", "account:text what:text by:text evidence?:text"},
    {"do approval_withdrawn", "account:text what:text by:text"},
    {"do delivery", "account:text channel:" CHANNELS " outcome:=accepted|hard_bounce|returned"},
    {"do call",
     "account:text outcome:=no_answer|voicemail|not_connected|answered prior_consent_on?:date"},
    {"do webhook",
     "provider:text event_id:text "
     "type:=invoice.created|invoice.paid|invoice.payment_failed|invoice.voided object_version:int "
     "invoice?:text source_invoice?:text account?:text amount_cents?:int due_on?:date"},
    {"do platform_behaviour", "platform:text script:text[]"},
    {"do hub_down", ""},
    {"do hub_up", "trusted_source?:time"},
    {"do clock_set", "to:time trusted_source?:time"},
    {"do query_dates", "account:text issued_on:date"},
    {"do query_invoice_days", "wish:int months:text[]"},
    {"do law_facts", "account:text law:any"},
    {"do invoice_facts", "account:text invoice:text law:any"},
    {"do dispute_facts", "account:text invoice:text law:any"},
    {"do contact_facts", "account:text channel:" CHANNELS " address:text law:any"},
    {"do query_segments", ""},
    {"do query_gate",
     "account:text action:=call|email|sms|voice|letter|suspend|collect|court|report "
     "notice?:text"},
    {"do query_notice_end", "state:text served_on:date"},
    {"do query_notice_form", "state:text served_on:date first_time_late:bool"},
    {"do query_late_fee", "state:text rent_cents:int balance_cents:int due_on:date today:date"},
    {"do query_statutory_interest",
     "regime:text principal_cents:int currency:currency due_on:date paid_on:date"},
    {"do query_metrics", "from:date to:date"},

    {"expect",
     "at?:time day?:date between?:date[2] after?:time never?:text[] audit?:@entry[] "
     "never_channel?:text{} account?:text "
     "currency?:currency state?:@state sent?:@sent[] sent_count?:int notice?:text "
     "notices_of?:text[] total_sent?:int{} "
     "actions?:@action[] no_actions?:text[] fees?:int{} credits?:int{} rejected?:@rejected "
     "result?:any row?:@row "
     "evaluations?:int deliveries?:@delivery[] distinct_notices?:int deliveries_total?:@delivery[] "
     "provider_messages?:int{} confirmations?:int"},
    {"state", "collector?:text! members?:text[] status?:=current|overdue|delinquent step?:" STEPS
              "! stage?:text! delinquent_since?:date! entry_reason?:=manual|rule! "
              "exit_reason?:" EXITS "! cycle_closed?:" EXITS
              "! cycle_reopened?:bool days_overdue?:int escalation_age?:int "
              "anchor?:text! overdue_cents?:int overdue_by_currency?:int{} "
              "new_payment_since?:date! needs_intervention?:bool "
              "reasons_include?:" REASONS "[] awaiting?:" AWAITING
              "[] grace_until?:date! holds?:" HOLDS "[] holds_include?:" HOLDS "[] "
              "service?:=active|suspended portal?:=active|suspended segment?:" SEGMENTS
              " policy_version?:int "
              "plan?:=active|defaulted|completed! path?:=former_tenant! scan_passed?:int[] "
              "sms_consent?:=granted|revoked|held_for_review "
              "voice_consent?:=granted|revoked|held_for_review "
              "email_consent?:=none|granted|revoked|held_for_review "
              "reply?:text reply_rules?:text! open_replies?:int pending_actions_include?:text[] "
              "proposals_include?:=reverse_fee|credit_suspension|retract_notices[] "
              "hub?:=normal|observe alert?:=clock_suspect!"},
    {"sent",
     "notice:text amount_cents?:int currency?:currency channel?:" CHANNELS " invoices?:text[]"},
    {"action", "op:text platform?:text for?:=step_entered|step_left count?:int"},
    {"entry",
     "event:=fee_charged|fee_dropped|notice_suppressed|step_skipped|invoice_excluded|invoice_"
     "included|"
     "hold_moved|move_waits|mode|cycle_reopened|event_applied|event_stale|event_duplicate|fee_"
     "reversed notice?:text stage?:text event_id?:text reason?:text"},
    {"rejected", "code:text latest_allowed?:date allowed?:int[2] steps?:text[]"},
    {"row", "name?:text delinquent_since?:date! step?:" STEPS
            "! step_since?:date! step_due?:date! new_payment_since?:date! "
            "assignee?:text! needs_intervention?:bool"},
    {"delivery", "channel:" CHANNELS " outcome:=accepted|hard_bounce|returned"},
};
const size_t n_case_shapes = G_N_ELEMENTS(case_shapes);

/* ---- reading ------------------------------------------------------------------------------ */

const char *node_text(const Node *map, const char *key)
{
    const Node *node = map != NULL ? node_get(map, key) : NULL;
    return node != NULL && node->kind == NODE_SCALAR && !node_is_null(node) ? node->text : NULL;
}

int64_t node_int(const Node *map, const char *key, int64_t fallback)
{
    const char *text = node_text(map, key);
    return text != NULL ? g_ascii_strtoll(text, NULL, 10) : fallback;
}

bool node_bool(const Node *map, const char *key, bool fallback)
{
    const char *text = node_text(map, key);
    return text != NULL ? strcmp(text, "true") == 0 : fallback;
}

Date node_date(const Node *map, const char *key)
{
    const char *text = node_text(map, key);
    Date date = DATE_NONE;
    return text != NULL && date_parse(text, &date, NULL) ? date : DATE_NONE;
}

bool node_list_has(const Node *list, const char *word)
{
    for (const Node *item = list->first; item != NULL; item = item->next)
        if (item->kind == NODE_SCALAR && strcmp(item->text, word) == 0)
            return true;
    return false;
}

/* ---- checking ----------------------------------------------------------------------------- */

static bool is_integer(const char *text)
{
    gint64 value;
    return g_ascii_string_to_signed(text, 10, G_MININT64 + 1, G_MAXINT64, &value, NULL);
}

/* Local "2026-07-01T06:00", seconds optional, or RFC 3339 with Z or an offset; or an hour alone is
 * not a time here. */
static bool is_time(const char *text)
{
    Instant instant;
    if (instant_parse(text, &instant, NULL))
        return true;
    g_autofree char *utc = g_strconcat(text, "Z", NULL);
    return instant_parse(utc, &instant, NULL);
}

static bool is_date(const char *text)
{
    Date date;
    return date_parse(text, &date, NULL);
}

static bool is_minute(const char *text)
{
    int minute;
    return minute_parse(text, &minute, NULL);
}

static bool is_zone(const char *text)
{
    return zone_get(text, NULL) != NULL;
}

static bool is_currency(const char *text)
{
    Currency currency;
    return currency_parse(text, &currency, NULL);
}

static bool is_bool(const char *text)
{
    return strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
}

static bool is_text(const char *text)
{
    return text[0] != '\0';
}

static const struct {
    const char *type;
    bool (*fits)(const char *text);
    const char *wanted;
} scalar_types[] = {
    {"text", is_text, "a word or text"},
    {"int", is_integer, "an integer"},
    {"date", is_date, "a date like 2026-07-01"},
    {"time", is_time, "a time like \"2026-07-01T06:00\", local or with Z or an offset"},
    {"minute", is_minute, "a time of day like \"09:00\""},
    {"zone", is_zone, "a time zone like America/Chicago"},
    {"currency", is_currency, "an ISO 4217 currency code like USD"},
    {"bool", is_bool, "true or false"},
};

static const Shape *find_shape(const char *name, size_t n)
{
    for (size_t i = 0; i < n_case_shapes; i++)
        if (strlen(case_shapes[i].name) == n && strncmp(case_shapes[i].name, name, n) == 0)
            return &case_shapes[i];
    return NULL;
}

static const char *kind_text(const Node *node)
{
    static const char *const texts[] = {"a single value", "a list", "a map"};
    return texts[node->kind];
}

static bool wrong_kind(const Node *node, NodeKind wanted, Diags *diags)
{
    static const char *const texts[] = {"a single value", "a list", "a map"};
    if (node->kind == wanted)
        return false;
    diags_add(diags, "T003", node->place, "'%s' must be %s, not %s",
              node->key != NULL ? node->key : "this", texts[wanted], kind_text(node));
    return true;
}

static void check_choice(const Node *node, const char *words, size_t n, Diags *diags)
{
    g_autofree char *list = g_strndup(words, n);
    g_auto(GStrv) choices = g_strsplit(list, "|", -1);
    if (g_strv_contains((const char *const *)choices, node->text))
        return;
    const char *near = diag_nearest(node->text, (const char *const *)choices);
    g_autofree char *all = g_strjoinv(", ", choices);
    if (near != NULL)
        diags_add(diags, "T005", node->place, "unknown value '%s', did you mean '%s'?", node->text,
                  near);
    else
        diags_add(diags, "T005", node->place, "unknown value '%s'; one of %s", node->text, all);
}

static void check_scalar(const Node *node, const char *type, size_t n, Diags *diags)
{
    if (type[0] == '=') {
        check_choice(node, type + 1, n - 1, diags);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(scalar_types); i++) {
        if (strlen(scalar_types[i].type) != n || strncmp(scalar_types[i].type, type, n) != 0)
            continue;
        if (!scalar_types[i].fits(node->text))
            diags_add(diags, "T003", node->place, "'%s' is not %s", node->text,
                      scalar_types[i].wanted);
        return;
    }
    g_assert_not_reached();
}

static void check_map(const Node *map, const Shape *shape, Diags *diags);

/* The last suffix of the type is its outermost layer. */
static void check_type(const Node *node, const char *type, size_t n, Diags *diags)
{
    if (n > 1 && type[n - 1] == '!') {
        if (!node_is_null(node))
            check_type(node, type, n - 1, diags);
        return;
    }
    bool map = n > 2 && strncmp(type + n - 2, "{}", 2) == 0;
    bool list = n > 2 && strncmp(type + n - 2, "[]", 2) == 0;
    bool pair = n > 3 && strncmp(type + n - 3, "[2]", 3) == 0;
    if (map || list || pair) {
        if (wrong_kind(node, map ? NODE_MAP : NODE_LIST, diags))
            return;
        if (pair && node->n != 2)
            diags_add(diags, "T003", node->place, "a list of two is wanted here, this one has %zu",
                      node->n);
        for (const Node *item = node->first; item != NULL; item = item->next)
            check_type(item, type, n - (pair ? 3 : 2), diags);
        return;
    }
    if (n == 3 && strncmp(type, "any", 3) == 0)
        return;
    if (type[0] == '@') {
        if (!wrong_kind(node, NODE_MAP, diags))
            check_map(node, find_shape(type + 1, n - 1), diags);
        return;
    }
    if (!wrong_kind(node, NODE_SCALAR, diags))
        check_scalar(node, type, n, diags);
}

typedef struct {
    char *key;
    const char *type;
    size_t n;
    bool optional;
} FieldShape;

static void clear_field(gpointer data)
{
    g_free(((FieldShape *)data)->key);
}

static GArray *shape_fields(const Shape *shape)
{
    GArray *fields = g_array_new(FALSE, FALSE, sizeof(FieldShape));
    g_array_set_clear_func(fields, clear_field);
    for (const char *at = shape->fields; *at != '\0';) {
        size_t n = strcspn(at, " ");
        size_t n_key = strcspn(at, ":");
        bool optional = at[n_key - 1] == '?';
        FieldShape field = {.key = g_strndup(at, n_key - (optional ? 1 : 0)),
                            .type = at + n_key + 1,
                            .n = n - n_key - 1,
                            .optional = optional};
        g_array_append_val(fields, field);
        at += n;
        at += strspn(at, " ");
    }
    return fields;
}

static const FieldShape *find_field(const GArray *fields, const char *key)
{
    for (guint i = 0; i < fields->len; i++)
        if (strcmp(g_array_index(fields, FieldShape, i).key, key) == 0)
            return &g_array_index(fields, FieldShape, i);
    return NULL;
}

static void unknown_key(const Node *node, const GArray *fields, Diags *diags)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    for (guint i = 0; i < fields->len; i++)
        g_ptr_array_add(keys, g_array_index(fields, FieldShape, i).key);
    g_ptr_array_add(keys, NULL);
    const char *near = diag_nearest(node->key, (const char *const *)keys->pdata);
    if (near != NULL)
        diags_add(diags, "T002", node->key_place, "unknown key '%s', did you mean '%s'?", node->key,
                  near);
    else
        diags_add(diags, "T002", node->key_place, "unknown key '%s'", node->key);
}

static bool is_event(const Shape *shape)
{
    return g_str_has_prefix(shape->name, "do ");
}

static void check_map(const Node *map, const Shape *shape, Diags *diags)
{
    g_autoptr(GArray) fields = shape_fields(shape);
    for (const Node *value = map->first; value != NULL; value = value->next) {
        if (is_event(shape) && (strcmp(value->key, "at") == 0 || strcmp(value->key, "do") == 0))
            continue;
        const FieldShape *field = find_field(fields, value->key);
        if (field == NULL)
            unknown_key(value, fields, diags);
        else
            check_type(value, field->type, field->n, diags);
    }
    for (guint i = 0; i < fields->len; i++) {
        const FieldShape *field = &g_array_index(fields, FieldShape, i);
        if (!field->optional && node_get(map, field->key) == NULL)
            diags_add(diags, "T004", map->place, "'%s' is missing here", field->key);
    }
}

bool shape_check(const Node *node, const char *shape, Diags *diags)
{
    size_t before = diags_count(diags, DIAG_ERROR);
    const Shape *found = find_shape(shape, strlen(shape));
    g_assert(found != NULL);
    if (!wrong_kind(node, NODE_MAP, diags))
        check_map(node, found, diags);
    return diags_count(diags, DIAG_ERROR) == before;
}

const char *const *shape_verbs(void)
{
    static const char *verbs[G_N_ELEMENTS(case_shapes) + 1];
    static gsize once;
    if (g_once_init_enter(&once)) {
        size_t n = 0;
        for (size_t i = 0; i < n_case_shapes; i++)
            if (is_event(&case_shapes[i]))
                verbs[n++] = case_shapes[i].name + strlen("do ");
        g_once_init_leave(&once, 1);
    }
    return verbs;
}
