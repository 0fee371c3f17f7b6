#include "cases/play.h"

#include <string.h>

#include "cases/graft.h"
#include "cases/shape.h"

#define PLAY_ERROR g_quark_from_static_string("dunhub-play")

static json_t *silent_changes(void *data)
{
    Play *play = data;
    json_t *changes = play->silent;
    play->silent = json_array();
    return changes;
}

static void drop_json(gpointer json)
{
    json_decref(json);
}

Date play_date(const Play *play, const char *account, Instant instant)
{
    const AccountState *state = account != NULL ? stage_state(play->stage, account) : NULL;
    const Zone *zone = state != NULL && state->account.zone != NULL
                           ? zone_get(state->account.zone, NULL)
                           : play->zone;
    return zone_date(zone, instant);
}

const char *play_currency(const Play *play, const Node *map)
{
    const char *own = node_text(map, "currency");
    return own != NULL ? own : node_text(play->c->given, "currency");
}

/* ---- telling the hub ---------------------------------------------------------------------- */

/* Takes the reference to data. */
static bool tell(Play *play, EventKind kind, const char *source, const char *account, json_t *data,
                 StageAnswer *ret_answer, GError **error)
{
    g_autoptr(json_t) owned = data;
    g_autofree char *id = g_strdup_printf("%s-%u", play->c->id, ++play->events);
    StageAnswer answer = {0};
    bool good = stage_submit(play->stage, source, id, event_types[kind].name, account, owned,
                             &answer, error);
    if (ret_answer != NULL)
        *ret_answer = answer;
    return good;
}

/* An object of the ledger as it is after `patch`, told as a whole, as a ledger does. Takes the
 * reference to patch. */
static bool tell_object(Play *play, EventKind kind, const char *account, const char *id,
                        json_t *patch, GError **error)
{
    g_autoptr(json_t) owned = patch;
    g_autofree char *key = g_strdup_printf("%s %s %s", account, event_types[kind].name, id);
    json_t *object = g_hash_table_lookup(play->objects, key);
    if (object == NULL) {
        object = json_pack("{s:s}", "id", id);
        g_hash_table_insert(play->objects, g_strdup(key), object);
    }
    json_object_update(object, owned);
    return tell(play, kind, STAGE_LEDGER, account, json_deep_copy(object), NULL, error);
}

static void set_text(json_t *object, const char *member, const char *text)
{
    if (text != NULL)
        json_object_set_new(object, member, json_string(text));
}

static json_t *json_date(Date date)
{
    char text[16];
    return json_string(date_format(date, text));
}

static json_t *today_of(const Play *play, const char *account)
{
    return json_date(play_date(play, account, stage_now(play->stage)));
}

/* ---- verbs of the ledger ------------------------------------------------------------------ */

static const char *account_of(const Node *event)
{
    return node_text(event, "account");
}

static json_t *new_invoice(const Play *play, const Node *item, const char *issued_on)
{
    json_t *invoice =
        json_pack("{s:s, s:I, s:s, s:s}", "currency", play_currency(play, item), "amount",
                  (json_int_t)node_int(item, "amount_cents", 0), "kind", "charge", "status",
                  node_text(item, "status") ? node_text(item, "status") : "open");
    set_text(invoice, "issued_on", issued_on);
    set_text(invoice, "due_on", node_text(item, "due_on"));
    return invoice;
}

static bool do_invoice_issued(Play *play, const Node *event, StageAnswer *ret_answer,
                              GError **error)
{
    (void)ret_answer;
    char today[16];
    date_format(play_date(play, account_of(event), stage_now(play->stage)), today);
    return tell_object(play, EVENT_INVOICE_UPDATED, account_of(event), node_text(event, "invoice"),
                       new_invoice(play, event, today), error);
}

static bool do_ledger_import(Play *play, const Node *event, StageAnswer *ret_answer, GError **error)
{
    (void)ret_answer;
    for (const Node *item = node_get(event, "invoices")->first; item != NULL; item = item->next)
        if (!tell_object(play, EVENT_INVOICE_UPDATED, account_of(event), node_text(item, "invoice"),
                         new_invoice(play, item, node_text(item, "issued_on")), error))
            return false;
    return true;
}

