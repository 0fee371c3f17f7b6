/* dunhub explain ACCOUNT: why it is where it is, what comes next and what would change it; and what of the hub itself stands
 * before it: a switch that waits for a person, an instance that rests, a ledger that was not released. */
#include <glib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/control.h"
#include "cmd/desk.h"
#include "escalation/decide.h"

enum { ANSWER_MS = 2000 };

static void say(json_t *sentences, const char *rule, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void say(json_t *sentences, const char *rule, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    json_array_append_new(sentences, json_pack("{s:s, s:s}", "text", text, "rule", rule));
}

static bool is(const json_t *object, const char *member)
{
    return json_is_true(json_object_get(object, member));
}

/* Whether something of the account still has to go through that instance. */
static bool needs(const AccountState *state, const char *instance)
{
    STATE_FOREACH (state, KIND_ACT, const Act, act)
        if (act->state < ACT_DONE && act->state != ACT_HELD &&
            g_strcmp0(act->instance, instance) == 0)
            return true;
    return false;
}

static void say_instances(json_t *sentences, const AccountState *state, const json_t *hub)
{
    const json_t *rows = json_object_get(hub, "instances");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *name = json_string_value(json_object_get(row, "name"));
        if (is(row, "held") && g_strcmp0(name, state->account.source) == 0)
            say(sentences, "hub: first import",
                "The first import of %s is not released: nothing of this account goes out before "
                "'dunhub approve --source %s'.",
                name, name);
        if (is(row, "paused") && needs(state, name))
            say(sentences, "hub: instance paused",
                "Instance %s rests because its platform refuses the credential: what goes through "
                "it "
                "waits, and goes when the credential is good again.",
                name);
    }
}

static void say_hub(json_t *sentences, const AccountState *state, const json_t *status)
{
    const json_t *hub = json_object_get(status, "hub");
    if (status == NULL) {
        say(sentences, "hub", "No hub runs here: nothing of this happens before 'dunhub run'.");
        return;
    }
    if (is(hub, "observe"))
        say(sentences, "§6.11",
            "The hub only looks on because its clock is in doubt: no message, no move, no action "
            "before 'dunhub approve --clock'.");
    if (is(hub, "fuse_blown"))
        say(sentences, "hub: fuse",
            "The day had unusually many notices: none goes before 'dunhub approve --fuse'.");
    say_instances(sentences, state, hub);
}

/* NULL: no hub runs, or it does not answer now. */
static json_t *ask_status(const Station *station)
{
    g_autoptr(json_t) request = json_pack("{s:s}", "command", "status");
    json_t *status = NULL;
    control_request(station->run_dir, request, ANSWER_MS, NULL, NULL, &status, NULL);
    return status;
}

static void print_sentence(const json_t *sentence, bool as_json)
{
    if (as_json) {
        g_autofree char *text = json_canonical(sentence);
        printf("%s\n", text);
        return;
    }
    const char *on = json_string_value(json_object_get(sentence, "on"));
    const char *rule = json_string_value(json_object_get(sentence, "rule"));
    printf("%s%s%s%s%s%s\n", on != NULL ? on : "", on != NULL ? "  " : "",
           json_string_value(json_object_get(sentence, "text")), rule != NULL ? "  [" : "",
           rule != NULL ? rule : "", rule != NULL ? "]" : "");
}

int cmd_explain(const CommandLine *line)
{
    g_autoptr(Station) station = NULL;
    g_autoptr(Arena) arena = arena_new();
    AccountState state;
    int code = desk_open(line, STATION_READ, &station);
    if (code == EXIT_GOOD)
        code = desk_account(line, station, line_argument(line, 0), arena, &state);
    if (code != EXIT_GOOD)
        return code;
    g_autoptr(json_t) sentences =
        explain_account(&state, &station->configuration->book, desk_now(), arena);
    g_autoptr(json_t) status = ask_status(station);
    say_hub(sentences, &state, status);
    for (size_t i = 0; i < json_array_size(sentences); i++)
        print_sentence(json_array_get(sentences, i), line_flag(line, "json"));
    return EXIT_GOOD;
}
