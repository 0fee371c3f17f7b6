/* Google Sheets: a row for each act, or one row for each account. A row and the key that names it are written in one request, as
 * developer metadata that moves with the row when people sort; whether it is there is asked by that key. */
#include "row.h"

#include <stdlib.h>
#include <string.h>

#define METADATA_KEY "dunhub_key"

static void append_row(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);
static void find_row(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);
static void update_row(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);

#define ROW_SCHEMA                                                                                 \
    "{\"type\":\"object\",\"properties\":{\"sheet\":{\"type\":\"string\"},\"row\":{\"type\":"      \
    "\"object\"}}}"

static const DunhubAction actions[] = {
    {.size = sizeof(DunhubAction),
     .verb = "row.append",
     .object = "row",
     .input_schema = ROW_SCHEMA,
     .doc = "Writes one row under the header of a tab; the key of the act marks it.",
     .effect = DUNHUB_WRITE,
     .repeat = DUNHUB_REPEAT_LOOKUP,
     .run = append_row,
     .lookup = find_row},
    {.size = sizeof(DunhubAction),
     .verb = "row.update",
     .object = "row",
     .input_schema = ROW_SCHEMA,
     .doc = "Writes the account's own row of a tab, made if there is none.",
     .effect = DUNHUB_WRITE,
     .repeat = DUNHUB_REPEAT_SAFE,
     .run = update_row},
};
#define APPEND (&actions[0])
#define UPDATE (&actions[1])

static const char *path_to(const DunhubTask *task, const char *rest)
{
    const char *id = dunhub_url_escape(task, dunhub_option(task, "spreadsheet_id"));
    return dunhub_format(task, "/v4/spreadsheets/%s%s", id, rest);
}

/* Consumes body. */
static bool post(const DunhubTask *task, const DunhubAction *action, const char *rest, json_t *body,
                 json_t **ret_answer)
{
    const DunhubApi api = {.action = action, .path = path_to(task, rest), .json = body};
    bool good = body && dunhub_json_call(task, &api, ret_answer);
    json_decref(body);
    return good;
}

/* ---- the tab: people see its name, requests need its number ---- */

typedef struct {
    const char *name;
    json_int_t id;
} Tab;

static const char *quoted_range(const DunhubTask *task, const char *tab, const char *cells)
{
    return dunhub_url_escape(task,
                             dunhub_format(task, "%s!%s", dunhub_quote_odata(task, tab), cells));
}

/* Of an empty tab the first row becomes the titles. */
static bool write_titles(const DunhubTask *task, const Tab *tab, const json_t *columns)
{
    const char *rest = dunhub_format(task, "/values/%s", quoted_range(task, tab->name, "A1:A1"));
    json_t *answer = NULL;
    bool good = dunhub_json_call(task, &(DunhubApi){.path = path_to(task, rest)}, &answer);
    bool empty = good && !json_array_size(json_object_get(answer, "values"));
    json_decref(answer);
    if (!empty)
        return good;
    rest =
        dunhub_format(task, "/values/%s?valueInputOption=RAW", quoted_range(task, tab->name, "A1"));
    json_t *body = json_pack("{s:[o]}", "values", row_titles(columns));
    const DunhubApi api = {
        .method = "PUT", .action = UPDATE, .path = path_to(task, rest), .json = body};
    answer = NULL;
    good = dunhub_json_call(task, &api, &answer);
    json_decref(answer);
    json_decref(body);
    return good;
}

static bool ask_tabs(const DunhubTask *task, json_t **ret_answer)
{
    return dunhub_json_call(
        task, &(DunhubApi){.path = path_to(task, "?fields=spreadsheetId%2Csheets.properties")},
        ret_answer);
}

static bool find_tab(const DunhubTask *task, Tab *ret_tab)
{
    json_t *answer = NULL;
    bool good = ask_tabs(task, &answer), found = false;
    const json_t *sheets = json_object_get(answer, "sheets");
    for (size_t i = 0; good && i < json_array_size(sheets); i++) {
        const json_t *sheet = json_array_get(sheets, i);
        const char *title = dunhub_at_text(sheet, "/properties/title");
        if (title && strcmp(title, ret_tab->name) == 0) {
            ret_tab->id = dunhub_at_int(sheet, "/properties/sheetId", 0);
            found = true;
        }
    }
    json_decref(answer);
    if (good && !found)
        dunhub_permanent(task, "no_tab",
                         "the spreadsheet has no tab '%s': make one of that name, or correct the "
                         "option 'sheet'",
                         ret_tab->name);
    return found;
}

static const char *tab_state(const DunhubTask *task, const Tab *tab)
{
    const char *all =
        dunhub_format(task, "%s/%s", dunhub_option(task, "spreadsheet_id"), tab->name);
    char hash[DUNHUB_HEX_SHA256];
    return dunhub_format(task, "tab:%.24s", dunhub_sha256_hex(all, strlen(all), hash));
}