static bool do_invoice_voided(Play *play, const Node *event, StageAnswer *ret_answer,
                              GError **error)
{
    (void)ret_answer;
    return tell_object(play, EVENT_INVOICE_UPDATED, account_of(event), node_text(event, "invoice"),
                       json_pack("{s:s}", "status", "void"), error);
}

static bool do_invoice_status(Play *play, const Node *event, StageAnswer *ret_answer,
                              GError **error)
{
    (void)ret_answer;
    return tell_object(play, EVENT_INVOICE_UPDATED, account_of(event), node_text(event, "invoice"),
                       json_pack("{s:s}", "status", node_text(event, "status")), error);
}

static bool do_source_changed_silently(Play *play, const Node *event, StageAnswer *ret_answer,
                                       GError **error)
{
    (void)ret_answer;
    (void)error;
    g_autofree char *id = g_strdup_printf("%s-%u", play->c->id, ++play->events);
    json_array_append_new(play->silent,
                          json_pack("{s:s, s:s, s:s, s:{s:s, s:I}}", "id", id, "type",
                                    event_types[EVENT_INVOICE_UPDATED].name, "account",
                                    account_of(event), "data", "id", node_text(event, "invoice"),
                                    "ledger_open", (json_int_t)node_int(event, "open_cents", 0)));
    return true;
}

static bool do_credit_note(Play *play, const Node *event, StageAnswer *ret_answer, GError **error)
{
    (void)ret_answer;
    json_t *credit = json_pack("{s:s, s:I, s:o}", "currency", play_currency(play, event), "amount",
                               (json_int_t)node_int(event, "amount_cents", 0), "issued_on",
                               today_of(play, account_of(event)));
    set_text(credit, "invoice", node_text(event, "invoice"));
    return tell_object(play, EVENT_CREDIT_UPDATED, account_of(event), node_text(event, "credit"),
                       credit, error);
}

static bool do_credit_note_cancelled(Play *play, const Node *event, StageAnswer *ret_answer,
                                     GError **error)
{
    (void)ret_answer;
    return tell_object(play, EVENT_CREDIT_UPDATED, account_of(event), node_text(event, "credit"),
                       json_pack("{s:b}", "cancelled", 1), error);
}

/* A declined attempt changes no date; a successful one is a payment of what is open. */
static bool do_autopay_attempt(Play *play, const Node *event, StageAnswer *ret_answer,
                               GError **error)
{
    const char *outcome = node_text(event, "outcome");
    if (!tell(play, EVENT_PAYMENT_ATTEMPTED, STAGE_LEDGER, account_of(event),
              json_pack("{s:s, s:s*}", "outcome", outcome, "code", node_text(event, "code")),
              ret_answer, error))
        return false;
    const AccountState *state = stage_state(play->stage, account_of(event));
    if (strcmp(outcome, "paid") != 0 || state == NULL)
        return true;
    AccountView view;
    account_view(state, play->book, stage_now(play->stage), play->arena, &view);
    for (size_t i = 0; i < view.n_currencies; i++) {
        if (view.currencies[i].balance <= 0)
            continue;
        g_autofree char *id = g_strdup_printf("autopay-%u", play->events);
        json_t *payment = json_pack(
            "{s:s, s:I, s:s, s:s}", "currency", view.currencies[i].currency.code, "amount",
            (json_int_t)view.currencies[i].balance, "state", "settled", "method", "autopay");
        if (!tell_object(play, EVENT_PAYMENT_UPDATED, account_of(event), id, payment, error))
            return false;
    }
    return true;
}

static json_t *new_payment(const Play *play, const Node *event, const char *state)
{
    json_t *payment = json_pack("{s:s}", "state", state);
    const Node *amount = node_get(event, "amount_cents");
    if (amount != NULL) {
        json_object_set_new(payment, "amount", json_integer(node_int(event, "amount_cents", 0)));
        set_text(payment, "currency", play_currency(play, event));
    }
    static const char *const members[][2] = {{"invoice", "invoice"},
                                             {"plan", "plan"},
                                             {"method", "method"},
                                             {"source", "origin"},
                                             {"effective_on", "effective_on"},
                                             {"code", "code"}};
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        set_text(payment, members[i][1], node_text(event, members[i][0]));
    return payment;
}

