/* Polls and reads of ledgers that come as files: which files changed, what changed in them, told in pages with a cursor. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ledger.h"
#include "lib/ledger_facts.h"
#include "lib/ledger_history.h"

enum {
    PAGE_EVENTS = 400 /* the host hands on a page of 500 by itself */,
    FINDINGS_MAX = 1000,
    CANCEL_EVERY_ROWS = 256
};

/* ---- telling ---- */

static void put_cursor(const LedgerPass *pass, DunhubBuffer *ret_cursor)
{
    char as_of[16] = "";
    if (pass->mapping->as_of != DUNHUB_NO_DATE)
        dunhub_date_format(pass->mapping->as_of, as_of);
    json_t *cursor = json_pack("{s:s, s:s, s:I, s:I, s:O}", "options", pass->mapping->signature,
                               "as_of", as_of, "first", (json_int_t)pass->memory.first, "chunks",
                               (json_int_t)pass->memory.n, "files", pass->files);
    char *text = json_dumps(cursor, JSON_COMPACT | JSON_SORT_KEYS);
    dunhub_append_text(ret_cursor, text ? text : "");
    ret_cursor->failed |= !text;
    free(text);
    json_decref(cursor);
}

static bool make_durable(LedgerPass *pass)
{
    DunhubBuffer cursor = {0};
    put_cursor(pass, &cursor);
    bool good = !cursor.failed && pass->task->host->page_done(
                                      pass->task->call, (DunhubBytes){cursor.p, cursor.n}) == 0;
    dunhub_buffer_done(&cursor);
    if (!good)
        dunhub_retry(pass->task, 0, "page",
                     "the hub did not take a page of the ledger; the next poll goes on there");
    return good;
}

/* The page, a cursor that counts its chunk, then the chunk. */
static bool end_page(LedgerPass *pass)
{
    pass->on_page = 0;
    if (!pass->memory.unsaved.n)
        return make_durable(pass);
    pass->memory.n++;
    bool good = make_durable(pass);
    pass->memory.n--;
    if (good && !ledger_memory_save(pass->task, &pass->memory)) {
        dunhub_retry(pass->task, 0, "state",
                     "the hub's state could not be written; the next poll tells this page again");
        return false;
    }
    return good;
}

bool ledger_emit(LedgerPass *pass, DunhubBytes event)
{
    if (pass->task->host->emit(pass->task->call, event) != 0) {
        dunhub_retry(pass->task, 0, "emit", "the hub did not take an event of %s", pass->path);
        return false;
    }
    pass->on_page++;
    return true;
}

bool ledger_tell_fact(LedgerPass *pass, const LedgerFact *fact, const char *account,
                      const char *object, const char *version)
{
    DunhubBuffer *out = &pass->event;
    out->n = 0;
    dunhub_append_text(out, "{\"id\":");
    ledger_append_text(out, fact->tag);
    out->n--;
    dunhub_append_text(out, ":");
    const char *parts[] = {account, object};
    for (size_t i = 0; i < 2 && parts[i]; i++) {
        size_t at = out->n;
        ledger_append_text(out, parts[i]);
        memmove(out->p + at, out->p + at + 1, out->n - at - 1);
        out->n -= 2; /* without its quotes */
        dunhub_append_text(out, i == 0 && object ? "/" : "");
    }
    dunhub_append_format(out, ":%s\",\"type\":\"%s\",\"account\":", version, fact->type);
    ledger_append_text(out, account);
    dunhub_append_text(out, ",\"data\":");
    dunhub_append(out, pass->data.p + fact->from, fact->to - fact->from);
    if (pass->history)
        dunhub_append_format(out, ",\"known_on\":\"%s\",\"page\":%u", pass->history->known_on,
                             (unsigned)pass->history->page);
    dunhub_append_text(out, "}");
    if (out->failed || pass->data.failed) {
        dunhub_retry(pass->task, 0, "memory", "there is not enough memory for an event of %s",
                     pass->path);
        return false;
    }
    return ledger_emit(pass, (DunhubBytes){out->p, out->n});
}

static bool emit_facts(LedgerPass *pass, const LedgerFacts *facts, const char *account,
                       const char *object, const char *version)
{
    for (size_t i = 0; i < facts->n; i++)
        if (!ledger_tell_fact(pass, &facts->rows[i], account, object, version))
            return false;
    return true;
}

/* Tells facts if they are new or differ from what was told. A read tells all of the accounts it is asked for; its ids name
 * the file as it was, so that the poll that comes after it is never taken for a repeat. */
