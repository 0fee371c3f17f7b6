/* Writes docs/reference from the tables in the code, so that no page can say what the program does
 * not do.
 *
 *   docgen [--plugins FOLDER --host PROGRAM] OUTPUT_FOLDER */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bus/manifest.h"
#include "hub/configuration.h"
#include "hub/deeds.h"
#include "model/event.h"
#include "notice/notice.h"

static const char generated[] = "<!-- Written by `make docs` from the tables in the code. -->\n\n";

typedef struct {
    const char *plugins, *host, *output;
} Options;

/* ---- Markdown ---- */

/* A cell of a table: no line breaks, no bars. */
static void cell(GString *page, const char *text)
{
    g_string_append(page, "| ");
    for (const char *p = text ? text : ""; *p; p++) {
        if (*p == '|')
            g_string_append_c(page, '\\');
        g_string_append_c(page, *p == '\n' ? ' ' : *p);
    }
    g_string_append_c(page, ' ');
}

static void code_cell(GString *page, const char *text)
{
    g_autofree char *code = text && *text ? g_strdup_printf("`%s`", text) : g_strdup("");
    cell(page, code);
}

static void end_row(GString *page)
{
    g_string_append(page, "|\n");
}

static void head(GString *page, const char *const *titles)
{
    g_string_append_c(page, '\n');
    for (size_t i = 0; titles[i]; i++)
        cell(page, titles[i]);
    end_row(page);
    for (size_t i = 0; titles[i]; i++)
        cell(page, "---");
    end_row(page);
}

static GString *page_new(const char *title, const char *text)
{
    GString *page = g_string_new(generated);
    g_string_append_printf(page, "# %s\n\n%s\n", title, text);
    return page;
}

/* ---- configuration.md ---- */

static void key_value(GString *page, const Key *key)
{
    g_autoptr(GString) text =
        g_string_new(key->type == KEY_NODE ? "see meaning" : key_type_name(key->type));
    if (key->type == KEY_CHOICE) {
        g_autofree char *words = g_strjoinv(", ", (char **)key->choices);
        g_string_assign(text, words);
    }
    bool ranged = key->type == KEY_INT && (key->least != 0 || key->most != 0);
    if (ranged && key->most == INT64_MAX)
        g_string_append_printf(text, ", at least %" PRId64, key->least);
    else if (ranged)
        g_string_append_printf(text, ", %" PRId64 " to %" PRId64, key->least, key->most);
    if (key->flags & KEY_SECRET)
        g_string_append(text, ", secret");
    cell(page, text->str);
}

static void section(GString *page, const ConfigSection *part)
{
    static const char *const titles[] = {"key", "value", "default", "meaning", NULL};
    g_string_append_printf(page, "\n## `%s`\n\n%s\n", part->name, part->doc);
    head(page, titles);
    for (size_t i = 0; i < part->n_keys; i++) {
        const Key *key = &part->keys[i];
        code_cell(page, key->name);
        key_value(page, key);
        if (key->flags & KEY_REQUIRED)
            cell(page, "required");
        else
            code_cell(page, key->default_text);
        cell(page, key->doc);
        end_row(page);
    }
}

static GString *configuration_page(const Options *options)
{
    (void)options;
    GString *page =
        page_new("Configuration", "All `*.yaml` files of the configuration folder are read in the "
                                  "order of their names and merged: maps merge by key, a\n"
                                  "value that is given twice is an error. YAML without tags, "
                                  "anchors and aliases; one document in a file.\n"
                                  "`dunhub check` reports everything that is wrong at once.\n\n"
                                  "A name in `<…>` is yours to choose; `[]` marks the entries of a "
                                  "list. Amounts are written `\"15.00 USD\"`; the keys that\n"
                                  "end in `_cents` take the same in minor units.");
    size_t n;
    const ConfigSection *sections = configuration_sections(&n);
    for (size_t i = 0; i < n; i++)
        section(page, &sections[i]);
    return page;
}

/* ---- conditions.md ---- */

static const char *condition_type(ConditionType type)
{
    static const char *const names[] = {
        [TYPE_BOOL] = "true or false", [TYPE_INT] = "whole number", [TYPE_TEXT] = "text",
        [TYPE_MONEY] = "amount",       [TYPE_DATE] = "date",        [TYPE_DAYS] = "days",
        [TYPE_LIST] = "list of texts"};
    return names[type];
}