static bool do_payment(Play *play, const Node *event, StageAnswer *ret_answer, GError **error)
{
    (void)ret_answer;
    const char *state = node_text(event, "do") + strlen("payment_");
    json_t *payment = new_payment(play, event, state);
    if (strcmp(state, "pending") == 0)
        json_object_set_new(payment, "initiated_on", today_of(play, account_of(event)));
    return tell_object(play, EVENT_PAYMENT_UPDATED, account_of(event), node_text(event, "payment"),
                       payment, error);
}

static bool do_dispute_opened(Play *play, const Node *event, StageAnswer *ret_answer,
                              GError **error)
{
    (void)ret_answer;
    const char *invoice = node_text(event, "invoice");
    json_t *dispute = json_pack("{s:s, s:I, s:s, s:o}", "invoice", invoice, "amount",
                                (json_int_t)node_int(event, "amount_cents", 0), "outcome", "open",
                                "opened_on", today_of(play, account_of(event)));
    return tell_object(play, EVENT_DISPUTE_UPDATED, account_of(event), invoice, dispute, error);
}

static bool do_dispute_closed(Play *play, const Node *event, StageAnswer *ret_answer,
                              GError **error)
{
    (void)ret_answer;
    json_t *closed = json_pack("{s:s, s:o}", "outcome", node_text(event, "outcome"), "closed_on",
                               today_of(play, account_of(event)));
    return tell_object(play, EVENT_DISPUTE_UPDATED, account_of(event), node_text(event, "invoice"),
                       closed, error);
}

static bool do_webhook(Play *play, const Node *event, StageAnswer *ret_answer, GError **error)
{
    const char *type = node_text(event, "type"), *account = account_of(event);
    if (account == NULL)
        account = node_text(play->accounts[0], "id");
    const char *invoice = node_text(event, "invoice") != NULL ? node_text(event, "invoice")
                                                              : node_text(event, "source_invoice");
    if (invoice == NULL) {
        g_set_error(error, PLAY_ERROR, 1, "the webhook names no invoice");
        return false;
    }
    g_autoptr(json_t) data = json_pack("{s:s, s:I}", "id", invoice, "version",
                                       (json_int_t)node_int(event, "object_version", 0));
    if (strcmp(type, "invoice.created") == 0) {
        json_t *created = new_invoice(play, event, NULL);
        json_object_update(data, created);
        json_decref(created);
    } else if (strcmp(type, "invoice.voided") == 0) {
        json_object_set_new(data, "status", json_string("void"));
    } else if (strcmp(type, "invoice.paid") == 0) {
        json_object_set_new(data, "ledger_open", json_integer(0));
    }
    return stage_submit(play->stage, node_text(event, "provider"), node_text(event, "event_id"),
                        event_types[EVENT_INVOICE_UPDATED].name, account, data, ret_answer, error);
}

/* ---- verbs of people ---------------------------------------------------------------------- */

/* Fields that go into the command as they are: {key of the case, member of the payload}. */
typedef struct {
    const char *verb;
    EventKind kind;
    const char *members; /* "key=member key", blank separated */
} Command;

