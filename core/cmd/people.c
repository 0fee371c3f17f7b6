/* move, assign, grace, flag, hold, approve: what people do to an account. Each is one event of the
 * catalogue, given to the running hub, or decided under the store's lock where none runs. */
#include <glib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/desk.h"
#include "model/event.h"

/* Members of the event that are options of the same name ("requested-by" -> requested_by). */
static void take_options(const CommandLine *line, const char *const *names, json_t *data)
{
    for (; *names != NULL; names++) {
        const char *value = line_option(line, *names);
        if (value == NULL)
            continue;
        g_autofree char *member = g_strdelimit(g_strdup(*names), "-", '_');
        json_object_set_new(data, member, json_string(value));
    }
}

static int submit(const CommandLine *line, EventKind kind, const char *account, json_t *data,
                  const char *done)
{
    g_autofree char *by = desk_person(line);
    if (event_types[kind].payload != NULL)
        json_object_set_new(data, "by", json_string(by));
    json_t *request = json_pack("{s:s, s:s, s:s, s:s, s:o}", "command", "submit", "by", by, "type",
                                event_types[kind].name, "account", account, "data", data);
    return desk_ask_and_tell(line, request, done);
}

int cmd_move(const CommandLine *line)
{
    static const char *const options[] = {"reason", "currency", NULL};
    const char *account = line_argument(line, 0), *step = line_argument(line, 1);
    json_t *data = json_pack("{s:s}", "step", step);
    take_options(line, options, data);
    g_autofree char *done = g_strdup_printf("%s moved to %s", account, step);
    return submit(line, EVENT_STEP_CHANGE_REQUESTED, account, data, done);
}

int cmd_assign(const CommandLine *line)
{
    const char *account = line_argument(line, 0), *to = line_argument(line, 1);
    bool none = line_flag(line, "none");
    if (none && to != NULL)
        return command_fail("assign", EXIT_USAGE, "name a person, or say --none, not both");
    json_t *data = json_object();
    if (line_option(line, "item") != NULL)
        json_object_set_new(data, "item", json_string(line_option(line, "item")));
    if (!none)
        json_object_set_new(data, "to", json_string(to != NULL ? to : g_get_user_name()));
    g_autofree char *done = none ? g_strdup_printf("%s is assigned to nobody", account)
                                 : g_strdup_printf("%s is assigned to %s", account,
                                                   to != NULL ? to : g_get_user_name());
    return submit(line, EVENT_ACCOUNT_ASSIGNED, account, data, done);
}

int cmd_grace(const CommandLine *line)
{
    static const char *const options[] = {"reason", "currency", NULL};
    const char *account = line_argument(line, 0), *until = line_argument(line, 1);
    Date date;
    g_autoptr(GError) error = NULL;
    if (!date_parse(until, &date, &error))
        return command_fail("grace", EXIT_USAGE, "%s", error->message);
    json_t *data = json_pack("{s:s}", "extended_to", until);
    take_options(line, options, data);
    g_autofree char *done = g_strdup_printf("%s may become delinquent from %s on", account, until);
    return submit(line, EVENT_GRACE_REQUESTED, account, data, done);
}

int cmd_flag(const CommandLine *line)
{
    static const char *const options[] = {"reason", "currency", NULL};
    const char *account = line_argument(line, 0);
    json_t *data = json_object();
    take_options(line, options, data);
    g_autofree char *done = g_strdup_printf("%s is delinquent by hand", account);
    return submit(line, EVENT_ACCOUNT_FLAGGED, account, data, done);
}

static int known_hold(const char *kind)
{
    if (g_strv_contains(hold_kind_words, kind))
        return EXIT_GOOD;
    const char *near = diag_nearest(kind, hold_kind_words);
    g_autofree char *all = g_strjoinv(", ", (char **)hold_kind_words);
    if (near != NULL)
        return command_fail("hold", EXIT_USAGE, "there is no hold '%s', did you mean '%s'?", kind,
                            near);
    return command_fail("hold", EXIT_USAGE, "there is no hold '%s'; one of %s", kind, all);
}

