/* dunhub notice: which templates there are, and what a notice would look like. */
#include <errno.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/desk.h"
#include "cmd/table.h"
#include "escalation/decide.h"
#include "hub/preview.h"
#include "press/press.h"

/* ---- list ------------------------------------------------------------------------------------ */

typedef struct {
    const Templates *templates;
    Table *table;
} Listing;

static void add_folder(void *data, const char *name, const char *variant, const char *language,
                       const char *files)
{
    enum { VERSION_SHOWN = 12 };
    Listing *listing = data;
    const char *hash = templates_hash(listing->templates, name);
    g_autofree char *version = hash != NULL ? g_strndup(hash, VERSION_SHOWN) : g_strdup("");
    const char *cells[] = {name, language, variant, version, files, NULL};
    table_add(listing->table, cells);
}

static int list_templates(const CommandLine *line)
{
    static const char *const titles[] = {"template", "language", "for", "version", "files", NULL};
    g_autoptr(Station) station = NULL;
    int code = desk_open(line, STATION_CONFIGURATION, &station);
    if (code != EXIT_GOOD)
        return code;
    g_autoptr(Table) table = table_new(titles, 4);
    Listing listing = {station->configuration->templates, table};
    templates_visit(listing.templates, add_folder, &listing);
    table_print(table, stdout);
    return EXIT_GOOD;
}

/* ---- whose ----------------------------------------------------------------------------------- */

/* An account with two overdue invoices, so that every part of a template has something to show. */
static void make_sample(AccountState *state, Arena *arena, Date today, const char *property)
{
    static const int days_ago[] = {48, 17};
    static const int64_t amounts[] = {98500, 24950};
    state_init(state, arena, "sample:C-1001");
    state->account.external_id = "C-1001";
    state->account.name = "Jane Doe";
    state->account.is_consumer = true;
    state->account.property = property;
    for (size_t i = 0; i < G_N_ELEMENTS(days_ago); i++) {
        Invoice *invoice = state_add(state, KIND_INVOICE);
        invoice->id = arena_printf(arena, "INV-20%zu", i + 1);
        invoice->currency = (Currency){"USD"};
        invoice->amount = amounts[i];
        invoice->due_on = today - days_ago[i];
        invoice->issued_on = invoice->due_on - 14;
        invoice->status = INVOICE_OPEN;
        invoice->ledger_open = amounts[i];
    }
}

static void set_wishes(const CommandLine *line, AccountState *state)
{
    const char *language = line_option(line, "language");
    const char *jurisdiction = line_option(line, "jurisdiction");
    const char *segment = line_option(line, "segment");
    if (language != NULL)
        state->account.language = language;
    if (jurisdiction != NULL)
        state->account.jurisdiction = jurisdiction;
    if (segment != NULL)
        state->account.segment = segment;
}

static const char *address_of(const AccountState *state, const char *channel)
{
    STATE_FOREACH (state, KIND_CONTACT_POINT, const ContactPoint, point) {
        if (g_strcmp0(point->channel, channel) == 0)
            return point->address;
    }
    return strcmp(channel, "letter") == 0 ? "12 Main Street, Columbus, OH 43215" : NULL;
}

/* ---- which template -------------------------------------------------------------------------- */

static const char *template_of_step(const Rulebook *book, const char *policy, const char *step)
{
    for (size_t i = 0; i < book->n_policies; i++) {
        if (policy != NULL && strcmp(book->policies[i]->name, policy) != 0)
            continue;
        const Step *found = policy_step(book->policies[i], step);
        if (found != NULL && found->notice_template != NULL)
            return found->notice_template;
    }
    return NULL;
}

/* The step's template, else the template of that name. NULL after saying which are near. */
static const char *choose_template(const Configuration *configuration, const AccountView *view,
                                   bool sample, const char *step)
{
    const char *name = template_of_step(&configuration->book, sample ? NULL : view->policy, step);
    if (name == NULL && templates_has(configuration->templates, step))
        name = step;
    if (name != NULL)
        return name;
    const char *near = diag_nearest(step, templates_names(configuration->templates));
    command_fail("notice", EXIT_FINDING,
                 "there is no step and no template '%s'%s%s%s; 'dunhub notice list' tells them",
                 step, near ? ", did you mean '" : "", near ? near : "", near ? "'" : "");
    return NULL;
}

/* ---- preview --------------------------------------------------------------------------------- */

typedef struct {
    const char *format, *channel, *member;
} Format;

static const Format formats[] = {
    {"text", "email", "text"}, {"html", "email", "html"},  {"pdf", "letter", "document"},
    {"sms", "sms", "text"},    {"voice", "voice", "text"}, {"json", "email", NULL},
};

static const Format *choose_format(const CommandLine *line)
{
    const char *wish = line_option(line, "format");
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        if (g_strcmp0(wish != NULL ? wish : "text", formats[i].format) == 0)
            return &formats[i];
    }
    command_fail("notice", EXIT_USAGE, "--format is text, html, pdf, sms, voice or json, not '%s'",
                 wish);
    return NULL;
}