static const Command commands[] = {
    {"grace_set", EVENT_GRACE_REQUESTED, "extended_to by"},
    {"tenant_status", EVENT_ACCOUNT_STATUS_CHANGED, "status until moved_out_on by"},
    {"flag_manual", EVENT_ACCOUNT_FLAGGED, "by reason"},
    {"change_step", EVENT_STEP_CHANGE_REQUESTED, "step by"},
    {"assign", EVENT_ACCOUNT_ASSIGNED, "to by"},
    {"confirm_suspension", EVENT_SUSPENSION_CONFIRMED, "by"},
    {"evaluate_now", EVENT_EVALUATE_REQUESTED, ""},
    {"hold_set", EVENT_HOLD_SET, "kind by petition_on from until invoice blocks crisis"},
    {"hold_moved", EVENT_HOLD_MOVED, "kind by id from until"},
    {"invoice_excluded", EVENT_INVOICE_EXCLUDED, "invoice excluded by"},
    {"hold_ended", EVENT_HOLD_ENDED, "kind by"},
    {"promise_made", EVENT_PROMISE_MADE, "promise=id amount_cents=amount promised_on"},
    {"plan_created", EVENT_PLAN_CREATED, "plan=id invoices instalments first_on"},
    {"outreach_done", EVENT_OUTREACH_DONE, "by"},
    {"collections_closed", EVENT_COLLECTIONS_CLOSED, "outcome"},
    {"approve", EVENT_APPROVAL_DECIDED, "what by requested_by refused"},
    {"policy_migrate", EVENT_POLICY_MIGRATED, "to_version"},
    {"call", EVENT_CALL_COMPLETED, "outcome prior_consent_on"},
    {"reply", EVENT_MESSAGE_REPLIED, "channel from=address text"},
    {"reply_decided", EVENT_REPLY_DECIDED, "reply class by reason invoice"},
    {"approval_requested", EVENT_APPROVAL_REQUESTED, "what by evidence"},
    {"approval_withdrawn", EVENT_APPROVAL_WITHDRAWN, "what by"},
    /* facts of the law; a case's dispute is called by its invoice */
    {"law_facts", EVENT_ACCOUNT_UPDATED, ""},
    {"invoice_facts", EVENT_INVOICE_UPDATED, "invoice=id"},
    {"dispute_facts", EVENT_DISPUTE_UPDATED, "invoice=id"},
    {"contact_facts", EVENT_CONTACT_UPDATED, "channel address"},
};

static json_t *member_value(const Node *value)
{
    if (value->kind != NODE_LIST) {
        if (value->plain && (strcmp(value->text, "true") == 0 || strcmp(value->text, "false") == 0))
            return json_boolean(strcmp(value->text, "true") == 0);
        bool number = value->plain && g_ascii_string_to_signed(value->text, 10, G_MININT64 + 1,
                                                               G_MAXINT64, NULL, NULL);
        return number ? json_integer(g_ascii_strtoll(value->text, NULL, 10))
                      : json_string(value->text);
    }
    g_autoptr(GString) words = g_string_new(NULL);
    for (const Node *item = value->first; item != NULL; item = item->next)
        g_string_append_printf(words, "%s%s", words->len > 0 ? "," : "", item->text);
    return json_string(words->str);
}

static json_t *command_data(const Play *play, const Command *command, const Node *event)
{
    json_t *data = json_object();
    g_auto(GStrv) members = g_strsplit(command->members, " ", -1);
    for (size_t i = 0; members[i] != NULL; i++) {
        char *equals = strchr(members[i], '=');
        const char *member = equals != NULL ? equals + 1 : members[i];
        if (equals != NULL)
            *equals = '\0';
        const Node *value = node_get(event, members[i]);
        if (value != NULL && node_is_null(value) && command->kind == EVENT_HOLD_MOVED)
            json_object_set_new(data, member, json_null());
        else if (value != NULL && !node_is_null(value))
            json_object_set_new(data, member, member_value(value));
        else if (strcmp(member, "by") == 0)
            json_object_set_new(data, member, json_string("operator"));
    }
    world_put_law(data, node_get(event, "law"));
    if (command->kind == EVENT_PROMISE_MADE)
        set_text(data, "currency", play_currency(play, event));
    return data;
}

static bool do_command(Play *play, const Command *command, const Node *event,
                       StageAnswer *ret_answer, GError **error)
{
    const Node *accounts = node_get(event, "accounts");
    const char *by = node_text(event, "by");
    g_autofree char *source = g_strconcat("person:", by != NULL ? by : "operator", NULL);
    if (accounts == NULL)
        return tell(play, command->kind, source, account_of(event),
                    command_data(play, command, event), ret_answer, error);
    for (const Node *item = accounts->first; item != NULL; item = item->next)
        if (!tell(play, command->kind, source, item->text, command_data(play, command, event),
                  ret_answer, error))
            return false;
    return true;
}

