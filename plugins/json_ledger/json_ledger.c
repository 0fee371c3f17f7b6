/* Ledgers that come as JSON: an array of records, an array inside of an object, or a record a line. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "records.h"

enum { SCRATCH_MORE_BYTES = 65536, NAMES_SHOWN = 400 };

typedef struct {
    LedgerMapping ledger;
    const char *records;
    size_t record_max;
} Mapping;

/* ---- options ---- */

static bool check_fields(const DunhubTask *task, const LedgerMapping *ledger)
{
    for (int column = 0; column < N_COLUMNS; column++) {
        const char *spec = ledger->theirs[column], *why = spec ? field_check(spec) : NULL;
        if (!why)
            continue;
        dunhub_permanent(task, "option", "option 'columns': '%s' (%s): %s", spec,
                         ledger_columns[column], why);
        return false;
    }
    return true;
}

static bool mapping_init(const DunhubTask *task, Mapping *ret_mapping)
{
    static const char *const own[] = {"records", "amounts", "record_max_bytes", NULL};
    if (!ledger_mapping_init(task, own, &ret_mapping->ledger))
        return false;
    ret_mapping->ledger.minor_units = strcmp(dunhub_option(task, "amounts"), "minor") == 0;
    ret_mapping->records = dunhub_option(task, "records");
    ret_mapping->record_max = (size_t)dunhub_option_int(task, "record_max_bytes", 1 << 20);
    if (check_fields(task, &ret_mapping->ledger))
        return true;
    ledger_mapping_done(&ret_mapping->ledger);
    return false;
}

/* ---- rows ---- */

/* A number has a point, whatever sign the ledger's texts use. */
static void use_sign(char *text, char decimal)
{
    char *point = strchr(text, '.');
    if (point && decimal)
        *point = decimal;
}

static bool is_about_account(LedgerColumn column)
{
    return column > COLUMN_account && column < COLUMN_invoice;
}

static bool is_about_invoice(LedgerColumn column)
{
    return column == COLUMN_invoice || column == COLUMN_amount || column == COLUMN_open ||
           column == COLUMN_issued_on;
}

static bool row_read(const Mapping *mapping, const json_t *record, LedgerScratch *scratch,
                     LedgerRow *ret_row)
{
    const LedgerMapping *ledger = &mapping->ledger;
    bool maps_account = false, has_account = false, has_invoice = false;
    ledger_row_begin(ret_row);
    scratch->used = 0;
    for (int i = 0; i < N_COLUMNS; i++) {
        LedgerColumn column = (LedgerColumn)i;
        const char *spec = ledger->theirs[column];
        FieldValue value = {0};
        const char *why = spec ? field_read(record, spec, scratch, &value) : NULL;
        if (why)
            return ledger_row_bad(ret_row, "field '%s': %s", spec, why);
        if (value.is_number && value.text)
            use_sign(value.text, ledger->decimal);
        maps_account |= spec && is_about_account(column);
        has_account |= value.text && is_about_account(column);
        has_invoice |= value.text && is_about_invoice(column);
        ret_row->plus_days[column] = value.plus_days;
        ledger_row_cell(ledger, ret_row, column, value.text, scratch);
    }
    ret_row->says_no_account_facts = maps_account && !has_account;
    ret_row->has_invoice = ledger->theirs[COLUMN_invoice] && has_invoice;
    return ledger_row_end(ledger, ret_row);
}

/* ---- one file ---- */

static bool say_broken(const LedgerPass *pass, const Records *records)
{
    dunhub_retry(pass->task, 0, "json",
                 "%s: record %" PRIu64 " (line %" PRIu64 "): %s; it is read again at the next poll",
                 pass->path, records->number, records->line, records->why);
    return false;
}

static bool say_failed(const LedgerPass *pass, const Records *records)
{
    dunhub_file_failed(pass->task, records->error, "reading", pass->path);
    return false;
}

static bool begin(const LedgerPass *pass, Records *records)
{
    const Mapping *mapping = pass->options;
    RecordsOutcome outcome = records_begin(records, mapping->records);
    if (outcome == RECORDS_END)
        dunhub_retry(pass->task, 0, "empty", "%s is empty; it is read again when it changes",
                     pass->path);
    else if (outcome == RECORDS_BROKEN)
        dunhub_permanent(pass->task, "records", "%s:%" PRIu64 ": %s", pass->path, records->line,
                         records->why);
    return outcome == RECORDS_FAILED ? say_failed(pass, records) : outcome == RECORDS_ONE;
}