static GString *conditions_page(const Options *options)
{
    static const char *const titles[] = {"name", "type", "meaning", NULL};
    (void)options;
    GString *page = page_new(
        "Conditions",
        "A condition stands in `when:` of moves, routes and actions: `age >= 8 and overdue > "
        "money(\"10.00 USD\") and segment == \"vip\"`.\n\n"
        "- `and`, `or`, `not`, parentheses; `== != < <= > >=`; `in` looks for a text in a list: "
        "`segment in [\"vip\", \"standard\"]`\n"
        "- whole numbers, `\"texts\"`, `money(\"10.00 USD\")`, `date(\"2026-07-01\")`, `days(5)`, "
        "`true`, `false`\n"
        "- `+` and `-` between numbers, amounts of one currency, days, a date and days, two dates\n"
        "- `approved(\"legal\")`: an approval that is in force\n\n"
        "Like is compared with like: a whole number is no amount and no number of days. Every type "
        "is known when the configuration is\n"
        "loaded. A comparison with something that is not known, or of amounts of two currencies, "
        "is false.\n\n"
        "In YAML put a condition in single quotes, so that its texts can have double ones.");
    head(page, titles);
    for (size_t i = 0; i < n_condition_names; i++) {
        code_cell(page, condition_names[i].name);
        cell(page, condition_type(condition_names[i].type));
        cell(page, condition_names[i].doc);
        end_row(page);
    }
    return page;
}

/* ---- verbs.md ---- */

static GString *verbs_page(const Options *options)
{
    static const char *const titles[] = {"verb",          "effect",  "adverse", "by the hub itself",
                                         "taken back by", "meaning", NULL};
    static const char *const effects[] = {"read", "write", "contact", "legal"};
    (void)options;
    GString *page =
        page_new("Verbs", "An action names what is done, not on which platform. A plugin may offer "
                          "further verbs; they are used like these, with\n"
                          "`via:` naming the instance.\n\n"
                          "*Adverse* acts wait for the step's notice and for a fresh look into the "
                          "ledger. *By the hub itself*: works without an\n"
                          "instance, as an entry of the hub's own lists. *Taken back by*: what is "
                          "done when the account leaves, where the instance offers it.");
    head(page, titles);
    for (size_t i = 0; i < n_verbs; i++) {
        code_cell(page, verbs[i].name);
        cell(page, effects[verbs[i].effect]);
        cell(page, verbs[i].flags & VERB_ADVERSE ? "yes" : "");
        cell(page, verbs[i].flags & VERB_HUB ? "yes" : "");
        code_cell(page, verbs[i].undo);
        cell(page, verbs[i].doc);
        end_row(page);
    }
    return page;
}

/* ---- acts.md ---- */

static void members_cell(GString *page, const char *const *members)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < DEED_MEMBERS_MAX && members[i]; i++)
        g_string_append_printf(text, "%s`%s`", i ? ", " : "", members[i]);
    cell(page, text->str);
}

static void events_cell(GString *page, const Deed *deed)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < deed->n_events; i++)
        g_string_append_printf(text, "%s`%s`", i ? ", " : "", event_types[deed->events[i]].name);
    cell(page, text->str);
}

static GString *acts_page(const Options *options)
{
    static const char *const titles[] = {
        "act", "takes", "besides", "who may", "a second person", "effect", "recorded as", NULL};
    (void)options;
    GString *page = page_new(
        "Acts of people",
        "Everything a person does to an account is one of these acts. `dunhub ACT --help` shows "
        "its "
        "options; events.md has the\ntypes of what it takes. Each is checked, journalled, decided "
        "and audited on one path, in the name of who handed it in.");
    head(page, titles);
    for (size_t i = 0; i < n_deeds; i++) {
        g_autofree char *usage = g_strdup_printf("%s %s", deeds[i].name, deeds[i].usage);
        code_cell(page, usage);
        members_cell(page, deeds[i].arguments);
        members_cell(page, deeds[i].options);
        cell(page, deeds[i].who);
        cell(page, deeds[i].second);
        cell(page, deeds[i].effect);
        events_cell(page, &deeds[i]);
        end_row(page);
    }
    return page;
}

/* ---- events.md ---- */

static const char *field_type(const Field *field)
{
    static const char *const names[] = {
        [FIELD_TEXT] = "text",          [FIELD_NAME] = "name",
        [FIELD_INT] = "whole number",   [FIELD_BOOL] = "true or false",
        [FIELD_DATE] = "date",          [FIELD_INSTANT] = "instant",
        [FIELD_AMOUNT] = "minor units", [FIELD_CURRENCY] = "ISO 4217 code",
        [FIELD_CHOICE] = "choice",      [FIELD_ZONE] = "time zone",
        [FIELD_JSON] = "JSON"};
    return names[field->type];
}