static bool do_facts_changed(Play *play, const Node *event, StageAnswer *ret_answer, GError **error)
{
    Node *account = graft_map(play->arena, event->place);
    graft_put(play->arena, account, "facts", node_get(event, "facts"));
    graft_put_text(play->arena, account, "id", account_of(event));
    Date today = play_date(play, account_of(event), stage_now(play->stage));
    return tell(play, EVENT_ACCOUNT_UPDATED, "crm", account_of(event),
                world_account(play->c, account, today), ret_answer, error);
}

/* null: it has no parent any more. */
static bool do_account_changed(Play *play, const Node *event, StageAnswer *ret_answer,
                               GError **error)
{
    json_t *data = json_object();
    const Node *parent = node_get(event, "parent");
    if (parent != NULL)
        json_object_set_new(data, "parent",
                            node_is_null(parent) ? json_null() : json_string(parent->text));
    if (node_get(event, "collect_with_parent") != NULL)
        json_object_set_new(data, "collect_with_parent",
                            json_boolean(node_bool(event, "collect_with_parent", false)));
    set_text(data, "name", node_text(event, "name"));
    set_text(data, "zone", node_text(event, "tz"));
    return tell(play, EVENT_ACCOUNT_UPDATED, STAGE_LEDGER, account_of(event), data, ret_answer,
                error);
}

/* A provider's report on the latest delivery over a channel. */
static bool do_delivery(Play *play, const Node *event, StageAnswer *ret_answer, GError **error)
{
    const char *outcome = node_text(event, "outcome");
    const Handover *handover =
        chronicle_answer(&play->chronicle, stage_now(play->stage), account_of(event),
                         node_text(event, "channel"), outcome);
    if (handover == NULL) {
        g_set_error(error, PLAY_ERROR, 1, "nothing was handed over to %s by %s yet",
                    account_of(event), node_text(event, "channel"));
        return false;
    }
    bool accepted = strcmp(outcome, "accepted") == 0;
    json_t *data = json_pack("{s:s, s:s, s:s}", "notice", handover->notice_key, "act",
                             handover->act, "channel", handover->channel);
    set_text(data, "address", handover->address);
    if (!accepted)
        set_text(data, "outcome", outcome);
    return tell(play, accepted ? EVENT_MESSAGE_ACCEPTED : EVENT_MESSAGE_FAILED, "provider",
                account_of(event), data, ret_answer, error);
}

/* ---- verbs of the installation ------------------------------------------------------------ */

static bool reload(Play *play, GError **error)
{
    g_autoptr(Diags) diags = diags_new();
    const Configuration *configuration =
        world_configuration(play->c, play->settings, play->published, play->rules, play->templates,
                            play->book->epoch + 1, play->arena, diags);
    if (configuration == NULL) {
        g_set_error(error, PLAY_ERROR, 1, "%s",
                    diags_length(diags) > 0 ? diags_get(diags, 0)->message
                                            : "the configuration is refused");
        return false;
    }
    play->book = &configuration->book;
    return stage_reload(play->stage, configuration, error);
}

static bool do_settings_changed(Play *play, const Node *event, StageAnswer *ret_answer,
                                GError **error)
{
    (void)ret_answer;
    play->settings = graft_overlay(play->arena, play->settings, node_get(event, "settings"));
    return reload(play, error);
}

/* Accounts that stand in a step which the new version drops. */
static bool occupied(const Play *play, const Policy *old, const char *const *steps,
                     json_t *ret_steps)
{
    for (; *steps != NULL; steps++) {
        bool found = false;
        for (size_t i = 0; play->accounts[i] != NULL && !found; i++) {
            const AccountState *state =
                stage_state(play->stage, node_text(play->accounts[i], "id"));
            if (state == NULL)
                continue;
            STATE_FOREACH (state, KIND_CYCLE, const Cycle, cycle)
                found = found || (g_strcmp0(cycle->policy, old->name) == 0 &&
                                  g_strcmp0(cycle->step, *steps) == 0);
        }
        if (found)
            json_array_append_new(ret_steps, json_string(*steps));
    }
    return json_array_size(ret_steps) > 0;
}

static bool has_version(const Play *play, const Policy *policy)
{
    for (guint i = 0; i < play->published->len; i++)
        if (strcmp(((const PolicyVersion *)play->published->pdata[i])->source_json,
                   policy->source_json) == 0)
            return true;
    return false;
}

