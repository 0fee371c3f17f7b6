/* Writing decisions through store_* against a bare SQLite program (P7 of the goals): the same rows into the same tables and
 * indexes, the same settings, in turn, in one run; medians of several rounds.
 *
 * A decision here is what a step costs: one journal entry, the account changed, one invoice, one notice and one act added, the
 * act before it done, its outbox entry gone and a new one made, two audit entries; each group adds its seal. The bare program
 * holds every statement prepared and every value ready to bind; it links no chain and computes no hash, it writes as many bytes. */
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store.h"

enum { ACCOUNTS = 2000, ROUNDS = 7, MAX_CELLS = 72, ROWS_A_DECISION = 10 };
#define T0 INT64_C(1751328000000)
#define DETAIL                                                                                     \
    "{\"age\":6,\"overdue\":6500,\"policy\":\"tenant_formal\",\"target\":\"rent_notice\"}"
#define TEXT "Entered step rent_notice: the oldest invoice is 6 days overdue and its wait is over."

/* What differs from one decision to the next; written before the time is taken. */
typedef struct {
    char account[16];
    char event[16];
    char invoice[16];
    char notice[40];
    char act[48];
    char act_before[48];
    int64_t row;
} Decision;

static const int batches[] = {1, 64, 256, 1024};
static const int decisions_a_round[] = {128, 4096, 4096, 4096};

/* ---- the rows, as records ---------------------------------------------------------------------- */

static Account account_row;
static Invoice invoice_row;
static Notice notice_row;
static Act act_row, act_before_row;
static const ListRow list_row = {"delinquent", "rent_notice", "review", 20270};

static void set_act(Act *act, ActState state)
{
    record_init(&act_type, act);
    act->cycle = "cycle-1";
    act->step = "rent_notice";
    act->entry = 1;
    act->action = act->verb = "message.email";
    act->instance = "mail";
    act->purpose = "step_entered";
    act->channel = "email";
    act->address = "somebody@example.test";
    act->effect = EFFECT_CONTACT;
    act->required = true;
    act->state = (int)state;
    act->planned_on = 20270;
    act->release_at = T0;
    act->input = "{\"subject\":\"Your rent is overdue\",\"to\":\"somebody@example.test\"}";
}

static void set_records(void)
{
    record_init(&account_type, &account_row);
    account_row.name = "Somebody with a name";
    account_row.salt = "00112233445566778899aabbccddeeff";
    account_row.kind = ACCOUNT_TENANT;
    account_row.zone = "America/Chicago";
    account_row.segment = "standard";
    account_row.service = account_row.portal = SERVICE_ACTIVE;
    account_row.next_id = 7;
    record_init(&invoice_type, &invoice_row);
    invoice_row.currency = (Currency){"USD"};
    invoice_row.amount = 6500;
    invoice_row.issued_on = 20250;
    invoice_row.due_on = 20260;
    invoice_row.kind = INVOICE_CHARGE;
    invoice_row.status = INVOICE_OPEN;
    record_init(&notice_type, &notice_row);
    notice_row.cycle = "cycle-1";
    notice_row.name = notice_row.template_name = notice_row.step = "rent_notice";
    notice_row.currency = (Currency){"USD"};
    notice_row.planned_on = 20270;
    notice_row.release_at = T0;
    notice_row.state = NOTICE_PLANNED;
    set_act(&act_row, ACT_READY);
    set_act(&act_before_row, ACT_DONE);
    act_before_row.done_on = 20270;
    act_before_row.done_at = T0;
    act_before_row.attempts = 1;
}

