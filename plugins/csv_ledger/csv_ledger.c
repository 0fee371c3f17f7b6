/* Ledgers that come as delimited text files: accounts, contacts, invoices, payments, disputes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "facts.h"
#include "memory.h"

enum { PAGE_EVENTS = 400 /* the host hands on a page of 500 by itself */, FINDINGS_MAX = 1000, CANCEL_EVERY_ROWS = 256 };

/* One poll or read over all files. */
typedef struct {
    const DunhubTask *task;
    Mapping mapping;
    Memory memory;
    const json_t *accounts; /* of a read; NULL: a poll, everything that changed */
    json_t *files;          /* path -> signature of what was read to its end */
    size_t on_page;
    DunhubBuffer data, event;
    /* of the file that is being read */
    const char *path;
    char signature[17];
    Table seen; /* row -> line, account or contact -> 1 */
    bool reports;
    uint64_t rows, bad, known_rows;
} Pass;

/* ---- telling ---- */

static void put_cursor(const Pass *pass, DunhubBuffer *ret_cursor)
{
    char as_of[16] = "";
    if (pass->mapping.as_of != DUNHUB_NO_DATE)
        dunhub_date_format(pass->mapping.as_of, as_of);
    json_t *cursor = json_pack("{s:s, s:s, s:I, s:I, s:O}", "options", pass->mapping.signature, "as_of", as_of, "first",
                               (json_int_t)pass->memory.first, "chunks", (json_int_t)pass->memory.n, "files", pass->files);
    char *text = json_dumps(cursor, JSON_COMPACT | JSON_SORT_KEYS);
    dunhub_append_text(ret_cursor, text ? text : "");
    ret_cursor->failed |= !text;
    free(text);
    json_decref(cursor);
}

static bool make_durable(Pass *pass)
{
    DunhubBuffer cursor = {0};
    put_cursor(pass, &cursor);
    bool good = !cursor.failed &&
                pass->task->host->page_done(pass->task->call, (DunhubBytes){cursor.p, cursor.n}) == 0;
    dunhub_buffer_done(&cursor);
    if (!good)
        dunhub_retry(pass->task, 0, "page", "the hub did not take a page of the ledger; the next poll goes on there");
    return good;
}

/* The page, a cursor that counts its chunk, then the chunk. */
static bool end_page(Pass *pass)
{
    pass->on_page = 0;
    if (!pass->memory.unsaved.n)
        return make_durable(pass);
    pass->memory.n++;
    bool good = make_durable(pass);
    pass->memory.n--;
    if (good && !memory_save(pass->task, &pass->memory)) {
        dunhub_retry(pass->task, 0, "state", "the hub's state could not be written; the next poll tells this page again");
        return false;
    }
    return good;
}

static bool emit_fact(Pass *pass, const Fact *fact, const char *account, const char *object, const char *version)
{
    DunhubBuffer *out = &pass->event;
    out->n = 0;
    dunhub_append_text(out, "{\"id\":");
    append_json_text(out, fact->tag);
    out->n--;
    dunhub_append_text(out, ":");
    const char *parts[] = {account, object};
    for (size_t i = 0; i < 2 && parts[i]; i++) {
        size_t at = out->n;
        append_json_text(out, parts[i]);
        memmove(out->p + at, out->p + at + 1, out->n - at - 1);
        out->n -= 2; /* without its quotes */
        dunhub_append_text(out, i == 0 && object ? "/" : "");
    }
    dunhub_append_format(out, ":%s\",\"type\":\"%s\",\"account\":", version, fact->type);
    append_json_text(out, account);
    dunhub_append_text(out, ",\"data\":");
    dunhub_append(out, pass->data.p + fact->from, fact->to - fact->from);
    dunhub_append_text(out, "}");
    if (out->failed || pass->data.failed || pass->task->host->emit(pass->task->call, (DunhubBytes){out->p, out->n}) != 0) {
        dunhub_retry(pass->task, 0, "emit", "the hub did not take an event of %s", pass->path);
        return false;
    }
    pass->on_page++;
    return true;
}

static bool emit_facts(Pass *pass, const Facts *facts, const char *account, const char *object, const char *version)
{
    for (size_t i = 0; i < facts->n; i++)
        if (!emit_fact(pass, &facts->rows[i], account, object, version))
            return false;
    return true;
}