/* Asked once and kept: a tab keeps its number when people rename others. */
static bool know_tab(const DunhubTask *task, const json_t *input, const json_t *columns,
                     Tab *ret_tab)
{
    const char *wanted = dunhub_find_text(input, "sheet");
    *ret_tab = (Tab){.name = wanted && *wanted ? wanted : dunhub_option(task, "sheet")};
    const char *state = tab_state(task, ret_tab);
    DunhubBytes value = {0};
    uint64_t version = 0;
    if (task->host->state_get(task->call, state, &value, &version) == 1) {
        const char *text = dunhub_text(task, value);
        ret_tab->id = text ? strtoll(text, NULL, 10) : 0;
        return true;
    }
    if (!find_tab(task, ret_tab) || !write_titles(task, ret_tab, columns))
        return false;
    const char *text = dunhub_format(task, "%" JSON_INTEGER_FORMAT, ret_tab->id);
    task->host->state_put(task->call, state, (DunhubBytes){text, strlen(text)}, version);
    return true;
}

/* ---- rows by key ---- */

static json_t *by_key(const char *key)
{
    return json_pack("{s:{s:s, s:s, s:s}}", "developerMetadataLookup", "locationType", "ROW",
                     "metadataKey", METADATA_KEY, "metadataValue", key);
}

/* *ret_n: rows with that key; *ret_id: the mark of the first. */
static bool search(const DunhubTask *task, const char *key, size_t *ret_n, const char **ret_id)
{
    json_t *answer = NULL;
    bool good = post(task, NULL, "/developerMetadata:search",
                     json_pack("{s:[o]}", "dataFilters", by_key(key)), &answer);
    const json_t *found = json_object_get(answer, "matchedDeveloperMetadata");
    *ret_n = json_array_size(found);
    *ret_id = dunhub_at_any(task, found, "/0/developerMetadata/metadataId");
    *ret_id = *ret_id ? dunhub_format(task, "%s", *ret_id) : NULL;
    json_decref(answer);
    return good;
}

static json_t *rows(const Tab *tab)
{
    return json_pack("{s:I, s:s, s:i, s:i}", "sheetId", tab->id, "dimension", "ROWS", "startIndex",
                     1, "endIndex", 2);
}

/* All three or none. Consumes values. */
static json_t *insertion(const Tab *tab, const char *key, json_t *values)
{
    json_t *insert =
        json_pack("{s:{s:o, s:b}}", "insertDimension", "range", rows(tab), "inheritFromBefore", 0);
    json_t *fill = json_pack("{s:{s:{s:I, s:i, s:i}, s:s, s:[o]}}", "updateCells", "start",
                             "sheetId", tab->id, "rowIndex", 1, "columnIndex", 0, "fields",
                             "userEnteredValue", "rows", row_cells(values));
    json_t *mark = json_pack("{s:{s:{s:s, s:s, s:s, s:{s:o}}}}", "createDeveloperMetadata",
                             "developerMetadata", "metadataKey", METADATA_KEY, "metadataValue", key,
                             "visibility", "DOCUMENT", "location", "dimensionRange", rows(tab));
    json_decref(values);
    return json_pack("{s:[o, o, o]}", "requests", insert, fill, mark);
}

static bool insert(const DunhubTask *task, const DunhubAction *action, const Tab *tab,
                   const char *key, json_t *values)
{
    json_t *answer = NULL;
    bool good = post(task, action, ":batchUpdate", insertion(tab, key, values), &answer);
    const char *id = dunhub_at_any(
        task, answer, "/replies/2/createDeveloperMetadata/developerMetadata/metadataId");
    if (good)
        dunhub_ok(task, id ? id : key);
    json_decref(answer);
    return good;
}

/* Consumes values. The filter would write to every row of that key: there has to be one. */
static void overwrite(const DunhubTask *task, const char *key, const char *id, json_t *values)
{
    json_t *answer = NULL;
    json_t *body = json_pack("{s:s, s:[{s:o, s:s, s:[o]}]}", "valueInputOption", "RAW", "data",
                             "dataFilter", by_key(key), "majorDimension", "ROWS", "values", values);
    if (post(task, UPDATE, "/values:batchUpdateByDataFilter", body, &answer))
        dunhub_ok(task, id ? id : key);
    json_decref(answer);
}

/* ---- verbs ---- */

typedef struct {
    json_t *input, *columns;
    Tab tab;
} Work;

static bool begin(const DunhubTask *task, Work *work)
{
    *work = (Work){.input = dunhub_input(task), .columns = dunhub_option_json(task, "columns")};
    return work->input && know_tab(task, work->input, work->columns, &work->tab);
}