/* The decisions of accounts in turn; `first` counts on from round to round. */
static Decision *make_decisions(int first, int n)
{
    Decision *decisions = g_new0(Decision, n);
    for (int i = 0; i < n; i++) {
        Decision *decision = &decisions[i];
        int number = first + i;
        /* a step that meets every account once and looks random to the tables */
        int account = (int)((int64_t)number * 769 % ACCOUNTS);
        decision->row = number / ACCOUNTS + 1;
        g_snprintf(decision->account, sizeof decision->account, "acc%07d", account);
        g_snprintf(decision->event, sizeof decision->event, "event%08d", number);
        g_snprintf(decision->invoice, sizeof decision->invoice, "inv%09d", number);
        g_snprintf(decision->notice, sizeof decision->notice, "%s/cycle-1/1/%05d",
                   decision->account, (int)decision->row);
        g_snprintf(decision->act, sizeof decision->act, "%s/cycle-1/1/email/%05d",
                   decision->account, (int)decision->row);
        g_snprintf(decision->act_before, sizeof decision->act_before, "%s/cycle-1/1/email/%05d",
                   decision->account, (int)decision->row - 1);
    }
    return decisions;
}

static void set_decision(const Decision *decision)
{
    account_row.id = decision->account;
    account_row.business_date = 20270 + (Date)decision->row;
    invoice_row.id = decision->invoice;
    invoice_row.sequence = decision->row;
    notice_row.key = act_row.notice = decision->notice;
    act_row.key = decision->act;
    act_row.sequence = decision->row;
    act_before_row.key = decision->act_before;
    act_before_row.sequence = decision->row - 1;
}

/* ---- through the store ------------------------------------------------------------------------- */

static void must(bool ok, GError *error)
{
    if (ok)
        return;
    fprintf(stderr, "bench: %s\n", error ? error->message : "failed");
    exit(1);
}

static void store_decision(Store *store, const Decision *decision)
{
    GError *error = NULL;
    uint64_t position;
    bool duplicate;
    set_decision(decision);
    const JournalEntry entry = {
        .account = decision->account,
        .source = "rents",
        .event_id = decision->event,
        .type = "invoice.updated",
        .data = "{\"amount\":6500,\"currency\":\"USD\",\"due_on\":\"2025-06-20\",\"id\":\"I\"}",
        .time = T0,
        .received_at = T0,
        .epoch = 1,
        .decided = true,
    };
    must(store_journal(store, &entry, &position, &duplicate, &error), error);
    const size_t row = (size_t)decision->row;
    const Change changes[] = {
        {KIND_ACCOUNT, &account_row, 0, false}, {KIND_INVOICE, &invoice_row, row, true},
        {KIND_NOTICE, &notice_row, row, true},  {KIND_ACT, &act_before_row, row - 1, false},
        {KIND_ACT, &act_row, row, true},
    };
    must(store_apply(store, decision->account, position, changes, G_N_ELEMENTS(changes), T0,
                     &list_row, &error),
         error);
    AuditEntry audit = {
        .position = position,
        .at = T0,
        .actor = "hub",
        .event = "step_entered",
        .rule = "§6.3",
        .subject = "rent_notice",
        .text = TEXT,
        .detail = DETAIL,
    };
    must(store_audit(store, decision->account, &audit, &error), error);
    audit.event = "act_released";
    must(store_audit(store, decision->account, &audit, &error), error);
}

static int64_t through_store(Store *store, const Decision *decisions, int n, int batch)
{
    GError *error = NULL;
    int64_t began = g_get_monotonic_time();
    for (int i = 0; i < n; i += batch) {
        must(store_begin(store, &error), error);
        for (int j = i; j < MIN(i + batch, n); j++)
            store_decision(store, &decisions[j]);
        must(store_commit(store, &error), error);
    }
    return g_get_monotonic_time() - began;
}

/* Every account with the act that the first decision ends. */
static void populate(Store *store)
{
    GError *error = NULL;
    must(store_begin(store, &error), error);
    for (int i = 0; i < ACCOUNTS; i++) {
        Decision decision;
        g_snprintf(decision.account, sizeof decision.account, "acc%07d", i);
        g_snprintf(decision.act, sizeof decision.act, "%s/cycle-1/1/email/%05d", decision.account,
                   0);
        account_row.id = decision.account;
        act_row.key = decision.act;
        act_row.sequence = 0;
        const Change changes[] = {{KIND_ACCOUNT, &account_row, 0, false},
                                  {KIND_ACT, &act_row, 0, true}};
        must(store_apply(store, decision.account, 0, changes, G_N_ELEMENTS(changes), T0, &list_row,
                         &error),
             error);
    }
    must(store_commit(store, &error), error);
}

