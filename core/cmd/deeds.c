/* Acts of people as commands: those that the table of core/hub/deeds.c describes whole are run from it; each is checked field
 * by field, given to the hub, journalled and audited. */
#include "cmd/deeds.h"

#include <glib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/desk.h"
#include "config/amount.h"
#include "hub/deeds.h"

enum { OPTIONS_MOST = 20 };

/* ---- words into members -------------------------------------------------------------------- */

static int wrong(const CommandLine *line, const char *what, const char *why)
{
    return command_fail(line_command(line)->name, EXIT_USAGE, "%s: %s", what, why);
}

static int put_choice(const CommandLine *line, const Field *field, const char *what,
                      const char *text, json_t *data)
{
    if (g_strv_contains(field->choices, text)) {
        json_object_set_new(data, field->name, json_string(text));
        return EXIT_GOOD;
    }
    const char *near = diag_nearest(text, field->choices);
    g_autofree char *all = g_strjoinv(", ", (char **)field->choices);
    g_autofree char *why = near != NULL
                               ? g_strdup_printf("there is no '%s', did you mean '%s'?", text, near)
                               : g_strdup_printf("there is no '%s'; one of %s", text, all);
    return wrong(line, what, why);
}

static int put_amount(const CommandLine *line, const Field *field, const char *what,
                      const char *text, json_t *data)
{
    Money money;
    g_autoptr(GError) error = NULL;
    if (!amount_parse(text, &money, &error))
        return wrong(line, what, error->message);
    json_object_set_new(data, field->name, json_integer(money.minor));
    json_object_set_new(data, "currency", json_string(money.currency.code));
    return EXIT_GOOD;
}

static int put_integer(const CommandLine *line, const Field *field, const char *what,
                       const char *text, json_t *data)
{
    gint64 number;
    g_autoptr(GError) error = NULL;
    if (!g_ascii_string_to_signed(text, 10, 0, G_MAXINT32, &number, &error))
        return wrong(line, what, "takes a whole number");
    json_object_set_new(data, field->name, json_integer(number));
    return EXIT_GOOD;
}

static int put(const CommandLine *line, const Field *field, const char *what, const char *text,
               json_t *data)
{
    g_autoptr(GError) error = NULL;
    Date date;
    switch (field->type) {
    case FIELD_CHOICE:
        return put_choice(line, field, what, text, data);
    case FIELD_AMOUNT:
        return put_amount(line, field, what, text, data);
    case FIELD_INT:
        return put_integer(line, field, what, text, data);
    case FIELD_DATE:
        if (!date_parse(text, &date, &error))
            return wrong(line, what, error->message);
        break;
    default:
        break;
    }
    json_object_set_new(data, field->name, json_string(text));
    return EXIT_GOOD;
}

/* "AMOUNT" of "ACCOUNT AMOUNT DATE": the word for the n-th argument after the account. */
static char *usage_word(const Deed *deed, size_t n)
{
    g_auto(GStrv) words = g_strsplit(deed->usage, " ", -1);
    return g_strdup(n + 1 < g_strv_length(words) ? words[n + 1] : "");
}

static int read_members(const CommandLine *line, const Deed *deed, json_t *data)
{
    int code = EXIT_GOOD;
    for (size_t i = 0; code == EXIT_GOOD && deed->arguments[i] != NULL; i++) {
        g_autofree char *word = usage_word(deed, i);
        const char *text = line_argument(line, i + 1);
        if (text != NULL)
            code = put(line, deed_field(deed, deed->arguments[i]), word, text, data);
    }
    for (size_t i = 0; code == EXIT_GOOD && deed->options[i] != NULL; i++) {
        g_autofree char *option = g_strdelimit(g_strdup(deed->options[i]), "_", '-');
        g_autofree char *what = g_strconcat("--", option, NULL);
        const char *text = line_option(line, option);
        const Field *field = deed_field(deed, deed->options[i]);
        if (text != NULL)
            code = put(line, field, what, text, data);
        else if (field->flags & FIELD_REQUIRED)
            code = command_fail(line_command(line)->name, EXIT_USAGE, "%s is needed: %s", what,
                                field->doc);
    }
    return code;
}