static void field_row(GString *page, const Field *field)
{
    code_cell(page, field->name);
    if (field->type == FIELD_CHOICE) {
        g_autofree char *words = g_strjoinv(", ", (char **)field->choices);
        cell(page, words);
    } else {
        cell(page, field_type(field));
    }
    cell(page, field->flags & (FIELD_REQUIRED | FIELD_KEY) ? "required" : "");
    cell(page, field->doc);
    end_row(page);
}

static void event_part(GString *page, const EventType *type)
{
    static const char *const titles[] = {"member of data", "type", "", "meaning", NULL};
    const char *from = type->is_command     ? "From people: it may be rejected, with the reason."
                       : type->from_outside ? "From plugins."
                                            : "The hub's own.";
    g_string_append_printf(page, "\n## `%s`\n\n%s %s\n", type->name, type->doc, from);
    if (type->payload) {
        head(page, titles);
        for (size_t i = 0; i < type->payload->n_fields; i++)
            if (!(type->payload->fields[i].flags & FIELD_DERIVED))
                field_row(page, &type->payload->fields[i]);
    }
    if (type->example)
        g_string_append_printf(page, "\n```json\n%s\n```\n", type->example);
}

static GString *events_page(const Options *options)
{
    static const char *const titles[] = {"event", "meaning", NULL};
    (void)options;
    GString *page = page_new(
        "Events",
        "Events are CloudEvents 1.0 in JSON: `id`, `source`, `type`, `subject` (the account), "
        "`time`, `data`. The same `id` of the\n"
        "same `source` counts once.\n\n"
        "## What the hub tells\n\n"
        "Routes listen to these, and any ZeroMQ subscriber hears them on the `publish` socket.");
    head(page, titles);
    for (size_t i = 0; i < n_hub_events; i++) {
        code_cell(page, hub_events[i].name);
        cell(page, hub_events[i].doc);
        end_row(page);
    }
    g_string_append(page, "\n# What the hub is told\n");
    for (size_t i = 0; i < N_EVENTS; i++)
        event_part(page, &event_types[i]);
    return page;
}

/* ---- diagnostics.md ---- */

static GString *diagnostics_page(const Options *options)
{
    static const char *const titles[] = {"code", "", "what is wrong", "what to do", NULL};
    (void)options;
    GString *page =
        page_new("Diagnostics", "Findings are written `file:line:column: error: what is wrong "
                                "[code]`. Codes keep their meaning for ever. A warning does not\n"
                                "keep the hub from starting.");
    size_t n;
    const DiagCode *codes = diag_codes(&n);
    head(page, titles);
    for (size_t i = 0; i < n; i++) {
        code_cell(page, codes[i].code);
        cell(page, codes[i].severity == DIAG_ERROR ? "error" : "warning");
        cell(page, codes[i].title);
        cell(page, codes[i].remedy);
        end_row(page);
    }
    return page;
}

/* ---- templates.md ---- */

static GString *templates_page(const Options *options)
{
    static const char *const titles[] = {"name", "meaning", NULL};
    (void)options;
    GString *page =
        page_new("Templates", "A template is a folder `templates/NAME/` with `subject.txt` and "
                              "`body.txt` and, where wanted, `body.html`, `sms.txt`, `voice.txt`;\n"
                              "`NAME.de/` is its German version. The language is mustache. Amounts "
                              "and dates come ready-formatted.");
    size_t n;
    const TemplateName *names = template_names(&n);
    head(page, titles);
    for (size_t i = 0; i < n; i++) {
        code_cell(page, names[i].name);
        cell(page, names[i].doc);
        end_row(page);
    }
    return page;
}

/* ---- plugins.md ---- */