/* What --blocks names stays for the hub to judge; a day is read here as everywhere else. */
static int known_days(const CommandLine *line)
{
    static const char *const options[] = {"from", "until", "petition-on"};
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        const char *text = line_option(line, options[i]);
        g_autoptr(GError) error = NULL;
        Date date;
        bool ends_open = strcmp(options[i], "until") == 0 && g_strcmp0(text, "ended") == 0;
        if (text != NULL && !ends_open && !date_parse(text, &date, &error))
            return command_fail("hold", EXIT_USAGE, "--%s: %s", options[i], error->message);
    }
    return EXIT_GOOD;
}

static const struct {
    const char *word, *done;
    EventKind kind;
    const char *options[8]; /* members of the event that are options, NULL-ended */
} hold_verbs[] = {
    {"set",
     "set",
     EVENT_HOLD_SET,
     {"invoice", "contact", "from", "until", "petition-on", "reason", "blocks"}},
    {"move", "moved", EVENT_HOLD_MOVED, {"id", "from", "until", "reason"}},
    {"end", "ended", EVENT_HOLD_ENDED, {"invoice", "contact", "reason"}},
};

int cmd_hold(const CommandLine *line)
{
    const char *what = line_argument(line, 0), *account = line_argument(line, 1),
               *kind = line_argument(line, 2);
    size_t verb = 0;
    while (verb < G_N_ELEMENTS(hold_verbs) && strcmp(what, hold_verbs[verb].word) != 0)
        verb++;
    if (verb == G_N_ELEMENTS(hold_verbs))
        return command_fail("hold", EXIT_USAGE,
                            "say 'hold set', 'hold move' or 'hold end', not 'hold %s'", what);
    bool moves = hold_verbs[verb].kind == EVENT_HOLD_MOVED;
    int code = known_hold(kind);
    if (code == EXIT_GOOD)
        code = known_days(line);
    if (code != EXIT_GOOD)
        return code;
    if (moves && line_option(line, "from") == NULL && line_option(line, "until") == NULL)
        return command_fail("hold", EXIT_USAGE, "say what to move: --from, --until or both");
    json_t *data = json_pack("{s:s}", "kind", kind);
    take_options(line, hold_verbs[verb].options, data);
    if (g_strcmp0(line_option(line, "until"), "ended") == 0)
        json_object_set_new(data, "until", json_null());
    g_autofree char *done = g_strdup_printf("%s: hold %s %s", account, kind, hold_verbs[verb].done);
    return submit(line, hold_verbs[verb].kind, account, data, done);
}

int cmd_exclude(const CommandLine *line)
{
    static const char *const options[] = {"reason", NULL};
    const char *account = line_argument(line, 0), *invoice = line_argument(line, 1);
    bool undo = line_flag(line, "undo");
    json_t *data = json_pack("{s:s, s:b}", "invoice", invoice, "excluded", !undo);
    take_options(line, options, data);
    g_autofree char *done = g_strdup_printf("%s: invoice %s %s", account, invoice,
                                            undo ? "counts again" : "is left out of dunning");
    return submit(line, EVENT_INVOICE_EXCLUDED, account, data, done);
}

/* The hub's own switches wait for a person too. */
static int approve_switch(const CommandLine *line)
{
    g_autofree char *by = desk_person(line);
    const char *source = line_option(line, "source");
    if (source != NULL)
        return desk_ask_and_tell(
            line, json_pack("{s:s, s:s, s:s}", "command", "release", "source", source, "by", by),
            "released: what was planned for it goes out");
    if (line_flag(line, "fuse"))
        return desk_ask_and_tell(line, json_pack("{s:s, s:s}", "command", "reset_fuse", "by", by),
                                 "the day's notices go on");
    if (line_flag(line, "clock"))
        return desk_ask_and_tell(line, json_pack("{s:s, s:s}", "command", "clear_clock", "by", by),
                                 "the clock is taken as right");
    return command_fail("approve", EXIT_USAGE,
                        "say what: ACCOUNT and WHAT, or --source, --fuse or --clock");
}

