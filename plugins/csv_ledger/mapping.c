#include "mapping.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "memory.h"

#define CSV_NAME(name) #name,
const char *const column_names[N_COLUMNS + 1] = {CSV_COLUMNS(CSV_NAME) NULL};
#undef CSV_NAME

/* ---- options ---- */

static bool read_sign(const DunhubTask *task, const char *option, char *ret)
{
    static const struct {
        const char *word;
        char sign;
    } words[] = {{"tab", '\t'}, {"\\t", '\t'}, {"space", ' '}, {"none", 0}};
    const char *text = dunhub_option(task, option);
    *ret = 0;
    if (!text)
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(text, words[i].word) == 0) {
            *ret = words[i].sign;
            return true;
        }
    if (strlen(text) == 1 && (unsigned char)*text >= ' ' && (unsigned char)*text < 0x7f && !isalnum((unsigned char)*text)) {
        *ret = *text;
        return true;
    }
    dunhub_permanent(task, "option", "option '%s' is '%s': give one sign, or tab, space, none", option, text);
    return false;
}

/* A map by our column names into rows[]. */
static bool read_map(const DunhubTask *task, const char *option, const char **rows, json_t **ret_held)
{
    if (!dunhub_option(task, option))
        return true;
    json_t *map = *ret_held = dunhub_option_json(task, option);
    if (!json_is_object(map)) {
        dunhub_permanent(task, "option", "option '%s' is no map of our column names", option);
        return false;
    }
    const char *name;
    json_t *value;
    json_object_foreach(map, name, value) {
        size_t i = 0;
        while (i < N_COLUMNS && strcmp(column_names[i], name) != 0)
            i++;
        if (i == N_COLUMNS) {
            const char *near = dunhub_nearest(name, column_names);
            dunhub_permanent(task, "option", "option '%s': unknown column '%s'%s%s%s", option, name,
                             near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
            return false;
        }
        if (!json_is_string(value)) {
            dunhub_permanent(task, "option", "option '%s': '%s' is no text", option, name);
            return false;
        }
        rows[i] = json_string_value(value);
    }
    return true;
}

/* The hub tells its clock in the input of every poll and read: "2026-07-01T09:00:00.000Z". */
static const char *day_of_hub(const DunhubTask *task)
{
    json_auto_t *input = dunhub_input(task);
    const char *now = dunhub_find_text(input, "now");
    return now ? dunhub_format(task, "%.10s", now) : NULL;
}

static bool read_as_of(const DunhubTask *task, int32_t *ret_as_of)
{
    const char *text = dunhub_option(task, "as_of");
    *ret_as_of = DUNHUB_NO_DATE;
    if (text && strcmp(text, "now") == 0)
        text = day_of_hub(task);
    const char *wrong = text ? dunhub_date_parse(text, "%Y-%m-%d", ret_as_of) : NULL;
    if (wrong)
        dunhub_permanent(task, "option", "option 'as_of' is '%s': %s; write 2026-07-01, or now", text, wrong);
    return !wrong;
}

static bool check_encoding(const DunhubTask *task, const char *encoding)
{
    static const char *const known[] = {"utf-8", "windows-1252", "iso-8859-1", "iso-8859-15", NULL};
    for (size_t i = 0; known[i]; i++)
        if (strcasecmp(encoding, known[i]) == 0)
            return true;
    dunhub_permanent(task, "option", "option 'encoding' is '%s': utf-8, windows-1252, iso-8859-1 and iso-8859-15 are known",
                     encoding);
    return false;
}

static bool check_mapped(const DunhubTask *task, const Mapping *m)
{
    const struct {
        Column column;
        bool needed;
    } rows[] = {
        {COLUMN_account, true},
        {COLUMN_amount, m->theirs[COLUMN_invoice] && !m->theirs[COLUMN_open]},
        {COLUMN_issued_on, m->theirs[COLUMN_invoice] != NULL},
        {COLUMN_currency, m->theirs[COLUMN_invoice] != NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Column column = rows[i].column;
        if (!rows[i].needed || m->theirs[column] || m->defaults[column])
            continue;
        dunhub_permanent(task, "option", "option 'columns' maps no '%s': say which column of the file holds it%s",
                         column_names[column], column == COLUMN_currency ? ", or set option 'currency'" : "");
        return false;
    }
    return true;
}

/* Files are read again when an option changes what they mean. */
static void sign(const DunhubTask *task, Mapping *m)
{
    static const char *const names[] = {"encoding", "delimiter", "quote", "decimal_sign", "thousands_sign", "date_format", "header",
                                        "columns", "defaults", "currency", "prefixes", "values", "yes_words", "count_disputed",
                                        "row_max_bytes"};
    DunhubBytes parts[sizeof names / sizeof *names];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = dunhub_option(task, names[i]);
        parts[i] = (DunhubBytes){text ? text : "", text ? strlen(text) : 0};
    }
    snprintf(m->signature, sizeof m->signature, "%016llx", (unsigned long long)memory_hash(parts, sizeof parts / sizeof *parts));
}

static bool read_options(const DunhubTask *task, Mapping *m)
{
    m->path = dunhub_option(task, "path");
    m->encoding = dunhub_option(task, "encoding");
    m->date_format = dunhub_option(task, "date_format");
    m->has_header = dunhub_option_bool(task, "header");
    m->count_disputed = dunhub_option_bool(task, "count_disputed");
    m->row_max = (size_t)dunhub_option_int(task, "row_max_bytes", 65536);
    if (!m->path) {
        dunhub_permanent(task, "option", "option 'path' is missing: name the file or folder of the ledger");
        return false;
    }
    if (!check_encoding(task, m->encoding) || !read_sign(task, "delimiter", &m->delimiter) ||
        !read_sign(task, "quote", &m->quote) || !read_sign(task, "decimal_sign", &m->decimal) ||
        !read_sign(task, "thousands_sign", &m->thousands) || !read_as_of(task, &m->as_of) ||
        !read_map(task, "columns", m->theirs, &m->held[0]) || !read_map(task, "defaults", m->defaults, &m->held[1]) ||
        !read_map(task, "prefixes", m->prefixes, &m->held[2]))
        return false;
    if (!m->delimiter || (m->decimal && m->decimal == m->thousands)) {
        dunhub_permanent(task, "option", !m->delimiter ? "option 'delimiter' must be one sign"
                                                       : "options 'decimal_sign' and 'thousands_sign' are the same");
        return false;
    }
    m->values = dunhub_option_json(task, "values");
    m->yes_words = dunhub_option_json(task, "yes_words");
    if (dunhub_option(task, "currency"))
        m->defaults[COLUMN_currency] = dunhub_option(task, "currency");
    return check_mapped(task, m);
}

bool mapping_init(const DunhubTask *task, Mapping *ret_mapping)
{
    *ret_mapping = (Mapping){.as_of = DUNHUB_NO_DATE};
    if (read_options(task, ret_mapping)) {
        sign(task, ret_mapping);
        return true;
    }
    mapping_done(ret_mapping);
    return false;
}

void mapping_done(Mapping *mapping)
{
    for (size_t i = 0; i < sizeof mapping->held / sizeof *mapping->held; i++)
        json_decref(mapping->held[i]);
    json_decref(mapping->values);
    json_decref(mapping->yes_words);
}

/* ---- header ---- */

/* A title without blanks around it, case kept. */
static char *trimmed(const DunhubTask *task, Cell cell)
{
    const char *from = cell.p, *to = cell.p + cell.n;
    while (from < to && isspace((unsigned char)*from))
        from++;
    while (to > from && isspace((unsigned char)to[-1]))
        to--;
    return dunhub_format(task, "%.*s", (int)(to - from), from);
}

static char *list_titles(const DunhubTask *task, char **titles, size_t n)
{
    DunhubBuffer list = {0};
    for (size_t i = 0; i < n; i++)
        dunhub_append_format(&list, "%s%s", i ? ", " : "", titles[i]);
    char *text = dunhub_one_line(task, list.p ? list.p : "", 400);
    dunhub_buffer_done(&list);
    return text;
}

static void say_missing(const DunhubTask *task, const Mapping *m, const char *file, Column column, char **titles, size_t n)
{
    const char *wanted = m->theirs[column];
    const char *near = dunhub_nearest(wanted, (const char *const *)titles);
    const char *looks = n == 1 && strchr(titles[0], ';') ? "; it looks as if the delimiter were ';'"
                        : n == 1 && strchr(titles[0], '\t') ? "; it looks as if the delimiter were a tab"
                        : n == 1 && strchr(titles[0], ',') ? "; it looks as if the delimiter were ','"
                                                           : "";
    dunhub_permanent(task, "column", "%s:1: there is no column '%s' (columns: %s)%s%s%s; the file has: %s%s", file, wanted,
                     column_names[column], near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "",
                     list_titles(task, titles, n), looks);
}

static int find_title(char **titles, size_t n, const char *wanted)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(titles[i], wanted) == 0)
            return (int)i;
    int found = -1;
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(titles[i], wanted) == 0)
            found = found < 0 ? (int)i : -2;
    return found < 0 ? -1 : found;
}