/* Tells facts if they are new or differ from what was told. A read tells all of the accounts it is asked for; its ids name
 * the file as it was, so that the poll that comes after it is never taken for a repeat. */
static bool tell(Pass *pass, uint64_t key, const Facts *facts, const char *account, const char *object)
{
    char version[48];
    const DunhubBytes content = {pass->data.p, facts->content_n};
    uint64_t hash = memory_hash(&content, 1);
    if (pass->accounts) {
        snprintf(version, sizeof version, "%016" PRIx64 "@%s", hash, pass->signature);
        return emit_facts(pass, facts, account, object, version);
    }
    const uint64_t *before = table_find(&pass->memory.table, key);
    Told told = before ? told_unpack(*before) : (Told){0};
    const uint64_t short_hash = told_unpack(told_pack((Told){.content = hash})).content;
    if (before && told.content == short_hash)
        return true;
    told = (Told){short_hash, facts->flags, told.change % 0xffff + 1};
    snprintf(version, sizeof version, "%016" PRIx64 ".%u", hash, told.change);
    if (!emit_facts(pass, facts, account, object, version))
        return false;
    if (!memory_put(&pass->memory, key, told)) {
        dunhub_retry(pass->task, 0, "memory", "there is not enough memory for the rows of %s", pass->path);
        return false;
    }
    return true;
}

/* ---- rows ---- */

static uint64_t key_of(const char *tag, const char *account, const char *object)
{
    const DunhubBytes parts[] = {{tag, 1}, {account, strlen(account)}, {object, strlen(object)}};
    return memory_hash(parts, 3);
}

static void report(Pass *pass, uint64_t line, const char *why)
{
    pass->bad++;
    if (!pass->reports || pass->bad > FINDINGS_MAX)
        return;
    char place[4200];
    snprintf(place, sizeof place, "%s:%" PRIu64, pass->path, line);
    dunhub_finding(pass->task, place, "%s", why);
}

/* Once in a file for each account and contact: the first row counts. */
static bool is_first(Pass *pass, uint64_t key)
{
    return !table_find(&pass->seen, key) && table_put(&pass->seen, key, 1);
}

static bool take_account(Pass *pass, const LedgerRow *row)
{
    static const char *const channels[] = {"email", "sms", "letter"};
    const char *account = row->text[COLUMN_account];
    Facts facts;
    uint64_t key = key_of("a", account, "");
    if (is_first(pass, key)) {
        facts_of_account(row, &pass->data, &facts);
        if (!tell(pass, key, &facts, account, NULL))
            return false;
    }
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        if (!facts_of_contact(row, channels[i], &pass->data, &facts))
            continue;
        char object[32];
        const DunhubBytes content = {pass->data.p, pass->data.n};
        snprintf(object, sizeof object, "%s-%08x", channels[i], (unsigned)memory_hash(&content, 1));
        key = key_of("c", account, object);
        if (is_first(pass, key) && !tell(pass, key, &facts, account, object))
            return false;
    }
    return true;
}

/* False: the pass ends and the result says why. A bad row ends nothing. */
static bool take_row(Pass *pass, const LedgerRow *row, uint64_t line)
{
    const Mapping *mapping = &pass->mapping;
    const char *account = row->text[COLUMN_account];
    if (row->has_invoice && mapping->as_of != DUNHUB_NO_DATE && row->issued_on > mapping->as_of)
        return true;
    if (!row->has_invoice)
        return take_account(pass, row);
    uint64_t key = key_of("i", account, row->text[COLUMN_invoice]);
    const uint64_t *first = table_find(&pass->seen, key);
    if (first) {
        char why[320];
        snprintf(why, sizeof why, "invoice '%.100s' of account '%.100s' stands already in line %" PRIu64 "; this row is left out",
                 row->text[COLUMN_invoice], account, *first);
        report(pass, line, why);
        return true;
    }
    table_put(&pass->seen, key, line);
    const uint64_t *before = table_find(&pass->memory.table, key);
    unsigned flags_before = before ? told_unpack(*before).flags : 0;
    pass->known_rows += before != NULL;
    Facts facts;
    if (!take_account(pass, row))
        return false;
    facts_of_invoice(mapping, row, flags_before, &pass->data, &facts);
    return tell(pass, key, &facts, account, row->text[COLUMN_invoice]);
}

