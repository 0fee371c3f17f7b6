#include "lib/ledger_history.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ledger_facts.h"

enum {
    PAGE_EVENTS = 400,   /* of a poll of one day, as ledger_pass.c cuts it */
    DAYS_MAX = 366 * 50, /* of one history */
};

/* ---- beginning and end ---- */

static bool read_day(const DunhubTask *task, const char *text, const char *what, int32_t *ret_day)
{
    char day[16] = "";
    if (text)
        snprintf(day, sizeof day, "%.10s", text);
    const char *wrong = text ? dunhub_date_parse(day, "%Y-%m-%d", ret_day) : "it is missing";
    if (wrong)
        dunhub_permanent(task, "input", "the history cannot be read: its %s is '%s': %s", what, day,
                         wrong);
    return !wrong;
}

bool ledger_history_init(const DunhubTask *task, const LedgerMapping *mapping, const json_t *input,
                         LedgerHistory *ret_history, bool *ret_wrong)
{
    const json_t *asked = json_object_get(input, "history");
    *ret_wrong = false;
    if (!asked)
        return false;
    LedgerHistory history = {0};
    *ret_wrong = true;
    if (!read_day(task, dunhub_find_text(asked, "from"), "first day", &history.from) ||
        !read_day(task, dunhub_find_text(input, "now"), "last day", &history.to))
        return false;
    if (mapping->as_of == DUNHUB_NO_DATE)
        history.to = history.from; /* the files as they are, known from the first day on */
    if (history.to < history.from || history.to - history.from >= DAYS_MAX) {
        dunhub_permanent(task, "input", "a history has 1 to %d days", DAYS_MAX);
        return false;
    }
    history.days = calloc((size_t)(history.to - history.from) + 1, sizeof *history.days);
    if (!history.days) {
        dunhub_retry(task, 0, "memory", "there is not enough memory for a history");
        return false;
    }
    *ret_history = history;
    *ret_wrong = false;
    return true;
}

void ledger_history_done(LedgerHistory *history)
{
    ledger_table_done(&history->known);
    ledger_table_done(&history->rows);
    free(history->knowns);
    free(history->places);
    free(history->days);
    dunhub_buffer_done(&history->before);
}

static bool cannot(const LedgerPass *pass, const char *what, const char *name)
{
    dunhub_permanent(pass->task, "day_by_day",
                     "%s tells of %s '%.100s' differently from one day to another; such a file is "
                     "read day by day",
                     pass->path, what, name);
    return false;
}

static bool no_memory(const LedgerPass *pass)
{
    dunhub_retry(pass->task, 0, "memory", "there is not enough memory for the history of %s",
                 pass->path);
    return false;
}

/* Room for one more row of that size; false: out of memory. */
static bool has_room(void **rows, size_t n, size_t *most, size_t size)
{
    if (n < *most)
        return true;
    size_t larger = *most ? *most * 2 : 1024;
    void *moved = realloc(*rows, larger * size);
    if (!moved)
        return false;
    *rows = moved;
    *most = larger;
    return true;
}

/* ---- telling ---- */

static void on_day(LedgerHistory *history, int32_t day)
{
    dunhub_date_format(day, history->known_on);
    history->page = history->days[day - history->from].page;
}

static void count(LedgerHistory *history, int32_t day, size_t n)
{
    history->days[day - history->from].on_page += (uint32_t)n;
}

/* A poll hands on a full page after a row. */
static void end_row(LedgerHistory *history, int32_t day)
{
    if (history->days[day - history->from].on_page < PAGE_EVENTS)
        return;
    history->days[day - history->from].page++;
    history->days[day - history->from].on_page = 0;
}

static void write_version(uint64_t content, unsigned change, char ret[48])
{
    snprintf(ret, 48, "%016" PRIx64 ".%u", content, change);
}

static uint64_t content_of(const LedgerPass *pass, const LedgerFacts *facts)
{
    const DunhubBytes content = {pass->data.p, facts->content_n};
    return ledger_memory_hash(&content, 1);
}

/* ---- accounts and contacts ---- */

static LedgerKnown *add_known(LedgerHistory *history, uint64_t key)
{
    if (!has_room((void **)&history->knowns, history->n_knowns, &history->most_knowns,
                  sizeof *history->knowns) ||
        !ledger_table_put(&history->known, key, history->n_knowns))
        return NULL;
    LedgerKnown *known = &history->knowns[history->n_knowns++];
    *known = (LedgerKnown){.day = INT32_MAX, .file = history->file, .file_day = INT32_MAX};
    return known;
}

