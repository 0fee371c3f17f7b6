/* Ledgers that come as delimited text files: accounts, contacts, invoices, payments, disputes. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "row.h"

/* ---- one file ---- */

static bool read_header(const LedgerPass *pass, Reader *reader, Decoder *decoder,
                        Header *ret_header)
{
    const Mapping *mapping = pass->options;
    ReaderOutcome outcome = reader_next(reader);
    if (outcome == READER_END) {
        dunhub_retry(pass->task, 0, "empty", "%s is empty; it is read again when it changes",
                     pass->path);
        return false;
    }
    if (outcome != READER_ROW) {
        dunhub_permanent(pass->task, "header", "%s:%" PRIu64 ": the header cannot be read: %s",
                         pass->path, reader->line,
                         outcome == READER_BAD ? reader->why : strerror(reader->error));
        return false;
    }
    Cell titles[READER_FIELDS_MAX];
    for (size_t i = 0; i < reader->n_cells; i++) {
        const char *text = decoder_text(decoder, reader->cells[i]);
        if (!text) {
            dunhub_permanent(pass->task, "encoding",
                             "%s:1: the header is no %s: set option 'encoding'", pass->path,
                             mapping->encoding);
            return false;
        }
        titles[i] = (Cell){text, strlen(text)};
    }
    return header_resolve(pass->task, mapping, pass->path, titles, reader->n_cells, ret_header);
}

static bool skip_mark(const LedgerPass *pass, int fd)
{
    char start[3] = {0};
    ssize_t got = pread(fd, start, sizeof start, 0);
    if (got >= 2 && (memcmp(start, "\xff\xfe", 2) == 0 || memcmp(start, "\xfe\xff", 2) == 0)) {
        dunhub_permanent(pass->task, "encoding",
                         "%s is UTF-16: save it as UTF-8 (in Excel: CSV UTF-8)", pass->path);
        return false;
    }
    if (got == 3 && memcmp(start, "\xef\xbb\xbf", 3) == 0)
        lseek(fd, 3, SEEK_SET);
    return true;
}

typedef bool (*WithFile)(LedgerPass *pass, Reader *reader, Decoder *decoder, const Header *header);

static bool with_file(LedgerPass *pass, int fd, WithFile then)
{
    const Mapping *mapping = pass->options;
    Reader reader;
    Decoder decoder;
    Header header;
    bool good = reader_init(&reader, fd, mapping->delimiter, mapping->quote, mapping->row_max);
    good = decoder_init(&decoder, mapping->encoding, mapping->row_max) && good;
    if (!good)
        dunhub_retry(pass->task, 0, "memory", "there is not enough memory to read %s", pass->path);
    good = good && skip_mark(pass, fd) && read_header(pass, &reader, &decoder, &header) &&
           then(pass, &reader, &decoder, &header);
    decoder_done(&decoder);
    reader_done(&reader);
    return good;
}

static bool read_rows(LedgerPass *pass, Reader *reader, Decoder *decoder, const Header *header)
{
    const Mapping *mapping = pass->options;
    bool has_row = !mapping->has_header; /* what was read for its width is a row */
    LedgerRow row;
    for (;;) {
        ReaderOutcome outcome = has_row ? READER_ROW : reader_next(reader);
        has_row = false;
        if (outcome == READER_END)
            return true;
        if (outcome == READER_FAILED) {
            dunhub_file_failed(pass->task, reader->error, "reading", pass->path);
            return false;
        }
        if (!ledger_step(pass))
            return false;
        if (outcome == READER_BAD)
            ledger_report(pass, reader->line, reader->why);
        else if (!ledger_take(pass, &row, row_read(mapping, header, reader, decoder, &row),
                              reader->line))
            return false;
    }
}

static bool read_file(LedgerPass *pass, int fd)
{
    return with_file(pass, fd, read_rows);
}