static bool is_wanted(const Pass *pass, const LedgerRow *row)
{
    if (!pass->accounts)
        return true;
    for (size_t i = 0; i < json_array_size(pass->accounts); i++) {
        const char *account = json_string_value(json_array_get(pass->accounts, i));
        if (account && strcmp(account, row->text[COLUMN_account]) == 0)
            return true;
    }
    return false;
}

/* ---- one file ---- */

static bool read_header(Pass *pass, Reader *reader, Decoder *decoder, Header *ret_header)
{
    ReaderOutcome outcome = reader_next(reader);
    if (outcome == READER_END) {
        dunhub_retry(pass->task, 0, "empty", "%s is empty; it is read again when it changes", pass->path);
        return false;
    }
    if (outcome != READER_ROW) {
        dunhub_permanent(pass->task, "header", "%s:%" PRIu64 ": the header cannot be read: %s", pass->path, reader->line,
                         outcome == READER_BAD ? reader->why : strerror(reader->error));
        return false;
    }
    Cell titles[READER_FIELDS_MAX];
    for (size_t i = 0; i < reader->n_cells; i++) {
        const char *text = decoder_text(decoder, reader->cells[i]);
        if (!text) {
            dunhub_permanent(pass->task, "encoding", "%s:1: the header is no %s: set option 'encoding'", pass->path,
                             pass->mapping.encoding);
            return false;
        }
        titles[i] = (Cell){text, strlen(text)};
    }
    return header_resolve(pass->task, &pass->mapping, pass->path, titles, reader->n_cells, ret_header);
}

static bool say_cancelled(Pass *pass)
{
    dunhub_retry(pass->task, 1, "cancelled", "%s was not read to its end in time; the next poll goes on there", pass->path);
    return false;
}

static bool read_rows(Pass *pass, Reader *reader, Decoder *decoder, const Header *header, bool has_row)
{
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
        if (++pass->rows % CANCEL_EVERY_ROWS == 0 && pass->task->host->left_ms(pass->task->call) <= 0)
            return say_cancelled(pass);
        if (outcome == READER_BAD)
            report(pass, reader->line, reader->why);
        else if (!row_read(&pass->mapping, header, reader, decoder, &row))
            report(pass, reader->line, row.why);
        else if (is_wanted(pass, &row) && !take_row(pass, &row, reader->line))
            return false;
        if (!pass->accounts && pass->on_page >= PAGE_EVENTS && !end_page(pass))
            return false;
    }
}

static bool skip_mark(Pass *pass, int fd)
{
    char start[3] = {0};
    ssize_t got = pread(fd, start, sizeof start, 0);
    if (got >= 2 && (memcmp(start, "\xff\xfe", 2) == 0 || memcmp(start, "\xfe\xff", 2) == 0)) {
        dunhub_permanent(pass->task, "encoding", "%s is UTF-16: save it as UTF-8 (in Excel: CSV UTF-8)", pass->path);
        return false;
    }
    if (got == 3 && memcmp(start, "\xef\xbb\xbf", 3) == 0)
        lseek(fd, 3, SEEK_SET);
    return true;
}

static bool read_open_file(Pass *pass, int fd)
{
    const Mapping *mapping = &pass->mapping;
    Reader reader;
    Decoder decoder;
    Header header;
    bool good = reader_init(&reader, fd, mapping->delimiter, mapping->quote, mapping->row_max);
    good = decoder_init(&decoder, mapping->encoding, mapping->row_max) && good;
    if (!good)
        dunhub_retry(pass->task, 0, "memory", "there is not enough memory to read %s", pass->path);
    good = good && skip_mark(pass, fd) && read_header(pass, &reader, &decoder, &header) &&
           read_rows(pass, &reader, &decoder, &header, !mapping->has_header);
    decoder_done(&decoder);
    reader_done(&reader);
    return good;
}