static const char *text_of(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

static void option_rows(GString *page, const json_t *manifest)
{
    static const char *const titles[] = {"option", "type", "default", "allowed", "meaning", NULL};
    size_t i;
    json_t *option;
    if (json_array_size(json_object_get(manifest, "options")) == 0)
        return;
    head(page, titles);
    json_array_foreach(json_object_get(manifest, "options"), i, option)
    {
        bool secret = json_is_true(json_object_get(option, "secret"));
        g_autofree char *type =
            g_strdup_printf("%s%s%s", text_of(option, "type"), secret ? ", secret" : "",
                            json_is_true(json_object_get(option, "writable")) ? ", written" : "");
        code_cell(page, text_of(option, "name"));
        cell(page, type);
        if (json_is_true(json_object_get(option, "required")))
            cell(page, "required");
        else
            code_cell(page, text_of(option, "default"));
        code_cell(page, text_of(option, "allowed"));
        cell(page, text_of(option, "doc"));
        end_row(page);
    }
}

static void action_rows(GString *page, const json_t *manifest)
{
    static const char *const titles[] = {"verb", "effect", "a repeat", "meaning", NULL};
    size_t i;
    json_t *action;
    if (json_array_size(json_object_get(manifest, "actions")) == 0)
        return;
    head(page, titles);
    json_array_foreach(json_object_get(manifest, "actions"), i, action)
    {
        code_cell(page, text_of(action, "verb"));
        cell(page, text_of(action, "effect"));
        cell(page, text_of(action, "repeat"));
        cell(page, text_of(action, "doc"));
        end_row(page);
    }
}

static void source_rows(GString *page, const json_t *manifest)
{
    static const char *const titles[] = {"source", "every", "emits", "meaning", NULL};
    size_t i;
    json_t *source;
    if (json_array_size(json_object_get(manifest, "sources")) == 0)
        return;
    head(page, titles);
    json_array_foreach(json_object_get(manifest, "sources"), i, source)
    {
        g_autofree char *every = g_strdup_printf(
            "%" JSON_INTEGER_FORMAT " s", json_integer_value(json_object_get(source, "every_s")));
        g_auto(GStrv) emits =
            g_strsplit(text_of(source, "emits") ? text_of(source, "emits") : "", ",", -1);
        g_autofree char *list = g_strjoinv(", ", emits);
        code_cell(page, text_of(source, "name"));
        cell(page, every);
        cell(page, list);
        cell(page, text_of(source, "doc"));
        end_row(page);
    }
}

static GString *plugins_page(const Options *options)
{
    if (!options->plugins || !options->host)
        return NULL;
    GString *page = page_new(
        "Plugins", "The plugins of this tree, as they describe themselves. `dunhub plugins NAME` "
                   "says the same of those that are installed.\n\n"
                   "Of a repeat: *key*: the platform recognises it; *lookup*: the platform can be "
                   "asked whether it happened; *safe*: twice is\n"
                   "the same as once; *none*: an act whose answer is lost waits for a person.");
    g_autoptr(Manifests) manifests = manifests_load(options->plugins, options->host, NULL);
    for (size_t i = 0; i < manifests_count(manifests); i++) {
        const json_t *manifest = manifests_at(manifests, i);
        if (text_of(manifest, "error")) {
            fprintf(stderr, "docgen: %s: %s\n", text_of(manifest, "name"),
                    text_of(manifest, "error"));
            continue;
        }
        g_string_append_printf(page, "\n## %s %s\n\n%s\n", text_of(manifest, "name"),
                               text_of(manifest, "version"), text_of(manifest, "doc"));
        option_rows(page, manifest);
        action_rows(page, manifest);
        source_rows(page, manifest);
    }
    return page;
}

/* ---- the whole ---- */

static const struct {
    const char *file;
    GString *(*make)(const Options *options);
} pages[] = {
    {"configuration.md", configuration_page},
    {"conditions.md", conditions_page},
    {"verbs.md", verbs_page},
    {"acts.md", acts_page},
    {"events.md", events_page},
    {"templates.md", templates_page},
    {"diagnostics.md", diagnostics_page},
    {"plugins.md", plugins_page},
};

static bool write_page(const Options *options, size_t i)
{
    g_autoptr(GError) error = NULL;
    GString *page = pages[i].make(options);
    if (!page)
        return true;
    g_autofree char *path = g_build_filename(options->output, pages[i].file, NULL);
    bool good = g_file_set_contents(path, page->str, (gssize)page->len, &error);
    if (!good)
        fprintf(stderr, "docgen: %s\n", error->message);
    g_string_free(page, TRUE);
    return good;
}

static bool read_options(int argc, char **argv, Options *ret_options)
{
    Options options = {0};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--plugins") == 0 && i + 1 < argc)
            options.plugins = argv[++i];
        else if (strcmp(argv[i], "--host") == 0 && i + 1 < argc)
            options.host = argv[++i];
        else if (argv[i][0] != '-' && !options.output)
            options.output = argv[i];
        else
            return false;
    }
    *ret_options = options;
    return options.output != NULL;
}

int main(int argc, char **argv)
{
    Options options;
    if (!read_options(argc, argv, &options)) {
        fputs("usage: docgen [--plugins FOLDER --host PROGRAM] OUTPUT_FOLDER\n", stderr);
        return 2;
    }
    if (g_mkdir_with_parents(options.output, 0755) != 0) {
        fprintf(stderr, "docgen: %s cannot be made: %s\n", options.output, g_strerror(errno));
        return 3;
    }
    bool good = true;
    for (size_t i = 0; i < G_N_ELEMENTS(pages); i++)
        good = write_page(&options, i) && good;
    return good ? 0 : 3;
}