static void make_store(const char *path, Store **ret_store)
{
    GError *error = NULL;
    must(store_open(&store_sqlite, path, STORE_READ_WRITE, NULL, ret_store, &error), error);
    populate(*ret_store);
}

/* ---- the bare program -------------------------------------------------------------------------- */

typedef struct {
    int type; /* SQLITE_NULL, SQLITE_INTEGER, SQLITE_TEXT, SQLITE_BLOB */
    int n;
    int64_t number;
    const void *bytes;
} Cell;

typedef struct {
    sqlite3_stmt *statement;
    Cell cells[MAX_CELLS];
    int n;
} Row;

/* Where in the rows the values stand that change. */
typedef struct {
    Cell *date, *invoice, *invoice_sequence, *notice, *act, *act_notice, *act_sequence, *before,
        *before_sequence;
} Places;

typedef struct {
    sqlite3 *db;
    Places places;
    Row begin, commit, count, journal, account, invoice, notice, act, act_before, put, remove,
        audit[2], seal;
    int64_t position, seals;
} Bare;

static void check(sqlite3 *db, int code)
{
    if (code == SQLITE_OK || code == SQLITE_DONE)
        return;
    fprintf(stderr, "bench: bare program: %s\n", sqlite3_errmsg(db));
    exit(1);
}

static void run_row(sqlite3 *db, const Row *row)
{
    for (int i = 0; i < row->n; i++) {
        const Cell *cell = &row->cells[i];
        if (cell->type == SQLITE_INTEGER)
            sqlite3_bind_int64(row->statement, i + 1, cell->number);
        else if (cell->type == SQLITE_TEXT)
            sqlite3_bind_text(row->statement, i + 1, cell->bytes, cell->n, SQLITE_STATIC);
        else if (cell->type == SQLITE_BLOB)
            sqlite3_bind_blob(row->statement, i + 1, cell->bytes, cell->n, SQLITE_STATIC);
        else
            sqlite3_bind_null(row->statement, i + 1);
    }
    check(db, sqlite3_step(row->statement));
    sqlite3_reset(row->statement);
}

static Cell number_cell(int64_t number)
{
    return (Cell){.type = SQLITE_INTEGER, .number = number};
}

static Cell text_cell_of(const char *text)
{
    return text ? (Cell){.type = SQLITE_TEXT, .n = (int)strlen(text), .bytes = text}
                : (Cell){.type = SQLITE_NULL};
}

static Cell field_cell(const Field *field, const void *record)
{
    const void *at = (const char *)record + field->offset;
    switch (field->type) {
    case FIELD_INT:
        return number_cell(*(const int64_t *)at);
    case FIELD_BOOL:
        return number_cell(*(const bool *)at);
    case FIELD_DATE:
        return *(const Date *)at == DATE_NONE ? (Cell){.type = SQLITE_NULL}
                                              : number_cell(*(const Date *)at);
    case FIELD_INSTANT:
    case FIELD_AMOUNT:
        return *(const int64_t *)at == AMOUNT_NONE ? (Cell){.type = SQLITE_NULL}
                                                   : number_cell(*(const int64_t *)at);
    case FIELD_CURRENCY:
        return text_cell_of(*(const char *)at ? at : NULL);
    case FIELD_CHOICE:
        return text_cell_of(*(const int *)at < 0 ? NULL : field->choices[*(const int *)at]);
    default:
        return text_cell_of(*(const char *const *)at);
    }
}

static void prepare(Bare *bare, Row *row, const char *sql)
{
    check(bare->db,
          sqlite3_prepare_v3(bare->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &row->statement, NULL));
}