static bool tell(LedgerPass *pass, uint64_t key, const LedgerFacts *facts, const char *account,
                 const char *object)
{
    char version[48];
    const DunhubBytes content = {pass->data.p, facts->content_n};
    uint64_t hash = ledger_memory_hash(&content, 1);
    if (pass->accounts) {
        snprintf(version, sizeof version, "%016" PRIx64 "@%s", hash, pass->signature);
        return emit_facts(pass, facts, account, object, version);
    }
    const uint64_t *before = ledger_table_find(&pass->memory.table, key);
    LedgerTold told = before ? ledger_told_unpack(*before) : (LedgerTold){0};
    const uint64_t short_hash =
        ledger_told_unpack(ledger_told_pack((LedgerTold){.content = hash})).content;
    if (before && told.content == short_hash)
        return true;
    told = (LedgerTold){short_hash, facts->flags, told.change % 0xffff + 1};
    snprintf(version, sizeof version, "%016" PRIx64 ".%u", hash, told.change);
    if (!emit_facts(pass, facts, account, object, version))
        return false;
    if (!ledger_memory_put(&pass->memory, key, told)) {
        dunhub_retry(pass->task, 0, "memory", "there is not enough memory for the rows of %s",
                     pass->path);
        return false;
    }
    return true;
}

/* ---- rows ---- */

uint64_t ledger_key(const char *tag, const char *account, const char *object)
{
    const DunhubBytes parts[] = {{tag, 1}, {account, strlen(account)}, {object, strlen(object)}};
    return ledger_memory_hash(parts, 3);
}

void ledger_report(LedgerPass *pass, uint64_t number, const char *why)
{
    pass->bad++;
    if (!pass->reports || pass->bad > FINDINGS_MAX)
        return;
    char place[4200];
    snprintf(place, sizeof place, "%s%s%" PRIu64, pass->path, pass->format->mark, number);
    dunhub_finding(pass->task, place, "%s", why);
}

/* Once in a file for each account and contact: the first row counts. */
static bool is_first(LedgerPass *pass, uint64_t key)
{
    return !ledger_table_find(&pass->seen, key) && ledger_table_put(&pass->seen, key, 1);
}

static bool take_contacts(LedgerPass *pass, const LedgerRow *row)
{
    const char *account = row->text[COLUMN_account];
    for (size_t i = 0; i < LEDGER_CHANNELS; i++) {
        LedgerFacts facts;
        char object[32];
        if (!ledger_facts_of_contact(row, i, &pass->data, &facts, object))
            continue;
        uint64_t key = ledger_key("c", account, object);
        if (is_first(pass, key) && !tell(pass, key, &facts, account, object))
            return false;
    }
    return true;
}

/* What begins and ends is told once: a read before an act tells it under the id that the next poll gives it. */
static bool tell_turn(LedgerPass *pass, uint64_t key, const LedgerFacts *facts, LedgerTold told,
                      const char *account, const char *object)
{
    char version[48];
    const DunhubBytes content = {pass->data.p, pass->data.n};
    told.change = told.change % 0xffff + 1;
    snprintf(version, sizeof version, "%016" PRIx64 ".%u", ledger_memory_hash(&content, 1),
             told.change);
    if (!emit_facts(pass, facts, account, object, version))
        return false;
    if (pass->accounts || ledger_memory_put(&pass->memory, key, told))
        return true;
    dunhub_retry(pass->task, 0, "memory", "there is not enough memory for the rows of %s",
                 pass->path);
    return false;
}

static LedgerTold told_of(const LedgerPass *pass, uint64_t key)
{
    const uint64_t *before = ledger_table_find(&pass->memory.table, key);
    return before ? ledger_told_unpack(*before) : (LedgerTold){0};
}

static bool take_holds(LedgerPass *pass, const LedgerRow *row)
{
    const char *account = row->text[COLUMN_account];
    for (size_t i = 0; i < LEDGER_HOLDS; i++) {
        if (!pass->mapping->theirs[ledger_holds[i].column])
            continue;
        LedgerFacts facts;
        const char *kind = ledger_holds[i].kind;
        uint64_t key = ledger_key("h", account, kind);
        LedgerTold told = told_of(pass, key);
        uint64_t now = ledger_hold_of(row, i, pass->today), before = told.content;
        told.content = now;
        if (ledger_facts_of_hold(i, before, now, pass->today, &pass->data, &facts) &&
            !tell_turn(pass, key, &facts, told, account, kind))
            return false;
    }
    return true;
}