static LedgerKnown *find_known(const LedgerHistory *history, uint64_t key)
{
    const uint64_t *index = ledger_table_find(&history->known, key);
    return index ? &history->knowns[*index] : NULL;
}

/* The first row of a file that can be seen on a day tells; it must say what is known already. */
static bool tell_known(LedgerPass *pass, LedgerKnown *known, const LedgerFacts *facts,
                       const char *account, const char *object, int32_t day)
{
    LedgerHistory *history = pass->history;
    uint64_t content = content_of(pass, facts);
    bool is_new = known->day == INT32_MAX;
    if (!is_new && known->content != content)
        return cannot(pass, "account", account);
    known->content = content;
    known->file = history->file;
    known->file_day = day;
    if (day >= known->day)
        return true;
    known->day = day;
    char version[48];
    write_version(content, 1, version);
    on_day(history, day);
    count(history, day, facts->n);
    for (size_t i = 0; i < facts->n; i++)
        if (!ledger_tell_fact(pass, &facts->rows[i], account, object, version))
            return false;
    return true;
}

static bool is_told(const LedgerHistory *history, const LedgerKnown *known, int32_t day)
{
    return known && known->file == history->file && known->file_day <= day;
}

static bool tell_turn(LedgerPass *pass, const LedgerFacts *facts, const char *tag,
                      const char *account, const char *object, int32_t day)
{
    LedgerHistory *history = pass->history;
    uint64_t key = ledger_key(tag, account, object ? object : "");
    LedgerKnown *known = find_known(history, key);
    if (!known && !(known = add_known(history, key)))
        return no_memory(pass);
    return tell_known(pass, known, facts, account, object, day);
}

/* What the row states of status and holds on the day it is first seen: from then on it is as it was. */
static bool take_turns(LedgerPass *pass, const LedgerRow *row, int32_t day)
{
    const char *account = row->text[COLUMN_account];
    LedgerFacts facts;
    if (ledger_facts_of_status(row, false, &pass->data, &facts) &&
        !tell_turn(pass, &facts, "s", account, NULL, day))
        return false;
    for (size_t i = 0; i < LEDGER_HOLDS; i++) {
        uint64_t now = ledger_hold_of(row, i, day);
        if (ledger_facts_of_hold(i, 0, now, day, &pass->data, &facts) &&
            !tell_turn(pass, &facts, "h", account, ledger_holds[i].kind, day))
            return false;
    }
    return true;
}

static bool take_account(LedgerPass *pass, const LedgerRow *row, int32_t day)
{
    LedgerHistory *history = pass->history;
    const char *account = row->text[COLUMN_account];
    uint64_t key = ledger_key("a", account, "");
    LedgerKnown *known = find_known(history, key);
    bool is_named = row->says_no_account_facts;
    if (known && known->is_named && !is_named)
        return cannot(pass, "account", account);
    if ((known && is_named && known->day <= day) ||
        (is_told(history, known, day) && known->is_named == is_named))
        return true;
    if (!known && !(known = add_known(history, key)))
        return no_memory(pass);
    known->is_named = is_named;
    LedgerFacts facts;
    ledger_facts_of_account(row, &pass->data, &facts);
    return tell_known(pass, known, &facts, account, NULL, day) && take_turns(pass, row, day);
}

static bool take_contacts(LedgerPass *pass, const LedgerRow *row, int32_t day)
{
    LedgerHistory *history = pass->history;
    const char *account = row->text[COLUMN_account];
    for (size_t i = 0; i < LEDGER_CHANNELS; i++) {
        LedgerFacts facts;
        char object[32];
        if (!ledger_facts_of_contact(row, i, &pass->data, &facts, object))
            continue;
        uint64_t key = ledger_key("c", account, object);
        LedgerKnown *known = find_known(history, key);
        if (is_told(history, known, day))
            continue;
        if (!known && !(known = add_known(history, key)))
            return no_memory(pass);
        if (!tell_known(pass, known, &facts, account, object, day))
            return false;
    }
    return true;
}

/* ---- invoices ---- */