static int run_deed(const CommandLine *line)
{
    const Deed *deed = deed_by_name(line_command(line)->name);
    const EventType *type = &event_types[deed->events[0]];
    g_autoptr(json_t) data = json_object();
    int code = read_members(line, deed, data);
    if (code != EXIT_GOOD)
        return code;
    g_autofree char *by = desk_person(line);
    if (type->payload != NULL)
        json_object_set_new(data, "by", json_string(by));
    json_t *request =
        json_pack("{s:s, s:s, s:s, s:s, s:O*}", "command", "submit", "by", by, "type", type->name,
                  "account", line_argument(line, 0), "data", type->payload != NULL ? data : NULL);
    g_autofree char *done =
        g_strdup_printf("%s: %s is recorded", line_argument(line, 0), deed->name);
    return desk_ask_and_tell(line, request, done);
}

/* ---- commands out of the table --------------------------------------------------------------- */

static const char *argument_word(const Field *field)
{
    switch (field->type) {
    case FIELD_DATE:
        return "DATE";
    case FIELD_CHOICE:
        return "WORD";
    case FIELD_INT:
        return "NUMBER";
    case FIELD_TEXT:
        return "TEXT";
    default:
        return "NAME";
    }
}

/* Lives as long as the program. */
static const CommandOption *options_of(const Deed *deed)
{
    static const CommandOption common[] = {
        CONF_OPTIONS,
        {"by", "PERSON", "Who does it; default your user name. Stands in the audit."},
        {"json", NULL, "Print JSON: one object a line."}};
    CommandOption *options = g_new0(CommandOption, OPTIONS_MOST + 1);
    size_t n = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(common); i++)
        options[n++] = common[i];
    for (size_t i = 0; deed->options[i] != NULL && n < OPTIONS_MOST; i++) {
        const Field *field = deed_field(deed, deed->options[i]);
        options[n++] = (CommandOption){g_strdelimit(g_strdup(field->name), "_", '-'),
                                       argument_word(field), field->doc};
    }
    return options;
}

static int arguments_of(const Deed *deed)
{
    int n = 1; /* the account */
    while (deed->arguments[n - 1] != NULL)
        n++;
    return n;
}

static Command command_of(const Deed *deed)
{
    int n = arguments_of(deed);
    return (Command){
        .name = deed->name,
        .arguments = deed->usage,
        .least = n,
        .most = n,
        .summary = deed->summary,
        .about = deed->effect,
        .options = options_of(deed),
        .examples = deed->examples,
        .run = run_deed,
    };
}

static bool is_there(const GArray *commands, const char *name)
{
    for (guint i = 0; i < commands->len; i++)
        if (g_strcmp0(g_array_index(commands, Command, i).name, name) == 0)
            return true;
    return false;
}

const Command *deeds_with_commands(const Command *own)
{
    GArray *commands = g_array_new(TRUE, TRUE, sizeof(Command));
    for (; own->name != NULL; own++)
        g_array_append_val(commands, *own);
    guint at = 0;
    while (at < commands->len &&
           g_strcmp0(g_array_index(commands, Command, at).name, "approve") != 0)
        at++;
    for (size_t i = 0; i < n_deeds; i++) {
        if (is_there(commands, deeds[i].name))
            continue;
        Command command = command_of(&deeds[i]);
        g_array_insert_val(commands, at++, command);
    }
    return (const Command *)(void *)g_array_free(commands, FALSE);
}

/* ---- what help says of an act ------------------------------------------------------------------ */

void deeds_help(const char *name, FILE *out)
{
    const Deed *deed = deed_by_name(name);
    if (deed == NULL)
        return;
    fprintf(out, "\nWho may: %s.\n", deed->who);
    if (deed->second != NULL)
        fprintf(out, "A second person: %s.\n", deed->second);
    fprintf(out, "Recorded as:");
    for (size_t i = 0; i < deed->n_events; i++)
        fprintf(out, "%s %s", i > 0 ? "," : "", event_types[deed->events[i]].name);
    fprintf(out, ".\n");
}