static void keep_version(Play *play, const Policy *policy)
{
    PolicyVersion *version = arena_new0(play->arena, PolicyVersion, 1);
    *version = (PolicyVersion){policy->name, policy->version, policy->source_json};
    g_ptr_array_add(play->published, version);
}

static bool do_policy_published(Play *play, const Node *event, StageAnswer *ret_answer,
                                GError **error)
{
    g_autoptr(Diags) diags = diags_new();
    const Policy *old = rulebook_policy(play->book, node_text(event, "policy"), NULL);
    Policy newer;
    const Node *source =
        old != NULL ? policy_changed(old, node_get(event, "changes"), play->arena, diags) : NULL;
    if (source == NULL || !policy_load(old->name, source, play->book, node_int(event, "version", 0),
                                       play->arena, diags, &newer)) {
        g_set_error(error, PLAY_ERROR, 1, "%s",
                    diags_length(diags) > 0 ? diags_get(diags, 0)->message : "no such policy");
        return false;
    }
    g_autoptr(json_t) steps = json_array();
    if (occupied(play, old, policy_unmapped_steps(old, &newer, play->arena), steps)) {
        g_autoptr(json_t) detail = json_pack("{s:O}", "steps", steps);
        g_autofree char *text = json_canonical(detail);
        *ret_answer = (StageAnswer){.code = "occupied_step_without_mapping",
                                    .detail = arena_strdup(play->arena, text)};
        return true;
    }
    if (!has_version(play, old))
        keep_version(play, old);
    keep_version(play, &newer);
    return reload(play, error);
}

static bool do_platform_behaviour(Play *play, const Node *event, StageAnswer *ret_answer,
                                  GError **error)
{
    (void)ret_answer;
    (void)error;
    platforms_behave(&play->platforms, node_text(event, "platform"), node_get(event, "script"));
    return true;
}

static bool do_hub_down(Play *play, const Node *event, StageAnswer *ret_answer, GError **error)
{
    (void)event;
    (void)ret_answer;
    (void)error;
    Instant span[2] = {stage_now(play->stage), INSTANT_NEVER};
    g_array_append_vals(play->downs, span, 2);
    stage_down(play->stage);
    return true;
}

static Instant trusted_by(const Play *play, const Node *event, Instant absent)
{
    const char *source = node_text(event, "trusted_source");
    return source != NULL ? case_instant(source, play->zone) : absent;
}

/* What arrived meanwhile was kept by its sources and is told now. */
static bool do_hub_up(Play *play, const Node *event, StageAnswer *ret_answer, GError **error)
{
    (void)ret_answer;
    if (play->downs->len > 0)
        g_array_index(play->downs, Instant, play->downs->len - 1) = stage_now(play->stage);
    if (!stage_up(play->stage, trusted_by(play, event, INSTANT_NEVER), error))
        return false;
    g_autoptr(GPtrArray) waiting = g_steal_pointer(&play->waiting);
    play->waiting = g_ptr_array_new();
    for (guint i = 0; i < waiting->len; i++)
        play_event(play, waiting->pdata[i]);
    return true;
}

static bool do_clock_set(Play *play, const Node *event, StageAnswer *ret_answer, GError **error)
{
    (void)ret_answer;
    Instant to = case_instant(node_text(event, "to"), play->zone);
    return stage_clock(play->stage, to, trusted_by(play, event, INSTANT_NONE), error);
}

/* ---- dispatch ----------------------------------------------------------------------------- */

/* The hub's words for what a command made, in those of the case files. */
static void use_words_of_cases(json_t *value)
{
    static const char *const words[][2] = {{"due_on", "day"}, {"amount", "amount_cents"}};
    for (size_t i = 0; i < json_array_size(value); i++)
        use_words_of_cases(json_array_get(value, i));
    for (void *at = json_object_iter(value); at != NULL; at = json_object_iter_next(value, at))
        use_words_of_cases(json_object_iter_value(at));
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        json_t *own = json_object_get(value, words[i][0]);
        if (own == NULL)
            continue;
        json_object_set(value, words[i][1], own);
        json_object_del(value, words[i][0]);
    }
}