/* False: the pass ends. *ret_again: the row stands in the file already and is left out. */
static bool note_row(LedgerPass *pass, const LedgerRow *row, uint64_t number, int32_t day,
                     bool *ret_again)
{
    LedgerHistory *history = pass->history;
    const char *account = row->text[COLUMN_account], *invoice = row->text[COLUMN_invoice];
    uint64_t key = ledger_key("i", account, invoice);
    const uint64_t *index = ledger_table_find(&history->rows, key);
    *ret_again = index != NULL;
    if (index) {
        const LedgerPlace *first = &history->places[*index];
        if (first->file != history->file || first->day > day)
            return cannot(pass, "invoice", invoice);
        char why[320];
        snprintf(why, sizeof why,
                 "invoice '%.100s' of account '%.100s' stands already in %s %" PRIu64
                 "; this row is left out",
                 invoice, account, pass->format->unit, first->number);
        ledger_report(pass, number, why);
        return true;
    }
    if (!has_room((void **)&history->places, history->n_places, &history->most_places,
                  sizeof *history->places) ||
        !ledger_table_put(&history->rows, key, history->n_places))
        return no_memory(pass);
    history->places[history->n_places++] = (LedgerPlace){number, history->file, day};
    return true;
}

/* What is as it was is not told again: it would be a repeat without effect. */
static bool is_as_before(const LedgerPass *pass, const LedgerFact *fact, const LedgerFacts *before)
{
    const DunhubBuffer *old = &pass->history->before;
    for (size_t i = 0; before && i < before->n; i++) {
        const LedgerFact *other = &before->rows[i];
        size_t n = other->to - other->from;
        if (strcmp(other->tag, fact->tag) == 0 && n == fact->to - fact->from &&
            memcmp(old->p + other->from, pass->data.p + fact->from, n) == 0)
            return true;
    }
    return false;
}

static bool tell_row(LedgerPass *pass, const LedgerRow *row, const LedgerFacts *facts, int32_t day,
                     unsigned change, const LedgerFacts *before)
{
    char version[48];
    write_version(content_of(pass, facts), change, version);
    on_day(pass->history, day);
    count(pass->history, day, facts->n);
    for (size_t i = 0; i < facts->n; i++)
        if (!is_as_before(pass, &facts->rows[i], before) &&
            !ledger_tell_fact(pass, &facts->rows[i], row->text[COLUMN_account],
                              row->text[COLUMN_invoice], version))
            return false;
    return true;
}

/* A row says one thing on the day it can first be seen, and another from its settlement on. */
static bool take_invoice(LedgerPass *pass, const LedgerRow *row, int32_t day)
{
    LedgerHistory *history = pass->history;
    LedgerMapping mapping = *pass->mapping;
    bool is_dated = mapping.as_of != DUNHUB_NO_DATE;
    LedgerFacts first, second;
    mapping.as_of = is_dated ? day : DUNHUB_NO_DATE;
    ledger_facts_of_invoice(&mapping, row, 0, &pass->data, &first);
    if (!tell_row(pass, row, &first, day, 1, NULL))
        return false;
    bool settles = is_dated && row->settled_on != DUNHUB_NO_DATE && row->settled_on > day &&
                   row->settled_on <= history->to;
    if (!settles)
        return true;
    history->before.n = 0;
    dunhub_append(&history->before, pass->data.p, pass->data.n);
    if (history->before.failed)
        return no_memory(pass);
    mapping.as_of = row->settled_on;
    ledger_facts_of_invoice(&mapping, row, first.flags, &pass->data, &second);
    bool is_same = second.content_n == first.content_n &&
                   memcmp(history->before.p, pass->data.p, first.content_n) == 0;
    if (!is_same && !tell_row(pass, row, &second, row->settled_on, 2, &first))
        return false;
    if (!is_same)
        end_row(history, row->settled_on);
    return true;
}

bool ledger_history_take(LedgerPass *pass, const LedgerRow *row, uint64_t number)
{
    LedgerHistory *history = pass->history;
    int32_t day = history->from;
    if (row->has_invoice && pass->mapping->as_of != DUNHUB_NO_DATE && row->issued_on > day)
        day = row->issued_on;
    if (day > history->to)
        return true;
    bool again = false;
    if (row->has_invoice && !note_row(pass, row, number, day, &again))
        return false;
    if (again)
        return true;
    if (!take_account(pass, row, day) || !take_contacts(pass, row, day) ||
        (row->has_invoice && !take_invoice(pass, row, day)))
        return false;
    end_row(history, day);
    return true;
}