/* Cells 0 and 1 are account and row, then the fields of the record. */
static void prepare_record(Bare *bare, Row *row, const RecordType *type, const void *record,
                           bool insert)
{
    g_autoptr(GString) names = g_string_new("account, row"), values = g_string_new("?1, ?2"),
                       sets = g_string_new(NULL);
    row->n = 2;
    for (size_t i = 0; i < type->n_fields; i++) {
        row->cells[row->n++] = field_cell(&type->fields[i], record);
        g_string_append_printf(names, ", \"%s\"", type->fields[i].name);
        g_string_append_printf(values, ", ?%d", row->n);
        g_string_append_printf(sets, "%s\"%s\" = ?%d", i ? ", " : "", type->fields[i].name, row->n);
    }
    g_autofree char *sql =
        insert ? g_strdup_printf("INSERT INTO \"%s\" (%s) VALUES (%s)", type->name, names->str,
                                 values->str)
               : g_strdup_printf("UPDATE \"%s\" SET %s WHERE account = ?1 AND row = ?2", type->name,
                                 sets->str);
    prepare(bare, row, sql);
}

static Cell *field_of(Row *row, const RecordType *type, const char *name)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        if (strcmp(type->fields[i].name, name) == 0)
            return &row->cells[2 + i];
    }
    abort();
}

/* The account's row: its fields less those that other tables or an index hold, and what lists and waking need. */
static void prepare_account(Bare *bare)
{
    Row *row = &bare->account;
    static const char *const left_out[] = {"id", "salt", "source", "external_id", NULL};
    g_autoptr(GString) sql = g_string_new(
        "UPDATE account SET position = ?2, wake_at = ?3, list_status = ?4, list_step = ?5, "
        "list_needs = ?6, list_since = ?7, kinds = ?8, salted = ?9");
    row->cells[2] = number_cell(T0);
    row->cells[3] = text_cell_of(list_row.status);
    row->cells[4] = text_cell_of(list_row.step);
    row->cells[5] = text_cell_of(list_row.needs);
    row->cells[6] = number_cell(list_row.since);
    row->cells[7] = number_cell(1 << KIND_INVOICE | 1 << KIND_NOTICE | 1 << KIND_ACT);
    row->cells[8] = number_cell(0);
    row->n = 9;
    for (size_t i = 0; i < account_type.n_fields; i++) {
        const Field *field = &account_type.fields[i];
        if (g_strv_contains(left_out, field->name))
            continue;
        row->cells[row->n++] = field_cell(field, &account_row);
        g_string_append_printf(sql, ", \"%s\" = ?%d", field->name, row->n);
    }
    g_string_append(sql, " WHERE account = ?1");
    prepare(bare, row, sql->str);
}

static void prepare_audit(Bare *bare, Row *row, const char *event)
{
    static const uint8_t hash[HASH_BYTES] = {1, 2, 3};
    static const char sql[] = "INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
                              "?11, ?12, ?13, ?14, ?15, ?16)";
    const char *const texts[] = {"hub", event,  "§6.3", "rent_notice", NULL,
                                 TEXT,  DETAIL, NULL,   NULL};
    row->cells[3] = number_cell(T0);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        row->cells[4 + i] = text_cell_of(texts[i]);
    row->cells[13] = row->cells[14] = (Cell){.type = SQLITE_BLOB, .n = HASH_BYTES, .bytes = hash};
    row->cells[15] = number_cell(AUDIT_VEILED);
    row->n = 16;
    prepare(bare, row, sql);
}