static void report(LedgerPass *pass, const Records *records)
{
    char why[400];
    snprintf(why, sizeof why, "line %" PRIu64 ": %s", records->began_on, records->why);
    ledger_report(pass, records->number, why);
}

static bool take_record(LedgerPass *pass, const Records *records, const json_t *record,
                        LedgerScratch *scratch)
{
    LedgerRow row;
    bool good = row_read(pass->options, record, scratch, &row);
    return ledger_take(pass, &row, good, records->number);
}

static bool read_records(LedgerPass *pass, Records *records, LedgerScratch *scratch)
{
    if (!begin(pass, records))
        return false;
    for (;;) {
        json_t *record = NULL;
        RecordsOutcome outcome = records_next(records, &record);
        if (outcome == RECORDS_END)
            return true;
        if (outcome == RECORDS_BROKEN || outcome == RECORDS_FAILED)
            return outcome == RECORDS_BROKEN ? say_broken(pass, records)
                                             : say_failed(pass, records);
        if (outcome == RECORDS_BAD)
            report(pass, records);
        bool good = ledger_step(pass) && (!record || take_record(pass, records, record, scratch));
        json_decref(record);
        if (!good)
            return false;
    }
}

typedef bool (*WithRecords)(LedgerPass *pass, Records *records, LedgerScratch *scratch);

static bool with_records(LedgerPass *pass, int fd, WithRecords then)
{
    const Mapping *mapping = pass->options;
    Records records;
    LedgerScratch scratch = {.size = mapping->record_max + SCRATCH_MORE_BYTES};
    scratch.p = malloc(scratch.size);
    bool good = records_init(&records, fd, mapping->record_max) && scratch.p;
    if (good)
        good = then(pass, &records, &scratch);
    else
        dunhub_retry(pass->task, 0, "memory", "there is not enough memory to read %s", pass->path);
    records_done(&records);
    free(scratch.p);
    return good;
}

static bool read_file(LedgerPass *pass, int fd)
{
    return with_records(pass, fd, read_records);
}

/* ---- check: does the first record have what is mapped? ---- */

static char *names_of(const LedgerPass *pass, const json_t *record)
{
    DunhubBuffer list = {0};
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)record, name, value)
        dunhub_append_format(&list, "%s%s", list.n ? ", " : "", name);
    char *text = dunhub_one_line(pass->task, list.p ? list.p : "nothing", NAMES_SHOWN);
    dunhub_buffer_done(&list);
    return text;
}

static bool check_records(LedgerPass *pass, Records *records, LedgerScratch *scratch)
{
    const Mapping *mapping = pass->options;
    json_t *record = NULL;
    LedgerRow row;
    if (!begin(pass, records))
        return false;
    RecordsOutcome outcome = records_next(records, &record);
    bool good = outcome == RECORDS_ONE || outcome == RECORDS_END;
    if (outcome == RECORDS_FAILED)
        say_failed(pass, records);
    else if (!good)
        dunhub_permanent(pass->task, "json", "%s: record 1: %s", pass->path, records->why);
    if (record && !row_read(mapping, record, scratch, &row)) {
        dunhub_permanent(pass->task, "record", "%s: record 1: %s; it has: %s", pass->path, row.why,
                         names_of(pass, record));
        good = false;
    }
    json_decref(record);
    return good;
}

static bool check_file(LedgerPass *pass, int fd)
{
    return with_records(pass, fd, check_records);
}

/* ---- handlers ---- */

static const char *const patterns[] = {"*.json", "*.ndjson", "*.jsonl", NULL};
static const LedgerFormat format = {
    patterns, ".json, .ndjson or .jsonl", "record", " record ", read_file, check_file};

typedef void (*Handling)(const DunhubTask *task, const LedgerFormat *format,
                         const LedgerMapping *mapping, const void *options);

static void handle(const DunhubTask *task, Handling handling)
{
    Mapping mapping;
    if (!mapping_init(task, &mapping))
        return;
    handling(task, &format, &mapping.ledger, &mapping);
    ledger_mapping_done(&mapping.ledger);
}

static void poll(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    handle(&(DunhubTask){host, call, ret_result}, ledger_poll);
}

static void read_accounts(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    handle(&(DunhubTask){host, call, ret_result}, ledger_read_accounts);
}

static void check(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    handle(&(DunhubTask){host, call, ret_result}, ledger_check);
}

/* ---- declaration ---- */