static int write_out(const CommandLine *line, const void *bytes, size_t n, bool binary)
{
    const char *path = line_option(line, "out");
    g_autoptr(GError) error = NULL;
    if (path == NULL && binary && isatty(STDOUT_FILENO))
        return command_fail("notice", EXIT_USAGE,
                            "a PDF is not written to a terminal; use --out FILE");
    if (path != NULL && !g_file_set_contents(path, bytes, (gssize)n, &error))
        return command_fail("notice", EXIT_ENVIRONMENT, "%s", error->message);
    if (path == NULL && fwrite(bytes, 1, n, stdout) != n)
        return command_fail("notice", EXIT_ENVIRONMENT, "writing failed: %s", g_strerror(errno));
    return EXIT_GOOD;
}

static int write_pdf(const CommandLine *line, const Station *station, const json_t *json)
{
    int pages = 0;
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(Press) press = press_new(station->letter_program);
    const Document *document = document_parse(json, arena, &error);
    g_autoptr(GBytes) pdf = document != NULL ? press_draw(press, document, &pages, &error) : NULL;
    if (pdf == NULL)
        return command_fail("notice", EXIT_FINDING, "%s", error->message);
    gsize n = 0;
    const void *bytes = g_bytes_get_data(pdf, &n);
    return write_out(line, bytes, n, true);
}

static int write_message(const CommandLine *line, const Station *station, const Format *format,
                         const json_t *message)
{
    if (format->member == NULL) {
        g_autofree char *text = json_canonical(message);
        return write_out(line, text, strlen(text), false);
    }
    const json_t *part = json_object_get(message, format->member);
    if (part == NULL)
        return command_fail("notice", EXIT_FINDING,
                            "the template has no text for --format %s; add %s to its folder",
                            format->format,
                            strcmp(format->format, "pdf") == 0 ? "letter.txt" : "body.html");
    if (json_is_object(part))
        return write_pdf(line, station, part);
    const json_t *sms = json_object_get(message, "sms");
    if (sms != NULL)
        fprintf(stderr, "%s, segments: %d\n", json_string_value(json_object_get(sms, "encoding")),
                (int)json_integer_value(json_object_get(sms, "segments")));
    const char *text = json_string_value(part);
    int code = write_out(line, text, strlen(text), false);
    if (code == EXIT_GOOD && line_option(line, "out") == NULL && !g_str_has_suffix(text, "\n"))
        putchar('\n');
    return code;
}

static int preview_of(const CommandLine *line, const Station *station, AccountState *state,
                      bool sample, const char *step, Arena *arena)
{
    const Configuration *configuration = station->configuration;
    const Format *format = choose_format(line);
    if (format == NULL)
        return EXIT_USAGE;
    AccountView view = {0};
    Notice notice;
    Act act;
    g_autoptr(GError) error = NULL;
    set_wishes(line, state);
    account_view(state, &configuration->book, desk_now(), arena, &view);
    preview_figures(state, &configuration->book, desk_now(), (Currency){""}, arena, &notice);
    record_init(&act_type, &act);
    act.template_name = choose_template(configuration, &view, sample, step);
    if (act.template_name == NULL)
        return EXIT_FINDING;
    act.channel = format->channel;
    act.address = address_of(state, format->channel);
    notice.name = step;
    notice.step = step;
    g_autoptr(json_t) message =
        preview_render(configuration, state, &notice, &act, desk_now(), &error);
    if (message == NULL)
        return command_fail("notice", EXIT_FINDING, "%s", error->message);
    return write_message(line, station, format, message);
}

static int preview(const CommandLine *line)
{
    bool sample = line_flag(line, "sample");
    size_t wanted = sample ? 2 : 3;
    if (line_count(line) != wanted)
        return command_fail("notice", EXIT_USAGE, "usage: dunhub notice preview %sSTEP",
                            sample ? "--sample " : "ACCOUNT ");
    g_autoptr(Station) station = NULL;
    g_autoptr(Arena) arena = arena_new();
    AccountState state;
    int code = desk_open(line, sample ? STATION_CONFIGURATION : STATION_READ, &station);
    if (code != EXIT_GOOD)
        return code;
    if (sample)
        make_sample(&state, arena, zone_date(station->configuration->book.zone, desk_now()),
                    "12 Elm Street, Unit 4");
    else
        code = desk_account(line, station, line_argument(line, 1), arena, &state);
    if (code != EXIT_GOOD)
        return code;
    return preview_of(line, station, &state, sample, line_argument(line, wanted - 1), arena);
}

int cmd_notice(const CommandLine *line)
{
    const char *what = line_argument(line, 0);
    if (strcmp(what, "list") == 0 && line_count(line) == 1)
        return list_templates(line);
    if (strcmp(what, "preview") == 0)
        return preview(line);
    return command_fail("notice", EXIT_USAGE, "'%s' is not known: list, or preview ACCOUNT STEP",
                        what);
}
