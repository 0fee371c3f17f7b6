/* dunhub outbox, dead, retry: what waits to leave, what died, and what a person makes of it. */
#include <glib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/desk.h"
#include "cmd/table.h"

enum {
    ACTS_MAX = 10000,
};

#define STATE(name) (1u << ACT_##name)

typedef struct {
    Table *table; /* NULL: JSON */
    size_t n;
} Listing;

static const char *const state_words[] = {"planned",   "freshness", "ready", "sent", "retry",
                                          "uncertain", "held",      "done",  "dead", "suppressed"};

static bool print_act(const char *account, const Act *act, void *data)
{
    Listing *listing = data;
    listing->n++;
    if (listing->table == NULL) {
        g_autoptr(json_t) json = record_to_json(&act_type, act);
        json_object_set_new(json, "account", json_string(account));
        g_autofree char *text = json_canonical(json);
        printf("%s\n", text);
        return true;
    }
    char at[32];
    Instant due =
        act->state == ACT_RETRY || act->state == ACT_UNCERTAIN ? act->next_at : act->release_at;
    g_autofree char *attempts = g_strdup_printf("%" G_GINT64_FORMAT, act->attempts);
    const char *cells[] = {account,
                           act->verb,
                           act->instance,
                           state_words[act->state],
                           instant_format(due, at),
                           attempts,
                           act->error != NULL ? act->error : act->reason,
                           act->key,
                           NULL};
    table_add(listing->table, cells);
    return true;
}

static int list_acts(const CommandLine *line, unsigned states, const char *nothing)
{
    static const char *const titles[] = {"account", "verb",    "instance", "state", "due",
                                         "tries",   "message", "key",      NULL};
    g_autoptr(Station) station = NULL;
    int code = desk_open(line, STATION_READ, &station);
    if (code == EXIT_GOOD && line_argument(line, 0) != NULL)
        code = desk_known_account(line, station, line_argument(line, 0));
    if (code != EXIT_GOOD)
        return code;
    g_autoptr(GError) error = NULL;
    g_autoptr(Table) table = line_flag(line, "json") ? NULL : table_new(titles, 6);
    static const size_t yielding[] = {5, 2, 1, 4, 0}; /* tries, instance, verb, due, account */
    Listing listing = {.table = table};
    if (table != NULL)
        table_yields(table, yielding, G_N_ELEMENTS(yielding));
    if (!store_acts(station->store, line_argument(line, 0), states, ACTS_MAX, print_act, &listing,
                    &error))
        return command_fail(line_command(line)->name, EXIT_ENVIRONMENT, "%s", error->message);
    if (table != NULL && listing.n > 0)
        table_print(table, stdout);
    else if (table != NULL)
        printf("%s\n", nothing);
    return EXIT_GOOD;
}

int cmd_outbox(const CommandLine *line)
{
    unsigned states = STATE(PLANNED) | STATE(FRESHNESS) | STATE(READY) | STATE(SENT) |
                      STATE(RETRY) | STATE(UNCERTAIN) | STATE(HELD);
    return list_acts(line, states, "nothing waits");
}

int cmd_dead(const CommandLine *line)
{
    return list_acts(line, STATE(DEAD) | STATE(HELD), "nothing died");
}

typedef struct {
    const char *key;
    char *account;
    GPtrArray *keys;
} Search;

static bool find_key(const char *account, const Act *act, void *data)
{
    Search *search = data;
    g_ptr_array_add(search->keys, g_strdup(act->key));
    if (strcmp(act->key, search->key) != 0)
        return true;
    search->account = g_strdup(account);
    return false;
}

/* The account whose act it is; says which key is near if there is none. */
static int find_account(const CommandLine *line, char **ret_account)
{
    g_autoptr(Station) station = NULL;
    int code = desk_open(line, STATION_READ, &station);
    if (code != EXIT_GOOD)
        return code;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
    Search search = {.key = line_argument(line, 0), .keys = keys};
    unsigned states = STATE(PLANNED) | STATE(RETRY) | STATE(UNCERTAIN) | STATE(HELD) | STATE(DEAD);
    if (!store_acts(station->store, NULL, states, ACTS_MAX, find_key, &search, &error))
        return command_fail("retry", EXIT_ENVIRONMENT, "%s", error->message);
    g_ptr_array_add(keys, NULL);
    if (search.account == NULL) {
        const char *near = diag_nearest(search.key, (const char *const *)keys->pdata);
        return command_fail(
            "retry", EXIT_FINDING, "no act that waits or died has the key '%s'%s%s%s", search.key,
            near != NULL ? ", did you mean '" : "; 'dunhub dead' and 'dunhub outbox' list them",
            near != NULL ? near : "", near != NULL ? "'?" : "");
    }
    *ret_account = search.account;
    return EXIT_GOOD;
}

int cmd_retry(const CommandLine *line)
{
    bool close = line_flag(line, "close"), release = line_flag(line, "release");
    if (close && release)
        return command_fail("retry", EXIT_USAGE, "--close and --release exclude each other");
    g_autofree char *account = NULL;
    int code = find_account(line, &account);
    if (code != EXIT_GOOD)
        return code;
    g_autofree char *by = desk_person(line);
    const char *decision = close ? "close" : release ? "release" : "retry";
    json_t *data =
        json_pack("{s:s, s:s, s:s}", "key", line_argument(line, 0), "decision", decision, "by", by);
    if (line_option(line, "reason") != NULL)
        json_object_set_new(data, "reason", json_string(line_option(line, "reason")));
    json_t *request = json_pack("{s:s, s:s, s:s, s:s, s:o}", "command", "submit", "by", by, "type",
                                "act.decided", "account", account, "data", data);
    return desk_ask_and_tell(line, request,
                             close     ? "closed"
                             : release ? "released"
                                       : "goes again with the same key");
}
