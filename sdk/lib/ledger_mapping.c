#include "lib/ledger.h"

#include <ctype.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

#define LEDGER_NAME(name) #name,
const char *const ledger_columns[N_COLUMNS + 1] = {LEDGER_COLUMNS(LEDGER_NAME) NULL};
#undef LEDGER_NAME

/* ---- options ---- */

bool ledger_sign(const DunhubTask *task, const char *option, char *ret)
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
    if (strlen(text) == 1 && (unsigned char)*text >= ' ' && (unsigned char)*text < 0x7f &&
        !isalnum((unsigned char)*text)) {
        *ret = *text;
        return true;
    }
    dunhub_permanent(task, "option", "option '%s' is '%s': give one sign, or tab, space, none",
                     option, text);
    return false;
}

/* A map by our column names into rows[]. */
static bool read_map(const DunhubTask *task, const char *option, const char **rows,
                     json_t **ret_held)
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
    json_object_foreach(map, name, value)
    {
        size_t i = 0;
        while (i < N_COLUMNS && strcmp(ledger_columns[i], name) != 0)
            i++;
        if (i == N_COLUMNS) {
            const char *near = dunhub_nearest(name, ledger_columns);
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

bool ledger_as_of(const DunhubTask *task, int32_t *ret_as_of)
{
    const char *text = dunhub_option(task, "as_of");
    *ret_as_of = DUNHUB_NO_DATE;
    if (text && strcmp(text, "now") == 0)
        text = day_of_hub(task);
    const char *wrong = text ? dunhub_date_parse(text, "%Y-%m-%d", ret_as_of) : NULL;
    if (wrong)
        dunhub_permanent(task, "option", "option 'as_of' is '%s': %s; write 2026-07-01, or now",
                         text, wrong);
    return !wrong;
}

static bool check_mapped(const DunhubTask *task, const LedgerMapping *m)
{
    const struct {
        LedgerColumn column;
        bool needed;
    } rows[] = {
        {COLUMN_account, true},
        {COLUMN_amount, m->theirs[COLUMN_invoice] && !m->theirs[COLUMN_open]},
        {COLUMN_issued_on, m->theirs[COLUMN_invoice] != NULL},
        {COLUMN_currency, m->theirs[COLUMN_invoice] != NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        LedgerColumn column = rows[i].column;
        if (!rows[i].needed || m->theirs[column] || m->defaults[column])
            continue;
        dunhub_permanent(task, "option",
                         "option 'columns' maps no '%s': say which column of the file holds it%s",
                         ledger_columns[column],
                         column == COLUMN_currency ? ", or set option 'currency'" : "");
        return false;
    }
    return true;
}

void ledger_sign_options(const DunhubTask *task, const char *const *names, const char *const *more,
                         char ret[17])
{
    DunhubBytes parts[32];
    size_t n = 0;
    const char *const *lists[] = {names, more};
    for (size_t l = 0; l < 2; l++)
        for (const char *const *name = lists[l]; *name && n < sizeof parts / sizeof *parts;
             name++, n++) {
            const char *text = dunhub_option(task, *name);
            parts[n] = (DunhubBytes){text ? text : "", text ? strlen(text) : 0};
        }
    snprintf(ret, 17, "%016llx", (unsigned long long)ledger_memory_hash(parts, n));
}

static bool read_dates(const DunhubTask *task, LedgerMapping *m)
{
    static const struct {
        const char *word;
        LedgerDates dates;
    } words[] = {
        {"iso", LEDGER_DATES_ISO}, {"unix", LEDGER_DATES_UNIX}, {"unix_ms", LEDGER_DATES_UNIX_MS}};
    m->date_format = dunhub_option(task, "date_format");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(m->date_format, words[i].word) == 0)
            m->dates = words[i].dates;
    if (m->dates == LEDGER_DATES_PATTERN && !strchr(m->date_format, '%')) {
        dunhub_permanent(
            task, "option",
            "option 'date_format' is '%s': write iso, unix, unix_ms, or a form such as %%Y-%%m-%%d",
            m->date_format);
        return false;
    }
    const char *zone = dunhub_option(task, "timestamp_zone");
    if (!zone)
        return true;
    m->zone = g_time_zone_new_identifier(zone);
    if (!m->zone)
        dunhub_permanent(task, "option",
                         "option 'timestamp_zone' is '%s': there is no such time zone; write one "
                         "such as Europe/Berlin",
                         zone);
    return m->zone != NULL;
}

static bool read_options(const DunhubTask *task, LedgerMapping *m)
{
    m->path = dunhub_option(task, "path");
    m->count_disputed = dunhub_option_bool(task, "count_disputed");
    if (!m->path) {
        dunhub_permanent(task, "option",
                         "option 'path' is missing: name the file or folder of the ledger");
        return false;
    }
    if (!ledger_sign(task, "decimal_sign", &m->decimal) ||
        !ledger_sign(task, "thousands_sign", &m->thousands) || !ledger_as_of(task, &m->as_of) ||
        !read_dates(task, m) || !read_map(task, "columns", m->theirs, &m->held[0]) ||
        !read_map(task, "defaults", m->defaults, &m->held[1]) ||
        !read_map(task, "prefixes", m->prefixes, &m->held[2]))
        return false;
    if (m->decimal && m->decimal == m->thousands) {
        dunhub_permanent(task, "option",
                         "options 'decimal_sign' and 'thousands_sign' are the same");
        return false;
    }
    m->values = dunhub_option_json(task, "values");
    m->yes_words = dunhub_option_json(task, "yes_words");
    if (dunhub_option(task, "currency"))
        m->defaults[COLUMN_currency] = dunhub_option(task, "currency");
    return check_mapped(task, m);
}

bool ledger_mapping_init(const DunhubTask *task, const char *const *own, LedgerMapping *ret_mapping)
{
    static const char *const shared[] = {"decimal_sign",   "thousands_sign", "date_format",
                                         "timestamp_zone", "columns",        "defaults",
                                         "currency",       "prefixes",       "values",
                                         "yes_words",      "count_disputed", NULL};
    *ret_mapping = (LedgerMapping){.as_of = DUNHUB_NO_DATE};
    if (read_options(task, ret_mapping)) {
        ledger_sign_options(task, shared, own, ret_mapping->signature);
        return true;
    }
    ledger_mapping_done(ret_mapping);
    return false;
}

void ledger_mapping_done(LedgerMapping *mapping)
{
    for (size_t i = 0; i < sizeof mapping->held / sizeof *mapping->held; i++)
        json_decref(mapping->held[i]);
    json_decref(mapping->values);
    json_decref(mapping->yes_words);
    if (mapping->zone)
        g_time_zone_unref(mapping->zone);
    *mapping = (LedgerMapping){.as_of = DUNHUB_NO_DATE};
}