static void sign_file(const struct stat *st, char ret[17])
{
    const int64_t parts[] = {(int64_t)st->st_ino, (int64_t)st->st_size, (int64_t)st->st_mtim.tv_sec, (int64_t)st->st_mtim.tv_nsec};
    const DunhubBytes bytes = {(const char *)parts, sizeof parts};
    snprintf(ret, 17, "%016" PRIx64, memory_hash(&bytes, 1));
}

static void say_what_went(const Pass *pass)
{
    if (pass->bad > FINDINGS_MAX && pass->reports)
        dunhub_log(pass->task, 3, "%s: %" PRIu64 " more bad rows are not listed", pass->path, pass->bad - FINDINGS_MAX);
    size_t known = 0;
    for (size_t i = 0; i < pass->memory.table.capacity; i++) {
        const TableEntry *entry = &pass->memory.table.entries[i];
        known += entry->key && (told_unpack(entry->value).flags & MEMORY_ROW) && !table_find(&pass->seen, entry->key);
    }
    if (known && pass->reports && json_object_size(pass->files) <= 1)
        dunhub_log(pass->task, 2, "%s: invoices that stood there before and are no longer in it: %zu; they stay as they were",
                   pass->path, known);
}

static bool read_file(Pass *pass, int fd, const struct stat *st)
{
    const char *before = dunhub_find_text(pass->files, pass->path);
    sign_file(st, pass->signature);
    pass->reports = !before || strcmp(before, pass->signature) != 0;
    pass->rows = pass->bad = pass->known_rows = 0;
    if (!read_open_file(pass, fd))
        return false;
    /* A file that was written to meanwhile is read again by the next poll. */
    struct stat after;
    char signature[17] = "";
    if (fstat(fd, &after) == 0)
        sign_file(&after, signature);
    if (strcmp(signature, pass->signature) == 0)
        json_object_set_new(pass->files, pass->path, json_string(signature));
    if (!pass->accounts && pass->mapping.as_of == DUNHUB_NO_DATE)
        say_what_went(pass);
    return true;
}

static bool is_unchanged(const Pass *pass, const struct stat *st, bool all)
{
    char signature[17];
    sign_file(st, signature);
    const char *before = dunhub_find_text(pass->files, pass->path);
    return !all && before && strcmp(before, signature) == 0;
}

/* all: also a file that is as it was. */
static bool visit_file(Pass *pass, const char *path, bool all)
{
    pass->path = path;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        dunhub_file_failed(pass->task, errno, "opening the ledger", path);
        if (fd >= 0)
            close(fd);
        return false;
    }
    bool good = true;
    if (!S_ISREG(st.st_mode)) {
        dunhub_permanent(pass->task, "path", "%s is no file: option 'path' names a file, a folder or a pattern such as *.csv", path);
        good = false;
    } else if (!is_unchanged(pass, &st, all)) {
        good = read_file(pass, fd, &st);
        table_done(&pass->seen);
    }
    close(fd);
    return good;
}

/* ---- all files ---- */

/* A folder means the .csv, .tsv and .txt files in it, in order of their names. False: the result says what is wrong. */
static bool find_files(const DunhubTask *task, const char *path, glob_t *ret_files)
{
    static const char *const patterns[] = {"*.csv", "*.tsv", "*.txt"};
    struct stat st;
    bool is_folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    *ret_files = (glob_t){0};
    if (!is_folder) {
        int error = glob(path, GLOB_NOCHECK, NULL, ret_files);
        if (error)
            dunhub_retry(task, 0, "path", "the files of %s cannot be listed", path);
        return error == 0;
    }
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        const char *pattern = dunhub_format(task, "%s/%s", path, patterns[i]);
        int error = glob(pattern, i ? GLOB_APPEND : 0, NULL, ret_files);
        if (error && error != GLOB_NOMATCH) {
            dunhub_retry(task, 0, "path", "the folder %s cannot be listed", path);
            return false;
        }
    }
    if (ret_files->gl_pathc)
        return true;
    dunhub_retry(task, 0, "path", "the folder %s holds no .csv, .tsv or .txt file", path);
    return false;
}

