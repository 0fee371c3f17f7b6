/* dunhub accounts: S2's list (domain.md §4, List columns). */
#include <glib.h>

#include "cmd/cmd.h"
#include "cmd/desk.h"
#include "cmd/table.h"
#include "escalation/decide.h"

enum {
    PAGE = 500,
};

typedef struct {
    const Station *station;
    Table *table; /* NULL: JSON */
    bool delinquent, needs_intervention;
    Instant now;
    size_t shown, n; /* n: of this page */
    char *last;
    GError *error;
} Listing;

static const char *const titles[] = {"account", "name",       "status",   "since",
                                     "step",    "step since", "step due", "new payment",
                                     "owner",   "overdue",    "needs",    NULL};

static json_t *date_json(Date date)
{
    char text[16];
    return date == DATE_NONE ? json_null() : json_string(date_format(date, text));
}

static json_t *text_json(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

static const char *status_word(int status)
{
    static const char *const words[] = {"current", "overdue", "delinquent"};
    return words[status];
}

/* "USD 65.00, EUR 800.00": every currency that is owed. */
static char *overdue_text(const AccountView *view)
{
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < view->n_currencies; i++) {
        const CurrencyView *own = &view->currencies[i];
        if (own->overdue <= 0)
            continue;
        g_autofree char *amount = money_to_text((Money){own->overdue, own->currency});
        g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", amount);
    }
    return g_string_free(text, FALSE);
}

static void print_json(const AccountState *state, const AccountView *view)
{
    g_autoptr(json_t) overdue = json_object();
    for (size_t i = 0; i < view->n_currencies; i++)
        json_object_set_new(overdue, view->currencies[i].currency.code,
                            json_integer(view->currencies[i].overdue));
    g_autoptr(json_t) row = json_pack("{s:s, s:s, s:b, s:O}", "account", state->account.id,
                                      "status", status_word(view->status), "needs_intervention",
                                      view->needs_intervention, "overdue", overdue);
    json_object_set_new(row, "name", text_json(state->account.name));
    json_object_set_new(row, "delinquent_since", date_json(view->delinquent_since));
    json_object_set_new(row, "step", text_json(view->step != NULL ? view->step : view->stage));
    json_object_set_new(row, "step_since", date_json(view->step_since));
    json_object_set_new(row, "step_due", date_json(view->step_due));
    json_object_set_new(row, "new_payment_since", date_json(view->new_payment_since));
    json_object_set_new(row, "assignee", text_json(state->account.assignee));
    json_object_set_new(row, "reasons", text_json(view->reasons));
    g_autofree char *text = json_canonical(row);
    printf("%s\n", text);
}

static void add_row(Table *table, const AccountState *state, const AccountView *view)
{
    char since[16], step_since[16], step_due[16], payment[16];
    g_autofree char *overdue = overdue_text(view);
    const char *cells[] = {
        state->account.id,
        state->account.name,
        status_word(view->status),
        date_format(view->delinquent_since, since),
        view->step != NULL ? view->step : view->stage,
        date_format(view->step_since, step_since),
        date_format(view->step_due, step_due),
        date_format(view->new_payment_since, payment),
        state->account.assignee,
        overdue,
        view->needs_intervention ? view->reasons : NULL,
        NULL,
    };
    table_add(table, cells);
}

static bool visit(const char *account, const ListRow *row, void *data)
{
    (void)row;
    Listing *listing = data;
    g_autoptr(Arena) arena = arena_new();
    g_free(listing->last);
    listing->last = g_strdup(account);
    listing->n++;
    AccountState state;
    bool found;
    if (!store_load_account(listing->station->store, account, arena, &state, &found,
                            &listing->error))
        return false;
    AccountView view;
    account_view(&state, &listing->station->configuration->book, listing->now, arena, &view);
    if ((listing->delinquent && view.status != STATUS_DELINQUENT) ||
        (listing->needs_intervention && !view.needs_intervention))
        return true;
    listing->shown++;
    if (listing->table != NULL)
        add_row(listing->table, &state, &view);
    else
        print_json(&state, &view);
    return true;
}

static bool list_all(Listing *listing)
{
    do {
        listing->n = 0;
        g_autofree char *after = g_steal_pointer(&listing->last);
        if (!store_accounts(listing->station->store, after, PAGE, visit, listing,
                            listing->error == NULL ? &listing->error : NULL))
            return false;
    } while (listing->n == PAGE && listing->error == NULL);
    return listing->error == NULL;
}

/* On a narrow terminal: step since, since, new payment, owner, step due give way. */
static const size_t yielding[] = {5, 3, 7, 8, 6};

int cmd_accounts(const CommandLine *line)
{
    g_autoptr(Station) station = NULL;
    int code = desk_open(line, STATION_READ, &station);
    if (code != EXIT_GOOD)
        return code;
    Listing listing = {
        .station = station,
        .table = line_flag(line, "json") ? NULL : table_new(titles, 1),
        .delinquent = line_flag(line, "delinquent"),
        .needs_intervention = line_flag(line, "needs-intervention"),
        .now = desk_now(),
    };
    if (listing.table != NULL)
        table_yields(listing.table, yielding, G_N_ELEMENTS(yielding));
    if (!list_all(&listing))
        code = command_fail("accounts", EXIT_ENVIRONMENT, "%s",
                            listing.error != NULL ? listing.error->message
                                                  : "the store cannot be read");
    else if (listing.table != NULL && listing.shown > 0)
        table_print(listing.table, stdout);
    else if (listing.table != NULL)
        printf("no account%s\n", listing.delinquent || listing.needs_intervention
                                     ? " like that"
                                     : "; 'dunhub run' reads the ledgers");
    g_clear_pointer(&listing.table, table_free);
    g_free(listing.last);
    g_clear_error(&listing.error);
    return code;
}
