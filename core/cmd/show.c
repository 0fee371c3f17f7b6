/* dunhub show ACCOUNT: one account in full. */
#include <glib.h>

#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/desk.h"
#include "cmd/table.h"
#include "escalation/decide.h"

static void print_line(const char *label, const char *value)
{
    if (value != NULL && value[0] != '\0')
        printf("  %-18s %s\n", label, value);
}

static void print_date(const char *label, Date date)
{
    char text[16];
    print_line(label, date_format(date, text));
}

static void print_money(const char *label, int64_t amount, Currency currency)
{
    g_autofree char *text = money_to_text((Money){amount, currency});
    print_line(label, text);
}

static void print_currency(const CurrencyView *view)
{
    g_autofree char *age =
        g_strdup_printf("%" G_GINT64_FORMAT " days overdue, escalation age %" G_GINT64_FORMAT,
                        view->days_overdue, view->escalation_age);
    printf("%s\n", view->currency.code);
    print_money("overdue", view->overdue, view->currency);
    print_money("balance", view->balance, view->currency);
    if (view->pending > 0)
        print_money("pending", view->pending, view->currency);
    if (view->overdue > 0)
        print_line("age", age);
    print_line("oldest invoice", view->anchor);
    if (view->cycle == NULL)
        return;
    print_line("policy", view->cycle->policy);
    print_line("step", view->cycle->step);
    print_date("step since", view->cycle->step_since);
    print_date("executed on", view->cycle->executed_on);
    print_date("delinquent since", view->cycle->delinquent_since);
    print_line("entered by", view->cycle->entry_reason);
    print_line("left by", view->cycle->exit_reason);
}

/* A ledger calls open what is not withdrawn; a person wants to see what is still owed. */
static const char *status_of(const InvoiceBalance *balance)
{
    static const char *const statuses[] = {"draft", "open", "void", "written off"};
    const Invoice *invoice = balance->invoice;
    if (invoice->status == INVOICE_OPEN && balance->open <= 0)
        return "paid";
    if (invoice->status == INVOICE_OPEN && invoice->excluded)
        return "left out";
    if (invoice->status == INVOICE_OPEN && balance->disputed > 0)
        return "disputed";
    return statuses[invoice->status];
}

static void print_invoices(const AccountView *view)
{
    static const char *const titles[] = {"invoice", "kind", "amount", "open",
                                         "issued",  "due",  "status", NULL};
    static const char *const kinds[] = {"charge", "fee", "interest", "instalment"};
    if (view->n_invoices == 0)
        return;
    Table *table = table_new(titles, 0);
    for (size_t i = 0; i < view->n_invoices; i++) {
        const InvoiceBalance *balance = &view->invoices[i];
        const Invoice *invoice = balance->invoice;
        char issued[16], due[16];
        g_autofree char *amount = money_to_text((Money){invoice->amount, invoice->currency});
        g_autofree char *open = money_to_text((Money){balance->open, invoice->currency});
        const char *cells[] = {invoice->number != NULL ? invoice->number : invoice->id,
                               kinds[invoice->kind],
                               amount,
                               open,
                               date_format(invoice->issued_on, issued),
                               date_format(invoice->due_on, due),
                               status_of(balance),
                               NULL};
        table_add(table, cells);
    }
    printf("\n");
    table_print(table, stdout);
    table_free(table);
}

static void print_holds(const AccountState *state, Date today)
{
    static const char *const titles[] = {"hold",   "kind",  "from",   "until",
                                         "blocks", "scope", "set by", NULL};
    Table *table = table_new(titles, 0);
    size_t n = 0;
    STATE_FOREACH (state, KIND_HOLD, const Hold, hold) {
        char from[16], until[16];
        if (hold->over_on != DATE_NONE || (hold->until != DATE_NONE && hold->until < today))
            continue;
        const char *cells[] = {hold->id,
                               hold_kind_words[hold->kind],
                               date_format(hold->from, from),
                               hold->until != DATE_NONE ? date_format(hold->until, until) : "ended",
                               hold->blocks,
                               hold->invoice ? hold->invoice : hold->contact,
                               hold->author,
                               NULL};
        table_add(table, cells);
        n++;
    }
    if (n > 0) {
        printf("\n");
        table_print(table, stdout);
    }
    table_free(table);
}

/* Values that are not the organisation's, and whose they are. */
static void print_settings(const AccountState *state, const Rulebook *book, Arena *arena)
{
    static const char *const titles[] = {"setting", "value", "by", NULL};
    size_t n = 0;
    const SettingOrigin *rows =
        account_origins(book, &state->account, segment_policy(&state->account, book), arena, &n);
    if (n == 0)
        return;
    Table *table = table_new(titles, 0);
    for (size_t i = 0; i < n; i++) {
        const char *cells[] = {rows[i].setting, rows[i].value, rows[i].origin, NULL};
        table_add(table, cells);
    }
    printf("\n");
    table_print(table, stdout);
    table_free(table);
}