static void end(Work *work)
{
    json_decref(work->input);
    json_decref(work->columns);
}

static void append_row(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    Work work;
    const char *key = dunhub_key(&task);
    if (begin(&task, &work))
        insert(&task, APPEND, &work.tab, key, row_values(&task, work.columns, work.input, key));
    end(&work);
}

static void find_row(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    size_t n;
    const char *id;
    if (!search(&task, dunhub_key(&task), &n, &id))
        return;
    if (n)
        dunhub_ok(&task, id);
    else
        dunhub_absent(&task, "no row carries the key of this act");
}

static void update_row(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    Work work;
    const char *account = NULL, *id;
    size_t n;
    if (begin(&task, &work) && dunhub_need_text(&task, work.input, "account", &account)) {
        const char *key =
            dunhub_format(&task, "account:%s:%" JSON_INTEGER_FORMAT, account, work.tab.id);
        json_t *values = NULL;
        if (search(&task, key, &n, &id))
            values = row_values(&task, work.columns, work.input, account);
        if (values && n > 1) {
            dunhub_permanent(&task, "ambiguous",
                             "%zu rows carry the key of account %s: delete all but one", n,
                             account);
            json_decref(values);
        } else if (values && n == 1) {
            overwrite(&task, key, id, values);
        } else if (values) {
            insert(&task, UPDATE, &work.tab, key, values);
        }
    }
    end(&work);
}

/* The spreadsheet can be read and has the tab. */
static void check(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    Tab tab = {.name = dunhub_option(&task, "sheet")};
    if (find_tab(&task, &tab))
        dunhub_ok(&task, NULL);
}

/* ---- declaration ---- */

static const DunhubOption options[] = {
    DUNHUB_API_OPTIONS("https://sheets.googleapis.com"),
    {.size = sizeof(DunhubOption),
     .name = "token_url",
     .type = DUNHUB_OPTION_URL,
     .fallback = "https://oauth2.googleapis.com/token",
     .doc = "Where tokens come from."},
    {.size = sizeof(DunhubOption),
     .name = "client_email",
     .flags = DUNHUB_OPTION_REQUIRED,
     .doc = "Address of the service account, with which the spreadsheet is shared."},
    {.size = sizeof(DunhubOption),
     .name = "private_key",
     .flags = DUNHUB_OPTION_REQUIRED | DUNHUB_OPTION_SECRET,
     .doc = "Private key of the service account, PEM."},
    {.size = sizeof(DunhubOption),
     .name = "spreadsheet_id",
     .flags = DUNHUB_OPTION_REQUIRED,
     .doc = "Id of the spreadsheet, between /d/ and /edit of its address."},
    {.size = sizeof(DunhubOption),
     .name = "sheet",
     .fallback = "dunning",
     .doc = "Tab to write to, unless the act names one."},
    {.size = sizeof(DunhubOption),
     .name = "columns",
     .type = DUNHUB_OPTION_LIST,
     .fallback = "date, account, customer, step, overdue, currency, days_overdue, text",
     .doc = "Columns behind the key: names of the row or input, or date, customer, email, phone, "
            "external_id, segment, step, status, "
            "currency, overdue, balance, days_overdue."},
};

static const DunhubAuth auths[] = {
    {.size = sizeof(DunhubAuth),
     .name = "service_account",
     .kind = DUNHUB_AUTH_JWT,
     .token_url = "{token_url}",
     .client_id = "{client_email}",
     .private_key = "{private_key}",
     .audience = "{token_url}",
     .scope = "https://www.googleapis.com/auth/spreadsheets",
     .expires_s = 3600,
     .doc = "Service account, JWT bearer."},
};

/* A service account is one user: 60 writes and 60 reads a minute. One at a time, so that rows keep their order. */
static const DunhubLimits limits = {.size = sizeof(DunhubLimits),
                                    .concurrency = 1,
                                    .per_minute = 50,
                                    .timeout_ms = 60000,
                                    .shared_by = "client_email"};

static const DunhubPlugin plugin = {
    .magic = DUNHUB_MAGIC,
    .abi_major = DUNHUB_ABI_MAJOR,
    .abi_minor = DUNHUB_ABI_MINOR,
    .size = sizeof(DunhubPlugin),
    .option_size = sizeof(DunhubOption),
    .action_size = sizeof(DunhubAction),
    .source_size = sizeof(DunhubSource),
    .name = "google_sheets",
    .version = "1.0",
    .doc = "Rows in a Google spreadsheet.",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .actions = actions,
    .n_actions = sizeof actions / sizeof *actions,
    .limits = &limits,
    .check = check,
    .auth_size = sizeof(DunhubAuth),
    .auths = auths,
    .n_auths = sizeof auths / sizeof *auths,
};

DUNHUB_EXPORT const DunhubPlugin *dunhub_plugin(void)
{
    return &plugin;
}
