#include "mapping.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- options ---- */

static bool check_encoding(const DunhubTask *task, const char *encoding)
{
    static const char *const known[] = {"utf-8", "windows-1252", "iso-8859-1", "iso-8859-15", NULL};
    for (size_t i = 0; known[i]; i++)
        if (strcasecmp(encoding, known[i]) == 0)
            return true;
    dunhub_permanent(
        task, "option",
        "option 'encoding' is '%s': utf-8, windows-1252, iso-8859-1 and iso-8859-15 are known",
        encoding);
    return false;
}

static bool read_options(const DunhubTask *task, Mapping *m)
{
    m->encoding = dunhub_option(task, "encoding");
    m->has_header = dunhub_option_bool(task, "header");
    m->row_max = (size_t)dunhub_option_int(task, "row_max_bytes", 65536);
    if (!check_encoding(task, m->encoding) || !ledger_sign(task, "delimiter", &m->delimiter) ||
        !ledger_sign(task, "quote", &m->quote))
        return false;
    if (!m->delimiter)
        dunhub_permanent(task, "option", "option 'delimiter' must be one sign");
    return m->delimiter != 0;
}

bool mapping_init(const DunhubTask *task, Mapping *ret_mapping)
{
    static const char *const own[] = {"encoding", "delimiter",     "quote",
                                      "header",   "row_max_bytes", NULL};
    if (!ledger_mapping_init(task, own, &ret_mapping->ledger))
        return false;
    if (read_options(task, ret_mapping))
        return true;
    ledger_mapping_done(&ret_mapping->ledger);
    return false;
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

static void say_missing(const DunhubTask *task, const Mapping *m, const char *file,
                        LedgerColumn column, char **titles, size_t n)
{
    const char *wanted = m->ledger.theirs[column];
    const char *near = dunhub_nearest(wanted, (const char *const *)titles);
    const char *looks =
        n == 1 && strchr(titles[0], ';')    ? "; it looks as if the delimiter were ';'"
        : n == 1 && strchr(titles[0], '\t') ? "; it looks as if the delimiter were a tab"
        : n == 1 && strchr(titles[0], ',')  ? "; it looks as if the delimiter were ','"
                                            : "";
    dunhub_permanent(task, "column",
                     "%s:1: there is no column '%s' (columns: %s)%s%s%s; the file has: %s%s", file,
                     wanted, ledger_columns[column], near ? ", did you mean '" : "",
                     near ? near : "", near ? "'?" : "", list_titles(task, titles, n), looks);
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

bool header_resolve(const DunhubTask *task, const Mapping *mapping, const char *file,
                    const Cell *cells, size_t n, Header *ret_header)
{
    char **titles = task->host->alloc(task->call, (n + 1) * sizeof *titles);
    for (size_t i = 0; i < n; i++)
        titles[i] = trimmed(task, cells[i]);
    ret_header->n_fields = n;
    for (int column = 0; column < N_COLUMNS; column++) {
        const char *wanted = mapping->ledger.theirs[column];
        ret_header->fields[column] = -1;
        if (!wanted)
            continue;
        int field = column_number(wanted, n);
        if (field < 0 && mapping->has_header)
            field = find_title(titles, n, wanted);
        if (field < 0 && !mapping->has_header) {
            dunhub_permanent(
                task, "column",
                "%s: '%s' (columns: %s) is no column number: without a header write '#1' to '#%zu'",
                file, wanted, ledger_columns[column], n);
            return false;
        }
        if (field < 0) {
            say_missing(task, mapping, file, (LedgerColumn)column, titles, n);
            return false;
        }
        ret_header->fields[column] = field;
    }
    return true;
}
