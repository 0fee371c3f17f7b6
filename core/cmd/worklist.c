/* dunhub worklist: what waits for a person, most urgent first, a page at a time (docs/operations.md, The daily round). */
#include <glib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/desk.h"
#include "cmd/table.h"

enum {
    PAGE_MAX = 1000,
    PAGE_DEFAULT = 50,
};

typedef struct {
    Table *table; /* NULL: JSON */
    size_t max, shown;
    bool more;
    char *last; /* cursor of the last one shown */
} Listing;

static const char *const titles[] = {"urgency", "due",  "account", "item", "reason",
                                     "owner",   "what", "do",      NULL};

/* ---- where a page ends --------------------------------------------------------------------- */

/* A page is named by its last item: the list may change in between, nothing is shown twice or left out. */
static char *cursor_of(const WorkItem *item)
{
    g_autoptr(json_t) json =
        json_pack("[i,I,s,s]", item->urgency, (json_int_t)item->due, item->account, item->item);
    g_autofree char *text = json_canonical(json);
    return g_base64_encode((const guchar *)text, strlen(text));
}

static bool cursor_read(const char *text, json_t **ret_json, WorkItem *ret_item)
{
    gsize n = 0;
    g_autofree guchar *bytes = g_base64_decode(text, &n);
    g_autoptr(json_t) json = json_parse((const char *)bytes, n, 4096, NULL);
    const char *account = json_string_value(json_array_get(json, 2)),
               *item = json_string_value(json_array_get(json, 3));
    if (account == NULL || item == NULL || !json_is_integer(json_array_get(json, 0)) ||
        !json_is_integer(json_array_get(json, 1)))
        return false;
    *ret_item = (WorkItem){
        .urgency = (int)json_integer_value(json_array_get(json, 0)),
        .due = (Date)json_integer_value(json_array_get(json, 1)),
        .account = account,
        .item = item,
    };
    *ret_json = g_steal_pointer(&json);
    return true;
}

/* ---- what is asked for --------------------------------------------------------------------- */

static int known_kind(const char *kind)
{
    if (kind == NULL || g_strv_contains(work_kind_words, kind))
        return EXIT_GOOD;
    const char *near = diag_nearest(kind, work_kind_words);
    g_autofree char *all = g_strjoinv(", ", (char **)work_kind_words);
    if (near != NULL)
        return command_fail("worklist", EXIT_USAGE, "there is no kind '%s', did you mean '%s'?",
                            kind, near);
    return command_fail("worklist", EXIT_USAGE, "there is no kind '%s'; one of %s", kind, all);
}

static int read_due(const CommandLine *line, Date *ret_due)
{
    const char *text = line_option(line, "due");
    g_autoptr(GError) error = NULL;
    *ret_due = DATE_NONE;
    if (text == NULL || date_parse(text, ret_due, &error))
        return EXIT_GOOD;
    return command_fail("worklist", EXIT_USAGE, "--due: %s", error->message);
}

static const char *own_name(void)
{
    return g_get_user_name();
}

static int read_query(const CommandLine *line, WorkQuery *ret_query, json_t **ret_cursor,
                      WorkItem *ret_after)
{
    long limit = PAGE_DEFAULT;
    const char *after = line_option(line, "after"), *assignee = line_option(line, "assignee");
    bool mine = line_flag(line, "mine");
    WorkQuery query = {
        .account = line_option(line, "account"),
        .kind = line_option(line, "kind"),
        .reason = line_option(line, "reason"),
        .assignee = mine ? own_name() : assignee,
        .unassigned = line_flag(line, "unassigned"),
        .property = line_option(line, "property"),
        .source = line_option(line, "ledger"),
    };
    if ((mine ? 1 : 0) + (assignee != NULL ? 1 : 0) + (query.unassigned ? 1 : 0) > 1)
        return command_fail("worklist", EXIT_USAGE,
                            "--mine, --assignee and --unassigned exclude each other");
    if (!line_integer(line, "limit", 1, PAGE_MAX, &limit))
        return EXIT_USAGE;
    int code = known_kind(query.kind);
    if (code == EXIT_GOOD)
        code = read_due(line, &query.due_by);
    if (code != EXIT_GOOD)
        return code;
    if (after != NULL && !cursor_read(after, ret_cursor, ret_after))
        return command_fail("worklist", EXIT_USAGE,
                            "--after takes what the page before ended with, not '%s'", after);
    query.after = after != NULL ? ret_after : NULL;
    query.max = (size_t)limit + 1; /* one more tells that there is more */
    *ret_query = query;
    return EXIT_GOOD;
}

/* ---- showing ------------------------------------------------------------------------------- */

static void print_json(const WorkItem *item)
{
    char day[16];
    g_autoptr(json_t) row = json_pack(
        "{s:s, s:s, s:s, s:s?, s:i, s:s, s:s?, s:s?, s:s?, s:s?, s:s, s:s}", "account",
        item->account, "item", item->item, "kind", item->kind, "reason", item->reason, "urgency",
        item->urgency, "urgency_word", urgency_words[item->urgency], "due",
        item->due != DATE_NONE ? date_format(item->due, day) : NULL, "assignee", item->assignee,
        "property", item->property, "ledger", item->source, "text", item->text, "do", item->deed);
    g_autofree char *text = json_canonical(row);
    printf("%s\n", text);
}

static void add_row(Table *table, const WorkItem *item)
{
    char day[16];
    const char *cells[] = {urgency_words[item->urgency],
                           date_format(item->due, day),
                           item->account,
                           item->item,
                           item->reason,
                           item->assignee,
                           item->text,
                           item->deed,
                           NULL};
    table_add(table, cells);
}

static bool show(const WorkItem *item, void *data)
{
    Listing *listing = data;
    if (listing->shown == listing->max) {
        listing->more = true;
        return false;
    }
    listing->shown++;
    g_free(listing->last);
    listing->last = cursor_of(item);
    if (listing->table != NULL)
        add_row(listing->table, item);
    else
        print_json(item);
    return true;
}

static void finish(const Listing *listing)
{
    if (listing->table == NULL) {
        if (listing->more)
            printf("{\"after\":\"%s\",\"more\":true}\n", listing->last);
        return;
    }
    if (listing->shown == 0)
        printf("nothing waits for a person\n");
    else
        table_print(listing->table, stdout);
    if (listing->more)
        printf("\nthere is more: --after %s\n", listing->last);
}

int cmd_worklist(const CommandLine *line)
{
    static const size_t yielding[] = {3, 4, 5}; /* item, reason, owner */
    WorkQuery query = {.due_by = DATE_NONE};
    WorkItem after = {0};
    g_autoptr(json_t) cursor = NULL;
    g_autoptr(Station) station = NULL;
    int code = read_query(line, &query, &cursor, &after);
    if (code == EXIT_GOOD)
        code = desk_open(line, STATION_READ, &station);
    if (code == EXIT_GOOD && query.account != NULL)
        code = desk_known_account(line, station, query.account);
    if (code != EXIT_GOOD)
        return code;
    g_autoptr(GError) error = NULL;
    g_autoptr(Table) table = line_flag(line, "json") ? NULL : table_new(titles, 7);
    if (table != NULL)
        table_yields(table, yielding, G_N_ELEMENTS(yielding));
    Listing listing = {.table = table, .max = query.max - 1};
    bool good = store_work(station->store, &query, show, &listing, &error);
    if (good)
        finish(&listing);
    g_free(listing.last);
    return good ? EXIT_GOOD : command_fail("worklist", EXIT_ENVIRONMENT, "%s", error->message);
}