static void prepare_rest(Bare *bare)
{
    static const uint8_t hash[HASH_BYTES] = {1, 2, 3};
    Row *journal = &bare->journal, *put = &bare->put, *seal = &bare->seal;
    prepare(bare, journal,
            "INSERT INTO journal VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
    journal->cells[2] = text_cell_of("rents");
    journal->cells[4] = text_cell_of("invoice.updated");
    journal->cells[5] = text_cell_of(
        "{\"amount\":6500,\"currency\":\"USD\",\"due_on\":\"2025-06-20\",\"id\":\"I\"}");
    journal->cells[6] = journal->cells[7] = number_cell(T0);
    journal->cells[8] = journal->cells[10] = number_cell(1);
    journal->cells[9] = number_cell(0);
    journal->n = 11;
    prepare(bare, put, "INSERT INTO outbox VALUES (?1, ?2, ?3, ?4, 'mail', 0, ?5, 1, 0, 0, 0, 0)");
    put->n = 5;
    prepare(bare, &bare->remove, "DELETE FROM outbox WHERE account = ?1 AND row = ?2");
    bare->remove.n = 2;
    prepare(bare, seal, "INSERT INTO seal VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    for (int i = 3; i < 6; i++)
        seal->cells[i] = (Cell){.type = SQLITE_BLOB, .n = HASH_BYTES, .bytes = hash};
    seal->n = 6;
    prepare(bare, &bare->count, "UPDATE latest SET seal = ?1");
    bare->count.n = 1;
    prepare(bare, &bare->begin, "BEGIN IMMEDIATE");
    prepare(bare, &bare->commit, "COMMIT");
}

static Places places_of(Bare *bare)
{
    Cell *date = NULL;
    for (int i = 9; i < bare->account.n; i++) {
        if (bare->account.cells[i].type == SQLITE_INTEGER &&
            bare->account.cells[i].number == account_row.business_date)
            date = &bare->account.cells[i];
    }
    return (Places){
        .date = date,
        .invoice = field_of(&bare->invoice, &invoice_type, "id"),
        .invoice_sequence = field_of(&bare->invoice, &invoice_type, "sequence"),
        .notice = field_of(&bare->notice, &notice_type, "key"),
        .act = field_of(&bare->act, &act_type, "key"),
        .act_notice = field_of(&bare->act, &act_type, "notice"),
        .act_sequence = field_of(&bare->act, &act_type, "sequence"),
        .before = field_of(&bare->act_before, &act_type, "key"),
        .before_sequence = field_of(&bare->act_before, &act_type, "sequence"),
    };
}

static void open_bare(const char *path, Bare *bare)
{
    check(NULL,
          sqlite3_open_v2(path, &bare->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
    check(bare->db, sqlite3_exec(bare->db,
                                 "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; "
                                 "PRAGMA cell_size_check = ON; PRAGMA cache_size = -8000; "
                                 "PRAGMA temp_store = MEMORY; PRAGMA journal_mode = WAL; "
                                 "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; "
                                 "PRAGMA journal_size_limit = 67108864;",
                                 NULL, NULL, NULL));
    prepare_record(bare, &bare->invoice, &invoice_type, &invoice_row, true);
    prepare_record(bare, &bare->notice, &notice_type, &notice_row, true);
    prepare_record(bare, &bare->act, &act_type, &act_row, true);
    prepare_record(bare, &bare->act_before, &act_type, &act_before_row, false);
    prepare_account(bare);
    prepare_audit(bare, &bare->audit[0], "step_entered");
    prepare_audit(bare, &bare->audit[1], "act_released");
    prepare_rest(bare);
    bare->places = places_of(bare);
}

static void close_bare(Bare *bare)
{
    sqlite3_stmt *statement;
    while ((statement = sqlite3_next_stmt(bare->db, NULL)))
        sqlite3_finalize(statement);
    sqlite3_close(bare->db);
}

static void bare_decision(Bare *bare, const Decision *decision)
{
    const Places *places = &bare->places;
    Cell account = text_cell_of(decision->account), row = number_cell(decision->row);
    Cell position = number_cell(++bare->position), before = number_cell(decision->row - 1);
    Cell act = text_cell_of(decision->act), notice = text_cell_of(decision->notice);
    bare->journal.cells[0] = position;
    bare->journal.cells[1] = account;
    bare->journal.cells[3] = text_cell_of(decision->event);
    run_row(bare->db, &bare->journal);
    bare->account.cells[0] = account;
    bare->account.cells[1] = position;
    *places->date = number_cell(20270 + decision->row);
    run_row(bare->db, &bare->account);
    bare->invoice.cells[0] = bare->notice.cells[0] = bare->act.cells[0] = account;
    bare->invoice.cells[1] = bare->notice.cells[1] = bare->act.cells[1] = row;
    *places->invoice = text_cell_of(decision->invoice);
    *places->invoice_sequence = *places->act_sequence = row;
    *places->notice = *places->act_notice = notice;
    *places->act = act;
    *places->before = text_cell_of(decision->act_before);
    *places->before_sequence = before;
    run_row(bare->db, &bare->invoice);
    run_row(bare->db, &bare->notice);
    bare->act_before.cells[0] = bare->remove.cells[0] = bare->put.cells[0] = account;
    bare->act_before.cells[1] = bare->remove.cells[1] = before;
    run_row(bare->db, &bare->act_before);
    run_row(bare->db, &bare->remove);
    run_row(bare->db, &bare->act);
    bare->put.cells[1] = bare->put.cells[2] = row;
    bare->put.cells[3] = act;
    bare->put.cells[4] = position;
    run_row(bare->db, &bare->put);
    for (int i = 0; i < 2; i++) {
        bare->audit[i].cells[0] = account;
        bare->audit[i].cells[1] = number_cell(decision->row * 2 - 1 + i);
        bare->audit[i].cells[2] = position;
        run_row(bare->db, &bare->audit[i]);
    }
}

/* As many bytes as the heads of that many accounts: length, name, sequence, hash. */
static void bare_seal(Bare *bare, int n)
{
    static uint8_t heads[1024 * (4 + 10 + 8 + HASH_BYTES)];
    bare->seal.cells[0] = number_cell(++bare->seals);
    bare->seal.cells[1] = number_cell(2 * n);
    bare->seal.cells[2] =
        (Cell){.type = SQLITE_BLOB, .n = n * (4 + 10 + 8 + HASH_BYTES), .bytes = heads};
    run_row(bare->db, &bare->seal);
    bare->count.cells[0] = bare->seal.cells[0];
    run_row(bare->db, &bare->count);
}

static int64_t through_bare(Bare *bare, const Decision *decisions, int n, int batch)
{
    int64_t began = g_get_monotonic_time();
    for (int i = 0; i < n; i += batch) {
        int end = MIN(i + batch, n);
        run_row(bare->db, &bare->begin);
        for (int j = i; j < end; j++)
            bare_decision(bare, &decisions[j]);
        bare_seal(bare, end - i);
        run_row(bare->db, &bare->commit);
    }
    return g_get_monotonic_time() - began;
}

/* ---- both have the same rows ------------------------------------------------------------------- */

#define AUDIT_ROWS                                                                                 \
    "SELECT account, sequence, position, at, actor, event, rule, subject, reason, text, detail, "  \
    "personal, length(previous), length(hash) FROM %s.audit"

static void compare_rows(const char *ours, const char *bare)
{
    static const char *const tables[] = {
        "SELECT * FROM %s.journal",
        "SELECT * FROM %s.account",
        "SELECT * FROM %s.invoice",
        "SELECT * FROM %s.notice",
        "SELECT * FROM %s.act",
        "SELECT * FROM %s.outbox",
        AUDIT_ROWS,
        "SELECT number, entries, length(heads) FROM %s.seal",
        "SELECT * FROM %s.latest",
    };
    sqlite3 *db = NULL;
    check(NULL, sqlite3_open_v2(ours, &db, SQLITE_OPEN_READWRITE, NULL));
    g_autofree char *attach = g_strdup_printf("ATTACH '%s' AS bare", bare);
    check(db, sqlite3_exec(db, attach, NULL, NULL, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_auto(GStrv) parts = g_strsplit(tables[i], "%s", 2);
        g_autofree char *sql = g_strdup_printf(
            "SELECT (SELECT count(*) FROM (%smain%s EXCEPT %sbare%s)) + "
            "(SELECT count(*) FROM (%sbare%s EXCEPT %smain%s))",
            parts[0], parts[1], parts[0], parts[1], parts[0], parts[1], parts[0], parts[1]);
        sqlite3_stmt *statement = NULL;
        check(db, sqlite3_prepare_v2(db, sql, -1, &statement, NULL));
        if (sqlite3_step(statement) != SQLITE_ROW || sqlite3_column_int64(statement, 0) != 0) {
            fprintf(stderr, "bench: the two programs did not write the same rows: %s\n", tables[i]);
            exit(1);
        }
        sqlite3_finalize(statement);
    }
    sqlite3_close(db);
}

/* ---- the run ------------------------------------------------------------------------------------ */

static int by_size(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, by_size);
    return values[ROUNDS / 2];
}

/* One round of one batch size: both programs slice by slice, so that a disturbance meets both. */
static void measure_round(Store *store, Bare *bare, int *done, size_t i, double *ret_ours,
                          double *ret_limit)
{
    int n = decisions_a_round[i], slice = MAX(batches[i], n / 16);
    g_autofree Decision *decisions = make_decisions(*done, n);
    int64_t ours_us = 0, limit_us = 0;
    for (int at = 0, turn = 0; at < n; at += slice, turn++) {
        if (turn % 2)
            limit_us += through_bare(bare, decisions + at, slice, batches[i]);
        ours_us += through_store(store, decisions + at, slice, batches[i]);
        if (turn % 2 == 0)
            limit_us += through_bare(bare, decisions + at, slice, batches[i]);
    }
    *done += n;
    *ret_ours = n * 1e6 / (double)ours_us;
    *ret_limit = n * 1e6 / (double)limit_us;
}

static void measure(Store *store, Bare *bare, double ours[][ROUNDS], double limit[][ROUNDS],
                    double ratio[][ROUNDS])
{
    int done = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < G_N_ELEMENTS(batches); i++) {
            measure_round(store, bare, &done, i, &ours[i][round], &limit[i][round]);
            ratio[i][round] = ours[i][round] / limit[i][round];
        }
    }
}

static void print_results(double ours[][ROUNDS], double limit[][ROUNDS], double ratio[][ROUNDS])
{
    printf("store: decisions a second (%d rows each), through store_* and bare SQLite\n",
           ROWS_A_DECISION);
    printf("%8s %12s %12s %8s\n", "batch", "store", "bare", "ratio");
    g_autoptr(GString) json = g_string_new("{");
    for (size_t i = 0; i < G_N_ELEMENTS(batches); i++) {
        double a = median(ours[i]), b = median(limit[i]), c = median(ratio[i]);
        printf("%8d %12.0f %12.0f %8.2f\n", batches[i], a, b, c);
        g_string_append_printf(json,
                               "%s\"batch_%d\": {\"store\": %.0f, \"bare\": %.0f, \"ratio\": %.3f}",
                               i ? ", " : "", batches[i], a, b, c);
    }
    printf("%s}\n", json->str);
}

static void remove_folder(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_remove(path);
    }
    g_rmdir(folder);
}

int main(void)
{
    /* beside the build, not in a folder that may be memory */
    const char *build = g_getenv("DUNHUB_BUILD");
    g_autofree char *folder = g_build_filename(build ? build : ".", "bench-store-XXXXXX", NULL);
    if (!g_mkdtemp(folder)) {
        fprintf(stderr, "bench: cannot make the folder %s\n", folder);
        return 1;
    }
    g_autofree char *ours_path = g_build_filename(folder, "ours.db", NULL);
    g_autofree char *bare_path = g_build_filename(folder, "bare.db", NULL);
    set_records();
    Store *store = NULL, *seed = NULL;
    make_store(ours_path, &store);
    make_store(bare_path, &seed);
    store_close(seed);
    static const Decision none = {.account = "acc0000000"};
    set_decision(&none);
    Bare bare = {.db = NULL};
    open_bare(bare_path, &bare);
    static double ours[G_N_ELEMENTS(batches)][ROUNDS], limit[G_N_ELEMENTS(batches)][ROUNDS],
        ratio[G_N_ELEMENTS(batches)][ROUNDS];
    measure(store, &bare, ours, limit, ratio);
    store_close(store);
    close_bare(&bare);
    compare_rows(ours_path, bare_path);
    print_results(ours, limit, ratio);
    remove_folder(folder);
    return 0;
}