/* Without a cursor, or one of other options, every file is read; what was told is still known. */
static void take_cursor(Pass *pass, const json_t *input, bool *ret_all)
{
    json_auto_t *parsed = NULL;
    const json_t *cursor = json_object_get(input, "cursor");
    if (json_is_string(cursor)) {
        parsed = json_loads(json_string_value(cursor), 0, NULL);
        cursor = parsed;
    }
    char as_of[16] = "";
    if (pass->mapping.as_of != DUNHUB_NO_DATE)
        dunhub_date_format(pass->mapping.as_of, as_of);
    const char *options = dunhub_find_text(cursor, "options"), *as_of_before = dunhub_find_text(cursor, "as_of");
    bool same_options = options && strcmp(options, pass->mapping.signature) == 0;
    *ret_all = !same_options || !as_of_before || strcmp(as_of, as_of_before) != 0;
    const json_t *files = json_object_get(cursor, "files");
    pass->files = same_options && json_is_object(files) ? json_deep_copy(files) : json_object();
    pass->memory.first = (uint64_t)json_integer_value(json_object_get(cursor, "first"));
    pass->memory.n = (uint64_t)json_integer_value(json_object_get(cursor, "chunks"));
}

/* The last page, and fewer chunks where they have become many. */
static bool finish(Pass *pass)
{
    uint64_t old_first = 0, old_n = 0;
    if (!end_page(pass))
        return false;
    if (memory_compact(pass->task, &pass->memory, &old_first, &old_n)) {
        if (!make_durable(pass))
            return false;
        memory_drop(pass->task, old_first, old_n);
    }
    return true;
}

static void run_pass(Pass *pass, const json_t *input)
{
    glob_t files;
    bool all = true, loaded = false, good = true;
    take_cursor(pass, input, &all);
    if (!find_files(pass->task, pass->mapping.path, &files))
        return;
    for (size_t i = 0; good && i < files.gl_pathc; i++) {
        struct stat st;
        pass->path = files.gl_pathv[i];
        if (stat(pass->path, &st) == 0 && !pass->accounts && is_unchanged(pass, &st, all))
            continue;
        if (!loaded)
            good = loaded = memory_load(pass->task, &pass->memory);
        good = good && visit_file(pass, files.gl_pathv[i], all || pass->accounts);
    }
    globfree(&files);
    if (good && loaded && !pass->accounts)
        good = finish(pass);
    if (good)
        dunhub_ok(pass->task, NULL);
}

static void begin_pass(const DunhubTask *task, bool is_read)
{
    Pass pass = {.task = task};
    json_auto_t *input = dunhub_input(task);
    if (!input || !mapping_init(task, &pass.mapping))
        return;
    const json_t *accounts = json_object_get(input, "accounts");
    if (is_read && !json_is_array(accounts))
        dunhub_permanent(task, "input", "a read needs 'accounts': the list of customer ids to read");
    else if ((pass.accounts = is_read ? accounts : NULL, true))
        run_pass(&pass, input);
    memory_done(&pass.memory);
    table_done(&pass.seen);
    dunhub_buffer_done(&pass.data);
    dunhub_buffer_done(&pass.event);
    json_decref(pass.files);
    mapping_done(&pass.mapping);
}

static void poll_ledger(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    begin_pass(&task, false);
}

static void read_accounts(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    begin_pass(&task, true);
}

/* ---- check: the options, and the header of every file ---- */

static bool check_file(Pass *pass, const char *path)
{
    pass->path = path;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        dunhub_file_failed(pass->task, errno, "opening the ledger", path);
        return false;
    }
    Reader reader;
    Decoder decoder;
    Header header;
    bool good = reader_init(&reader, fd, pass->mapping.delimiter, pass->mapping.quote, pass->mapping.row_max);
    good = decoder_init(&decoder, pass->mapping.encoding, pass->mapping.row_max) && good;
    good = good && skip_mark(pass, fd) && read_header(pass, &reader, &decoder, &header);
    decoder_done(&decoder);
    reader_done(&reader);
    close(fd);
    return good;
}

static void check_ledger(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    Pass pass = {.task = &task};
    glob_t files;
    if (!mapping_init(&task, &pass.mapping))
        return;
    if (find_files(&task, pass.mapping.path, &files)) {
        bool good = true;
        for (size_t i = 0; good && i < files.gl_pathc; i++)
            good = check_file(&pass, files.gl_pathv[i]);
        if (good)
            dunhub_ok(&task, NULL);
        globfree(&files);
    }
    mapping_done(&pass.mapping);
}