static bool take_status(LedgerPass *pass, const LedgerRow *row)
{
    const char *account = row->text[COLUMN_account];
    uint64_t key = ledger_key("s", account, "");
    LedgerTold told = told_of(pass, key);
    LedgerFacts facts;
    if (!pass->mapping->theirs[COLUMN_tenant_status] ||
        !ledger_facts_of_status(row, told.flags & LEDGER_TOLD_ROW, &pass->data, &facts))
        return true;
    const DunhubBytes content = {pass->data.p, pass->data.n};
    LedgerTold now = {ledger_memory_hash(&content, 1), facts.flags, told.change};
    now.content = ledger_told_unpack(ledger_told_pack(now)).content;
    return now.content == told.content || tell_turn(pass, key, &facts, now, account, NULL);
}

static bool take_account(LedgerPass *pass, const LedgerRow *row)
{
    const char *account = row->text[COLUMN_account];
    LedgerFacts facts;
    uint64_t key = ledger_key("a", account, "");
    bool is_only_named = row->says_no_account_facts && ledger_table_find(&pass->memory.table, key);
    if (!is_only_named && is_first(pass, key)) {
        ledger_facts_of_account(row, &pass->data, &facts);
        if (!tell(pass, key, &facts, account, NULL) || !take_status(pass, row) ||
            !take_holds(pass, row))
            return false;
    }
    return take_contacts(pass, row);
}

/* False: the pass ends and the result says why. A bad row ends nothing. */
static bool take_row(LedgerPass *pass, const LedgerRow *row, uint64_t number)
{
    const LedgerMapping *mapping = pass->mapping;
    const char *account = row->text[COLUMN_account];
    if (row->has_invoice && mapping->as_of != DUNHUB_NO_DATE && row->issued_on > mapping->as_of)
        return true;
    if (!row->has_invoice)
        return take_account(pass, row);
    uint64_t key = ledger_key("i", account, row->text[COLUMN_invoice]);
    const uint64_t *first = ledger_table_find(&pass->seen, key);
    if (first) {
        char why[320];
        snprintf(why, sizeof why,
                 "invoice '%.100s' of account '%.100s' stands already in %s %" PRIu64
                 "; this row is left out",
                 row->text[COLUMN_invoice], account, pass->format->unit, *first);
        ledger_report(pass, number, why);
        return true;
    }
    ledger_table_put(&pass->seen, key, number);
    const uint64_t *before = ledger_table_find(&pass->memory.table, key);
    unsigned flags_before = before ? ledger_told_unpack(*before).flags : 0;
    LedgerFacts facts;
    if (!take_account(pass, row))
        return false;
    ledger_facts_of_invoice(mapping, row, flags_before, &pass->data, &facts);
    return tell(pass, key, &facts, account, row->text[COLUMN_invoice]);
}

static bool is_wanted(const LedgerPass *pass, const LedgerRow *row)
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

bool ledger_step(LedgerPass *pass)
{
    if (++pass->rows % CANCEL_EVERY_ROWS != 0 || pass->task->host->left_ms(pass->task->call) > 0)
        return true;
    dunhub_retry(pass->task, 1, "cancelled",
                 "%s was not read to its end in time; the next poll goes on there", pass->path);
    return false;
}

bool ledger_page(LedgerPass *pass)
{
    return pass->accounts || pass->history || pass->on_page < PAGE_EVENTS || end_page(pass);
}

bool ledger_take(LedgerPass *pass, const LedgerRow *row, bool is_good, uint64_t number)
{
    if (!is_good)
        ledger_report(pass, number, row->why);
    else if (pass->history)
        return ledger_history_take(pass, row, number);
    else if (is_wanted(pass, row) && !take_row(pass, row, number))
        return false;
    return ledger_page(pass);
}

static void sign_file(const struct stat *st, char ret[17])
{
    const int64_t parts[] = {(int64_t)st->st_ino, (int64_t)st->st_size, (int64_t)st->st_mtim.tv_sec,
                             (int64_t)st->st_mtim.tv_nsec};
    const DunhubBytes bytes = {(const char *)parts, sizeof parts};
    snprintf(ret, 17, "%016" PRIx64, ledger_memory_hash(&bytes, 1));
}