#define OPTION(NAME, TYPE, FLAGS, FALLBACK, ALLOWED, DOC)                                          \
    {                                                                                              \
        sizeof(DunhubOption), NAME, DUNHUB_OPTION_##TYPE, FLAGS, FALLBACK, ALLOWED, DOC            \
    }

static const DunhubOption options[] = {
    OPTION("path", PATH, DUNHUB_OPTION_REQUIRED, NULL, NULL,
           "File, folder (its .json, .ndjson and .jsonl files) or pattern such as "
           "/ledgers/{tenants,rents}.json."),
    OPTION("columns", MAP, DUNHUB_OPTION_REQUIRED, NULL, LEDGER_COLUMN_KEYS,
           "Our name of each column and where a record holds it: a path such as lines[0].amount, "
           "'customer | tenant.id', 'paid + "
           "days_late', or a text such as '{city}, {zip}'."),
    OPTION("records", TEXT, 0, NULL, NULL,
           "Names that lead to the list of records, such as data.items; without it the list is the "
           "file, or each line is a record."),
    OPTION("amounts", CHOICE, 0, "decimal", "decimal|minor",
           "Whether amounts are decimals (12.34) or whole numbers of minor units (1234)."),
    OPTION(
        "defaults", MAP, 0, NULL, LEDGER_COLUMN_KEYS,
        "Value of a column that a record does not have or leaves empty, such as kind: business."),
    OPTION("prefixes", MAP, 0, NULL, LEDGER_COLUMN_KEYS,
           "Text put before every value of a column, such as jurisdiction: 'US/'."),
    OPTION("values", MAP, 0, NULL, NULL,
           "The file's words for ours, as 'column:their word': our word, such as "
           "'status:succeeded': paid."),
    OPTION("currency", TEXT, 0, NULL, NULL,
           "ISO 4217 code of all amounts where no column states one."),
    OPTION("decimal_sign", TEXT, 0, ".", NULL,
           "Sign before the decimals of an amount that is a text, or 'none'."),
    OPTION("thousands_sign", TEXT, 0, "none", NULL,
           "Sign that groups the digits of an amount by three, 'space', or 'none'."),
    OPTION("date_format", TEXT, 0, "iso", NULL,
           "Form of dates: iso (a date, or a date and time), unix or unix_ms, or %Y %y %m %d %b %e "
           "and literals."),
    OPTION("timestamp_zone", TEXT, 0, NULL, NULL,
           "Time zone in which a timestamp of iso, unix or unix_ms becomes a day, such as "
           "Europe/Berlin; without it UTC."),
    OPTION(
        "yes_words", LIST, 0, "yes,y,true,1,x", NULL,
        "Words that mean yes in columns such as disputed, consumer and sms_consent, in any case."),
    OPTION("count_disputed", BOOL, 0, "false", NULL,
           "Whether records marked as disputed open a dispute."),
    OPTION("as_of", TEXT, 0, NULL, NULL,
           "Day of a replay (2026-07-01): later invoices are not seen, later settlements have not "
           "happened; 'now': the day "
           "of the hub's clock."),
    OPTION("record_max_bytes", INT, 0, "1048576", "1024..16777216",
           "Longest record; a longer one is reported and left out."),
};

static const DunhubSource sources[] = {{
    .size = sizeof(DunhubSource),
    .name = "ledger",
    .emits = LEDGER_EMITS,
    .doc = "Reads the files that changed and tells what changed in them; bad records are findings "
           "and the rest goes on.",
    .every_s = 300,
    .flags = DUNHUB_SOURCE_LEDGER | DUNHUB_SOURCE_HISTORY,
    .poll = poll,
    .read = read_accounts,
}};

static const DunhubLimits limits = {
    .size = sizeof(DunhubLimits), .concurrency = 2, .timeout_ms = 600000};

static const DunhubPlugin plugin = {
    .magic = DUNHUB_MAGIC,
    .abi_major = DUNHUB_ABI_MAJOR,
    .abi_minor = DUNHUB_ABI_MINOR,
    .size = sizeof(DunhubPlugin),
    .option_size = sizeof(DunhubOption),
    .action_size = sizeof(DunhubAction),
    .source_size = sizeof(DunhubSource),
    .name = "json_ledger",
    .version = "1.0",
    .doc = "Accounts, invoices and payments from JSON and NDJSON files, mapped by configuration "
           "alone.",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .sources = sources,
    .n_sources = sizeof sources / sizeof *sources,
    .limits = &limits,
    .check = check,
};

DUNHUB_EXPORT const DunhubPlugin *dunhub_plugin(void)
{
    return &plugin;
}