static bool is_readable(LedgerPass *pass, Reader *reader, Decoder *decoder, const Header *header)
{
    (void)pass, (void)reader, (void)decoder, (void)header;
    return true;
}

static bool check_file(LedgerPass *pass, int fd)
{
    return with_file(pass, fd, is_readable);
}

/* ---- handlers ---- */

static const char *const patterns[] = {"*.csv", "*.tsv", "*.txt", NULL};
static const LedgerFormat format = {patterns,  ".csv, .tsv or .txt", "line", ":", read_file,
                                    check_file};

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
           "File, folder (its .csv, .tsv and .txt files) or pattern such as /ledgers/2026-*.csv."),
    OPTION("columns", MAP, DUNHUB_OPTION_REQUIRED, NULL, LEDGER_COLUMN_KEYS,
           "Our name of each column and the file's title of it, or '#3' for the third column."),
    OPTION(
        "defaults", MAP, 0, NULL, LEDGER_COLUMN_KEYS,
        "Value of a column that the file does not have or leaves empty, such as kind: business."),
    OPTION("prefixes", MAP, 0, NULL, LEDGER_COLUMN_KEYS,
           "Text put before every value of a column, such as jurisdiction: 'US/'."),
    OPTION("values", MAP, 0, NULL, NULL,
           "The file's words for ours, as 'column:their word': our word, such as 'status:Storno': "
           "void."),
    OPTION("currency", TEXT, 0, NULL, NULL,
           "ISO 4217 code of all amounts where no column states one."),
    OPTION("encoding", CHOICE, 0, "utf-8", "utf-8|windows-1252|iso-8859-1|iso-8859-15",
           "How the file's bytes are letters; a UTF-8 mark at its start is passed over."),
    OPTION("delimiter", TEXT, 0, ",", NULL, "Sign between fields: one sign, or 'tab'."),
    OPTION("quote", TEXT, 0, "\"", NULL,
           "Sign around fields that hold delimiters or line breaks (RFC 4180), or 'none'."),
    OPTION("header", BOOL, 0, "true", NULL,
           "Whether the first line holds titles; without them columns are numbers."),
    OPTION("decimal_sign", TEXT, 0, ".", NULL, "Sign before the decimals of an amount, or 'none'."),
    OPTION("thousands_sign", TEXT, 0, "none", NULL,
           "Sign that groups the digits of an amount by three, 'space', or 'none'."),
    OPTION("date_format", TEXT, 0, "%Y-%m-%d", NULL,
           "Form of dates: %Y %y %m %d %b %e and literals (%m/%d/%Y also reads 7/1/2026), or iso, "
           "unix, unix_ms."),
    OPTION("timestamp_zone", TEXT, 0, NULL, NULL,
           "Time zone in which a timestamp of iso, unix or unix_ms becomes a day, such as "
           "Europe/Berlin; without it UTC."),
    OPTION(
        "yes_words", LIST, 0, "yes,y,true,1,x", NULL,
        "Words that mean yes in columns such as disputed, consumer and sms_consent, in any case."),
    OPTION("count_disputed", BOOL, 0, "false", NULL,
           "Whether rows marked as disputed open a dispute."),
    OPTION("as_of", TEXT, 0, NULL, NULL,
           "Day of a replay (2026-07-01): later invoices are not seen, later settlements have not "
           "happened; 'now': the day "
           "of the hub's clock."),
    OPTION("row_max_bytes", INT, 0, "65536", "256..1048576",
           "Longest row; a longer one is reported and left out."),
};

static const DunhubSource sources[] = {{
    .size = sizeof(DunhubSource),
    .name = "ledger",
    .emits = LEDGER_EMITS,
    .doc = "Reads the files that changed and tells what changed in them; bad rows are findings and "
           "the rest goes on.",
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
    .name = "csv_ledger",
    .version = "1.0",
    .doc =
        "Accounts, invoices and payments from delimited text files, mapped by configuration alone.",
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