static const struct {
    const char *verb;
    bool (*run)(Play *play, const Node *event, StageAnswer *ret_answer, GError **error);
    bool outside; /* happens whether the hub is up or not */
} verbs_of_cases[] = {
    {"invoice_issued", do_invoice_issued, false},
    {"ledger_import", do_ledger_import, false},
    {"invoice_voided", do_invoice_voided, false},
    {"invoice_status", do_invoice_status, false},
    {"source_changed_silently", do_source_changed_silently, true},
    {"credit_note", do_credit_note, false},
    {"credit_note_cancelled", do_credit_note_cancelled, false},
    {"autopay_attempt", do_autopay_attempt, false},
    {"payment_pending", do_payment, false},
    {"payment_settled", do_payment, false},
    {"payment_failed", do_payment, false},
    {"payment_reversed", do_payment, false},
    {"dispute_opened", do_dispute_opened, false},
    {"dispute_closed", do_dispute_closed, false},
    {"webhook", do_webhook, false},
    {"facts_changed", do_facts_changed, false},
    {"account_changed", do_account_changed, false},
    {"account_zone_changed", do_account_changed, false},
    {"delivery", do_delivery, false},
    {"settings_changed", do_settings_changed, false},
    {"policy_published", do_policy_published, false},
    {"platform_behaviour", do_platform_behaviour, true},
    {"hub_down", do_hub_down, true},
    {"hub_up", do_hub_up, true},
    {"clock_set", do_clock_set, true},
};

static const Command *find_command(const char *verb)
{
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        if (strcmp(commands[i].verb, verb) == 0)
            return &commands[i];
    return NULL;
}

/* False and *error: it could not be carried out. */
static bool run_verb(Play *play, const char *verb, const Node *event, Outcome *outcome,
                     GError **error)
{
    if (g_str_has_prefix(verb, "query_")) {
        outcome->result = query_answer(play, event, error);
        return outcome->result != NULL;
    }
    const Command *command = find_command(verb);
    if (command != NULL)
        return do_command(play, command, event, &outcome->answer, error);
    for (size_t i = 0; i < G_N_ELEMENTS(verbs_of_cases); i++)
        if (strcmp(verbs_of_cases[i].verb, verb) == 0)
            return verbs_of_cases[i].run(play, event, &outcome->answer, error);
    g_set_error(error, PLAY_ERROR, 1, "not built yet: %s", verb);
    return false;
}

static bool happens_outside(const char *verb)
{
    for (size_t i = 0; i < G_N_ELEMENTS(verbs_of_cases); i++)
        if (strcmp(verbs_of_cases[i].verb, verb) == 0)
            return verbs_of_cases[i].outside;
    return g_str_has_prefix(verb, "query_");
}

void play_event(Play *play, const Node *event)
{
    const char *verb = node_text(event, "do");
    if (!stage_is_up(play->stage) && !happens_outside(verb)) {
        g_ptr_array_add(play->waiting, (gpointer)event);
        return;
    }
    chronicle_line(&play->chronicle, stage_now(play->stage), "%s  ** %s",
                   account_of(event) != NULL ? account_of(event) : "-", verb);
    Outcome outcome = {.event = event};
    g_autoptr(GError) error = NULL;
    if (!run_verb(play, verb, event, &outcome, &error))
        outcome.failure = arena_strdup(play->arena, error->message);
    if (outcome.answer.result != NULL && outcome.result == NULL) {
        outcome.result =
            json_parse(outcome.answer.result, strlen(outcome.answer.result), 1 << 20, NULL);
        use_words_of_cases(outcome.result);
    }
    if (outcome.answer.code != NULL)
        chronicle_line(&play->chronicle, stage_now(play->stage), "   rejected: %s %s",
                       outcome.answer.code,
                       outcome.answer.detail != NULL ? outcome.answer.detail : "");
    g_array_append_val(play->outcomes, outcome);
}

/* ---- opening and closing ------------------------------------------------------------------ */

static void clear_outcome(gpointer data)
{
    json_t *result = ((Outcome *)data)->result;
    if (result != NULL)
        json_decref(result);
}