static const char *const approvals[] = {
    "legal", "vip_collections", "vip_legal", "backdated_correction", "erasure", NULL};

/* A condition may ask for an approval of any name: approved("counsel"). */
static bool asked_for(const Rulebook *book, const char *what)
{
    g_autofree char *asks = g_strdup_printf("approved(\\\"%s\\\")", what);
    for (size_t i = 0; i < book->n_policies; i++)
        if (strstr(book->policies[i]->source_json, asks) != NULL)
            return true;
    return false;
}

static int known_approval(const CommandLine *line, const char *what)
{
    g_autoptr(Station) station = NULL;
    if (g_strv_contains(approvals, what))
        return EXIT_GOOD;
    int code = desk_open(line, STATION_CONFIGURATION, &station);
    if (code != EXIT_GOOD || asked_for(&station->configuration->book, what))
        return code;
    const char *near = diag_nearest(what, approvals);
    g_autofree char *all = g_strjoinv(", ", (char **)approvals);
    if (near != NULL)
        return command_fail("approve", EXIT_USAGE,
                            "nothing asks for an approval '%s', did you mean '%s'?", what, near);
    return command_fail("approve", EXIT_USAGE, "nothing asks for an approval '%s'; one of %s", what,
                        all);
}

/* Who asked with 'dunhub request' need not be named again. */
static bool is_requested(const CommandLine *line, const char *account, const char *what)
{
    g_autoptr(Station) station = NULL;
    g_autoptr(Arena) arena = arena_new();
    AccountState state;
    bool found = false;
    if (desk_look(line, &station) != EXIT_GOOD || station->store == NULL ||
        !store_load_account(station->store, account, arena, &state, &found, NULL) || !found)
        return false;
    STATE_FOREACH (&state, KIND_REQUEST, Request, request)
        if (request->state == REQUEST_OPEN && g_strcmp0(request->what, what) == 0)
            return true;
    return false;
}

int cmd_approve(const CommandLine *line)
{
    static const char *const options[] = {"evidence", NULL};
    const char *asker = line_option(line, "requested-by"), *account = line_argument(line, 0),
               *what = line_argument(line, 1);
    if (account == NULL)
        return approve_switch(line);
    if (what == NULL)
        return command_fail(
            "approve", EXIT_USAGE,
            "say what is approved: legal, vip_collections, vip_legal or backdated_correction");
    int code = known_approval(line, what);
    if (code != EXIT_GOOD)
        return code;
    if (strstr(what, "legal") != NULL && asker == NULL && !line_flag(line, "refuse") &&
        !is_requested(line, account, what))
        return command_fail(
            "approve", EXIT_USAGE,
            "say who asked for it with --requested-by: one person asks, another approves");
    json_t *data = json_pack("{s:s, s:b}", "what", what, "refused", line_flag(line, "refuse"));
    take_options(line, options, data);
    if (asker != NULL) {
        g_autofree char *person = desk_person_named(asker);
        json_object_set_new(data, "requested_by", json_string(person));
    }
    g_autofree char *done = g_strdup_printf("%s: %s %s", account, what,
                                            line_flag(line, "refuse") ? "refused" : "approved");
    return submit(line, EVENT_APPROVAL_DECIDED, account, data, done);
}

int cmd_erase(const CommandLine *line)
{
    static const char *const options[] = {"reason", NULL};
    const char *account = line_argument(line, 0);
    if (line_option(line, "reason") == NULL)
        return command_fail(
            "erase", EXIT_USAGE,
            "say why with --reason; it stays for good, so without name and address");
    json_t *data = json_object();
    take_options(line, options, data);
    g_autofree char *done = g_strdup_printf("the personal data of %s is erased", account);
    return submit(line, EVENT_ERASURE_REQUESTED, account, data, done);
}