/* "#3" is the third column, with or without a header. */
static int column_number(const char *wanted, size_t n)
{
    if (*wanted != '#')
        return -1;
    char *end;
    long number = strtol(wanted + 1, &end, 10);
    return *end || number < 1 || (size_t)number > n ? -1 : (int)number - 1;
}

bool header_resolve(const DunhubTask *task, const Mapping *mapping, const char *file, const Cell *cells, size_t n,
                    Header *ret_header)
{
    char **titles = task->host->alloc(task->call, (n + 1) * sizeof *titles);
    for (size_t i = 0; i < n; i++)
        titles[i] = trimmed(task, cells[i]);
    ret_header->n_fields = n;
    for (int column = 0; column < N_COLUMNS; column++) {
        const char *wanted = mapping->theirs[column];
        ret_header->fields[column] = -1;
        if (!wanted)
            continue;
        int field = column_number(wanted, n);
        if (field < 0 && mapping->has_header)
            field = find_title(titles, n, wanted);
        if (field < 0 && !mapping->has_header) {
            dunhub_permanent(task, "column", "%s: '%s' (columns: %s) is no column number: without a header write '#1' to '#%zu'",
                             file, wanted, column_names[column], n);
            return false;
        }
        if (field < 0) {
            say_missing(task, mapping, file, (Column)column, titles, n);
            return false;
        }
        ret_header->fields[column] = field;
    }
    return true;
}