static void print_notices(const AccountState *state)
{
    static const char *const titles[] = {"notice", "planned", "state", "channel",
                                         "amount", "reason",  NULL};
    static const char *const states[] = {"planned", "released", "accepted", "suppressed",
                                         "unreachable"};
    if (STATE_COUNT(state, KIND_NOTICE) == 0)
        return;
    Table *table = table_new(titles, 5);
    STATE_FOREACH (state, KIND_NOTICE, const Notice, notice) {
        char planned[16];
        g_autofree char *amount = notice->amount != AMOUNT_NONE
                                      ? money_to_text((Money){notice->amount, notice->currency})
                                      : NULL;
        const char *cells[] = {notice->name,
                               date_format(notice->planned_on, planned),
                               states[notice->state],
                               notice->channel,
                               amount,
                               notice->reason,
                               NULL};
        table_add(table, cells);
    }
    printf("\n");
    table_print(table, stdout);
    table_free(table);
}

/* The customer's own words: who decides about a reply has to read them. */
static void print_replies(const AccountState *state)
{
    static const char *const titles[] = {"reply", "came",  "channel", "read as",
                                         "rules", "state", "words",   NULL};
    static const char *const states[] = {"settled", "open", "decided"};
    if (STATE_COUNT(state, KIND_REPLY) == 0)
        return;
    g_autoptr(Table) table = table_new(titles, 6);
    STATE_FOREACH (state, KIND_REPLY, const Reply, reply) {
        char came[16];
        const char *cells[] = {reply->id,      date_format(reply->received_on, came),
                               reply->channel, reply_class_words[reply->class_],
                               reply->rules,   states[reply->state],
                               reply->text,    NULL};
        table_add(table, cells);
    }
    printf("\n");
    table_print(table, stdout);
}

static void print_requests(const AccountState *state)
{
    static const char *const titles[] = {"asked for", "by",       "on",       "until",
                                         "state",     "ended by", "evidence", NULL};
    static const char *const states[] = {"open", "approved", "refused", "withdrawn", "expired"};
    if (STATE_COUNT(state, KIND_REQUEST) == 0)
        return;
    g_autoptr(Table) table = table_new(titles, 6);
    STATE_FOREACH (state, KIND_REQUEST, const Request, request) {
        char on[16], until[16];
        const char *cells[] = {request->what,
                               request->by,
                               date_format(request->asked_on, on),
                               date_format(request->expires_on, until),
                               states[request->state],
                               request->ended_by,
                               request->evidence,
                               NULL};
        table_add(table, cells);
    }
    printf("\n");
    table_print(table, stdout);
}

static void print_account(const AccountState *state, const AccountView *view, const Rulebook *book,
                          Arena *arena)
{
    static const char *const statuses[] = {"current", "overdue", "delinquent"};
    const Account *account = &state->account;
    g_autofree char *name = text_one_line(account->name != NULL ? account->name : "", 200);
    printf("%s  %s\n", account->id, name);
    print_line("status", statuses[view->status]);
    print_line("segment", view->segment);
    print_line("policy", view->policy);
    print_line("holds", view->holds);
    print_date("grace until", view->grace_until);
    print_line("assigned to", account->assignee);
    print_line("needs a person", view->needs_intervention ? view->reasons : NULL);
    print_line("waits for", view->awaiting);
    print_line("proposed", view->proposals);
    print_date("step due", view->step_due);
    print_date("new payment since", view->new_payment_since);
    print_line("service", account->service == SERVICE_SUSPENDED ? "suspended" : "active");
    print_line("portal", account->portal == SERVICE_SUSPENDED ? "suspended" : NULL);
    print_line("property", account->property);
    print_line("lease", account->lease);
    print_line("path", account->path);
    for (size_t i = 0; i < view->n_currencies; i++)
        print_currency(&view->currencies[i]);
    print_invoices(view);
    print_settings(state, book, arena);
    print_holds(state, view->today);
    print_notices(state);
    print_replies(state);
    print_requests(state);
}

int cmd_show(const CommandLine *line)
{
    g_autoptr(Station) station = NULL;
    g_autoptr(Arena) arena = arena_new();
    AccountState state;
    int code = desk_open(line, STATION_READ, &station);
    if (code == EXIT_GOOD)
        code = desk_account(line, station, line_argument(line, 0), arena, &state);
    if (code != EXIT_GOOD)
        return code;
    if (line_flag(line, "json")) {
        g_autoptr(json_t) json = state_to_json(&state);
        /* who has it could guess the personal data behind the audit's hashes */
        json_object_del(json_object_get(json, account_type.name), "salt");
        g_autofree char *text = json_canonical(json);
        printf("%s\n", text);
        return EXIT_GOOD;
    }
    AccountView view;
    account_view(&state, &station->configuration->book, desk_now(), arena, &view);
    print_account(&state, &view, &station->configuration->book, arena);
    return EXIT_GOOD;
}