static void say_what_went(const LedgerPass *pass)
{
    if (pass->bad > FINDINGS_MAX && pass->reports)
        dunhub_log(pass->task, 3, "%s: %" PRIu64 " more bad rows are not listed", pass->path,
                   pass->bad - FINDINGS_MAX);
    size_t known = 0;
    for (size_t i = 0; i < pass->memory.table.capacity; i++) {
        const LedgerTableEntry *entry = &pass->memory.table.entries[i];
        known += entry->key && (ledger_told_unpack(entry->value).flags & LEDGER_TOLD_ROW) &&
                 !ledger_table_find(&pass->seen, entry->key);
    }
    if (known && pass->reports && json_object_size(pass->files) <= 1)
        dunhub_log(pass->task, 2,
                   "%s: invoices that stood there before and are no longer in it: %zu; they stay "
                   "as they were",
                   pass->path, known);
}

static bool read_file(LedgerPass *pass, int fd, const struct stat *st)
{
    const char *before = dunhub_find_text(pass->files, pass->path);
    sign_file(st, pass->signature);
    pass->reports = !before || strcmp(before, pass->signature) != 0;
    pass->rows = pass->bad = 0;
    if (!pass->format->read(pass, fd))
        return false;
    /* A file that was written to meanwhile is read again by the next poll. */
    struct stat after;
    char signature[17] = "";
    if (fstat(fd, &after) == 0)
        sign_file(&after, signature);
    if (strcmp(signature, pass->signature) == 0)
        json_object_set_new(pass->files, pass->path, json_string(signature));
    if (!pass->accounts && !pass->history && pass->mapping->as_of == DUNHUB_NO_DATE)
        say_what_went(pass);
    return true;
}

static bool is_unchanged(const LedgerPass *pass, const struct stat *st, bool all)
{
    char signature[17];
    sign_file(st, signature);
    const char *before = dunhub_find_text(pass->files, pass->path);
    return !all && before && strcmp(before, signature) == 0;
}

/* all: also a file that is as it was. */
static bool visit_file(LedgerPass *pass, const char *path, bool all)
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
        dunhub_permanent(
            pass->task, "path",
            "%s is no file: option 'path' names a file, a folder or a pattern such as %s", path,
            pass->format->patterns[0]);
        good = false;
    } else if (!is_unchanged(pass, &st, all)) {
        good = read_file(pass, fd, &st);
        ledger_table_done(&pass->seen);
    }
    close(fd);
    return good;
}

/* ---- all files ---- */

/* A folder means the format's files in it, in order of their names. False: the result says what is wrong. */
static bool find_files(const DunhubTask *task, const LedgerFormat *format, const char *path,
                       glob_t *ret_files)
{
    struct stat st;
    bool is_folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    *ret_files = (glob_t){0};
    if (!is_folder) {
        int error = glob(path, GLOB_NOCHECK | GLOB_BRACE, NULL, ret_files);
        if (error)
            dunhub_retry(task, 0, "path", "the files of %s cannot be listed", path);
        return error == 0;
    }
    for (size_t i = 0; format->patterns[i]; i++) {
        const char *pattern = dunhub_format(task, "%s/%s", path, format->patterns[i]);
        int error = glob(pattern, i ? GLOB_APPEND : 0, NULL, ret_files);
        if (error && error != GLOB_NOMATCH) {
            dunhub_retry(task, 0, "path", "the folder %s cannot be listed", path);
            return false;
        }
    }
    if (ret_files->gl_pathc)
        return true;
    dunhub_retry(task, 0, "path", "the folder %s holds no %s file", path, format->kinds);
    return false;
}

/* Without a cursor, or one of other options, every file is read; what was told is still known. */
static void take_cursor(LedgerPass *pass, const json_t *input, bool *ret_all)
{
    json_auto_t *parsed = NULL;
    const json_t *cursor = json_object_get(input, "cursor");
    if (json_is_string(cursor)) {
        parsed = json_loads(json_string_value(cursor), 0, NULL);
        cursor = parsed;
    }
    char as_of[16] = "";
    if (pass->mapping->as_of != DUNHUB_NO_DATE)
        dunhub_date_format(pass->mapping->as_of, as_of);
    const char *options = dunhub_find_text(cursor, "options"),
               *as_of_before = dunhub_find_text(cursor, "as_of");
    bool same_options = options && strcmp(options, pass->mapping->signature) == 0;
    *ret_all = !same_options || !as_of_before || strcmp(as_of, as_of_before) != 0;
    const json_t *files = json_object_get(cursor, "files");
    pass->files = same_options && json_is_object(files) ? json_deep_copy(files) : json_object();
    pass->memory.first = (uint64_t)json_integer_value(json_object_get(cursor, "first"));
    pass->memory.n = (uint64_t)json_integer_value(json_object_get(cursor, "chunks"));
}