/* Paid invoices of the past that `invoices_before` speaks of. */
static bool tell_history(Play *play, const Node *account, Date today, GError **error)
{
    int64_t n = node_int(account, "invoices_before", 0);
    for (int64_t i = 1; i <= n; i++) {
        g_autofree char *id = g_strdup_printf("before-%" G_GINT64_FORMAT, i);
        g_autofree char *payment = g_strdup_printf("paid-%" G_GINT64_FORMAT, i);
        g_autoptr(json_t) issued = json_date(today - (Date)(i * 30 + 30));
        const char *currency = node_text(play->c->given, "currency");
        if (!tell_object(play, EVENT_INVOICE_UPDATED, node_text(account, "id"), id,
                         json_pack("{s:s, s:i, s:s, s:s, s:O}", "currency", currency, "amount",
                                   1000, "kind", "charge", "status", "open", "issued_on", issued),
                         error) ||
            !tell_object(play, EVENT_PAYMENT_UPDATED, node_text(account, "id"), payment,
                         json_pack("{s:s, s:i, s:s, s:s, s:O}", "currency", currency, "amount",
                                   1000, "state", "settled", "invoice", id, "effective_on", issued),
                         error))
            return false;
    }
    return true;
}

static bool tell_accounts(Play *play, GError **error)
{
    Date today = zone_date(play->zone, play->started);
    for (size_t i = 0; play->accounts[i] != NULL; i++) {
        const Node *account = play->accounts[i];
        const char *id = node_text(account, "id");
        if (!tell(play, EVENT_ACCOUNT_UPDATED, STAGE_LEDGER, id,
                  world_account(play->c, account, today), NULL, error))
            return false;
        const Node *points = node_get(account, "contact_points");
        size_t position = 0;
        for (const Node *point = points != NULL ? points->first : NULL; point != NULL;
             point = point->next)
            if (!tell(play, EVENT_CONTACT_UPDATED, STAGE_LEDGER, id,
                      world_contact(point, position++), NULL, error))
                return false;
        if (!tell_history(play, account, today, error))
            return false;
    }
    return true;
}

bool play_open(Play *ret_play, const Case *c, const Templates *templates, const Node *rules,
               Arena *arena, bool verbose, Diags *diags, GError **error)
{
    const Node *first = c->events->first;
    const Zone *zone = case_zone(c);
    Instant at = first != NULL ? case_instant(node_text(first, "at"), zone) : 0;
    *ret_play = (Play){
        .c = c,
        .arena = arena,
        .zone = zone,
        .settings = node_get(c->given, "settings"),
        .published = g_ptr_array_new(),
        .accounts = case_accounts(c, arena),
        .objects = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, drop_json),
        .silent = json_array(),
        .templates = templates,
        .rules = rules,
        .waiting = g_ptr_array_new(),
        .outcomes = g_array_new(FALSE, TRUE, sizeof(Outcome)),
        .downs = g_array_new(FALSE, TRUE, sizeof(Instant)),
        .started = zone_instant(zone, zone_date(zone, at), 0),
    };
    g_array_set_clear_func(ret_play->outcomes, clear_outcome);
    chronicle_init(&ret_play->chronicle, arena, zone, verbose);
    platforms_init(&ret_play->platforms, c, arena, &ret_play->chronicle);
    const Configuration *configuration = world_configuration(
        c, ret_play->settings, ret_play->published, rules, templates, 1, arena, diags);
    if (configuration == NULL)
        return false;
    ret_play->book = &configuration->book;
    StageSetup setup = {configuration,        ret_play->started, &ret_play->platforms,
                        &ret_play->chronicle, silent_changes,    ret_play};
    ret_play->stage = stage_new(&setup, arena, error);
    return ret_play->stage != NULL && tell_accounts(ret_play, error);
}

void play_close(Play *play)
{
    g_clear_pointer(&play->stage, stage_free);
    platforms_done(&play->platforms);
    chronicle_done(&play->chronicle);
    g_ptr_array_unref(play->published);
    g_ptr_array_unref(play->waiting);
    g_array_free(play->outcomes, TRUE);
    g_array_free(play->downs, TRUE);
    g_hash_table_unref(play->objects);
    json_decref(play->silent);
}