/* ---- declaration ---- */

#define CSV_ALLOWED(name) "|" #name
#define OPTION(NAME, TYPE, FLAGS, FALLBACK, ALLOWED, DOC) \
    {sizeof(DunhubOption), NAME, DUNHUB_OPTION_##TYPE, FLAGS, FALLBACK, ALLOWED, DOC}

static const DunhubOption options[] = {
    OPTION("path", PATH, DUNHUB_OPTION_REQUIRED, NULL, NULL,
           "File, folder (its .csv, .tsv and .txt files) or pattern such as /ledgers/2026-*.csv."),
    OPTION("columns", MAP, DUNHUB_OPTION_REQUIRED, NULL, "account" CSV_OTHER_COLUMNS(CSV_ALLOWED),
           "Our name of each column and the file's title of it, or '#3' for the third column."),
    OPTION("defaults", MAP, 0, NULL, "account" CSV_OTHER_COLUMNS(CSV_ALLOWED),
           "Value of a column that the file does not have or leaves empty, such as kind: business."),
    OPTION("prefixes", MAP, 0, NULL, "account" CSV_OTHER_COLUMNS(CSV_ALLOWED),
           "Text put before every value of a column, such as jurisdiction: 'US/'."),
    OPTION("values", MAP, 0, NULL, NULL,
           "The file's words for ours, as 'column:their word': our word, such as 'status:Storno': void."),
    OPTION("currency", TEXT, 0, NULL, NULL, "ISO 4217 code of all amounts where no column states one."),
    OPTION("encoding", CHOICE, 0, "utf-8", "utf-8|windows-1252|iso-8859-1|iso-8859-15",
           "How the file's bytes are letters; a UTF-8 mark at its start is passed over."),
    OPTION("delimiter", TEXT, 0, ",", NULL, "Sign between fields: one sign, or 'tab'."),
    OPTION("quote", TEXT, 0, "\"", NULL, "Sign around fields that hold delimiters or line breaks (RFC 4180), or 'none'."),
    OPTION("header", BOOL, 0, "true", NULL, "Whether the first line holds titles; without them columns are numbers."),
    OPTION("decimal_sign", TEXT, 0, ".", NULL, "Sign before the decimals of an amount, or 'none'."),
    OPTION("thousands_sign", TEXT, 0, "none", NULL, "Sign that groups the digits of an amount by three, 'space', or 'none'."),
    OPTION("date_format", TEXT, 0, "%Y-%m-%d", NULL,
           "Form of dates: %Y %y %m %d %b %e and literals; %m/%d/%Y also reads 7/1/2026."),
    OPTION("yes_words", LIST, 0, "yes,y,true,1,x", NULL, "Words that mean yes in disputed, consumer and sms_consent, in any case."),
    OPTION("count_disputed", BOOL, 0, "false", NULL, "Whether rows marked as disputed open a dispute."),
    OPTION("as_of", TEXT, 0, NULL, NULL,
           "Day of a replay (2026-07-01): later invoices are not seen, later settlements have not happened; 'now': the day "
           "of the hub's clock."),
    OPTION("row_max_bytes", INT, 0, "65536", "256..1048576", "Longest row; a longer one is reported and left out."),
};

static const DunhubSource sources[] = {{
    .size = sizeof(DunhubSource),
    .name = "ledger",
    .emits = "account.updated,contact.updated,invoice.updated,payment.updated,credit.updated,dispute.updated",
    .doc = "Reads the files that changed and tells what changed in them; bad rows are findings and the rest goes on.",
    .every_s = 300,
    .flags = DUNHUB_SOURCE_LEDGER,
    .poll = poll_ledger,
    .read = read_accounts,
}};

static const DunhubLimits limits = {.size = sizeof(DunhubLimits), .concurrency = 2, .timeout_ms = 600000};

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
    .doc = "Accounts, invoices and payments from delimited text files, mapped by configuration alone.",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .sources = sources,
    .n_sources = sizeof sources / sizeof *sources,
    .limits = &limits,
    .check = check_ledger,
};

DUNHUB_EXPORT const DunhubPlugin *dunhub_plugin(void)
{
    return &plugin;
}