/* The last page, and fewer chunks where they have become many. */
static bool finish(LedgerPass *pass)
{
    uint64_t old_first = 0, old_n = 0;
    if (!end_page(pass))
        return false;
    if (ledger_memory_compact(pass->task, &pass->memory, &old_first, &old_n)) {
        if (!make_durable(pass))
            return false;
        ledger_memory_drop(pass->task, old_first, old_n);
    }
    return true;
}

/* The day of the replay, else of the hub's clock. */
static int32_t day_of_pass(const LedgerPass *pass, const json_t *input)
{
    const char *now = dunhub_find_text(input, "now");
    int32_t day = INT32_MIN;
    if (pass->mapping->as_of != DUNHUB_NO_DATE)
        return pass->mapping->as_of;
    if (now)
        dunhub_date_parse(dunhub_format(pass->task, "%.10s", now), "%Y-%m-%d", &day);
    return day;
}

static void run_pass(LedgerPass *pass, const json_t *input)
{
    glob_t files;
    pass->today = day_of_pass(pass, input);
    bool all = true, loaded = false, good;
    take_cursor(pass, input, &all);
    good = find_files(pass->task, pass->format, pass->mapping->path, &files);
    for (size_t i = 0; good && i < files.gl_pathc; i++) {
        struct stat st;
        pass->path = files.gl_pathv[i];
        if (stat(pass->path, &st) == 0 && !pass->accounts && is_unchanged(pass, &st, all))
            continue;
        if (!loaded)
            good = loaded = ledger_memory_load(pass->task, &pass->memory);
        good = good && visit_file(pass, files.gl_pathv[i], all || pass->accounts);
    }
    globfree(&files);
    if (good && loaded && !pass->accounts)
        good = finish(pass);
    if (good)
        dunhub_ok(pass->task, NULL);
}

/* Every file, in order; nothing is remembered. */
static void run_history(LedgerPass *pass)
{
    glob_t files;
    pass->files = json_object();
    bool good = find_files(pass->task, pass->format, pass->mapping->path, &files);
    for (size_t i = 0; good && i < files.gl_pathc; i++) {
        pass->history->file++;
        good = visit_file(pass, files.gl_pathv[i], true);
    }
    globfree(&files);
    if (good)
        dunhub_ok(pass->task, NULL);
}

static void pass_done(LedgerPass *pass)
{
    ledger_memory_done(&pass->memory);
    ledger_table_done(&pass->seen);
    dunhub_buffer_done(&pass->data);
    dunhub_buffer_done(&pass->event);
    json_decref(pass->files);
}

void ledger_poll(const DunhubTask *task, const LedgerFormat *format, const LedgerMapping *mapping,
                 const void *options)
{
    LedgerPass pass = {.task = task, .format = format, .mapping = mapping, .options = options};
    json_auto_t *input = dunhub_input(task);
    LedgerHistory history = {0};
    bool wrong = false;
    if (input && ledger_history_init(task, mapping, input, &history, &wrong)) {
        pass.history = &history;
        run_history(&pass);
    } else if (input && !wrong) {
        run_pass(&pass, input);
    }
    ledger_history_done(&history);
    pass_done(&pass);
}

void ledger_read_accounts(const DunhubTask *task, const LedgerFormat *format,
                          const LedgerMapping *mapping, const void *options)
{
    LedgerPass pass = {.task = task, .format = format, .mapping = mapping, .options = options};
    json_auto_t *input = dunhub_input(task);
    pass.accounts = json_object_get(input, "accounts");
    if (input && !json_is_array(pass.accounts))
        dunhub_permanent(task, "input",
                         "a read needs 'accounts': the list of customer ids to read");
    else if (input)
        run_pass(&pass, input);
    pass_done(&pass);
}

/* ---- check ---- */

static bool check_file(LedgerPass *pass, const char *path)
{
    pass->path = path;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        dunhub_file_failed(pass->task, errno, "opening the ledger", path);
        return false;
    }
    bool good = pass->format->check(pass, fd);
    close(fd);
    return good;
}

void ledger_check(const DunhubTask *task, const LedgerFormat *format, const LedgerMapping *mapping,
                  const void *options)
{
    LedgerPass pass = {.task = task, .format = format, .mapping = mapping, .options = options};
    glob_t files;
    bool good = find_files(task, format, mapping->path, &files);
    for (size_t i = 0; good && i < files.gl_pathc; i++)
        good = check_file(&pass, files.gl_pathv[i]);
    if (good)
        dunhub_ok(task, NULL);
    globfree(&files);
}
