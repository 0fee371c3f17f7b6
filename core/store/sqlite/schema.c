/* The tables, as frozen SQL: one list for each version of the schema, run in order on an older store. A released version is
 * never edited; a new field of a record is a new version that adds its column.
 *
 * Every record is a row under (account, row), where row is its place in the AccountState, which never changes: so an account
 * loads in the order in which it was made, from neighbouring pages. Dates are days and instants milliseconds since 1970 UTC,
 * choices are their words, what is absent is NULL. */
#include "store/sqlite/sqlite.h"

static const char *const schema_001[] = {
    "CREATE TABLE journal ("
    "position INTEGER PRIMARY KEY, account TEXT, source TEXT NOT NULL, event_id TEXT, "
    "type TEXT NOT NULL, data TEXT, time INTEGER, received_at INTEGER NOT NULL, "
    "epoch INTEGER NOT NULL, switches INTEGER NOT NULL, decided INTEGER NOT NULL"
    ") STRICT;",
    "CREATE UNIQUE INDEX journal_event ON journal(source, event_id) WHERE event_id IS NOT NULL;",
    "CREATE INDEX journal_account ON journal(account, position);",
    "CREATE INDEX journal_undecided ON journal(position) WHERE decided = 0;",
    "CREATE TABLE account ("
    "account TEXT PRIMARY KEY, position INTEGER NOT NULL, wake_at INTEGER, list_status TEXT, "
    "list_step TEXT, list_needs TEXT, list_since INTEGER, kinds INTEGER NOT NULL, "
    "salted INTEGER NOT NULL, source TEXT, external_id TEXT, name TEXT, kind TEXT, "
    "is_consumer INTEGER NOT NULL, zone TEXT, zones TEXT, jurisdiction TEXT, language TEXT, "
    "policy TEXT, property TEXT, tags TEXT, segment TEXT, pinned_segment TEXT, "
    "channel_order TEXT, assignee TEXT, path TEXT, service TEXT, service_reasons TEXT, "
    "portal TEXT, disconnected INTEGER NOT NULL, service_suspended_on INTEGER, "
    "annual_revenue_minor INTEGER, history TEXT, strategic INTEGER NOT NULL, "
    "overdue_invoices INTEGER NOT NULL, collections_case_on INTEGER, "
    "subscription_price_minor INTEGER, at_risk INTEGER NOT NULL, is_test INTEGER NOT NULL, "
    "business_date INTEGER, evaluated_on INTEGER, ledger_began_at INTEGER, "
    "next_id INTEGER NOT NULL, reasons TEXT"
    ") STRICT, WITHOUT ROWID;",
    "CREATE TABLE invoice ("
    "account TEXT NOT NULL REFERENCES account, row INTEGER NOT NULL, id TEXT, number TEXT, "
    "currency TEXT, amount INTEGER, issued_on INTEGER, due_on INTEGER, kind TEXT, "
    "status TEXT, fee_type TEXT, ledger_open INTEGER, stated_after INTEGER NOT NULL, version "
    "INTEGER NOT NULL, "
    "sequence INTEGER NOT NULL, plan TEXT, cycle TEXT, excluded INTEGER NOT NULL, "
    "spent INTEGER NOT NULL, seen_at INTEGER, changed_on INTEGER, "
    "PRIMARY KEY (account, row)"
    ") STRICT, WITHOUT ROWID;",
    "CREATE TABLE payment ("
    "account TEXT NOT NULL REFERENCES account, row INTEGER NOT NULL, id TEXT, currency TEXT, "
    "amount INTEGER, state TEXT, invoice TEXT, plan TEXT, method TEXT, origin TEXT, "
    "code TEXT, effective_on INTEGER, initiated_on INTEGER, settled_on INTEGER, "
    "ended_on INTEGER, version INTEGER NOT NULL, sequence INTEGER NOT NULL, "
    "PRIMARY KEY (account, row)"
    ") STRICT, WITHOUT ROWID;",
    "CREATE TABLE credit ("
    "account TEXT NOT NULL REFERENCES account, row INTEGER NOT NULL, id TEXT, currency TEXT, "
    "amount INTEGER, invoice TEXT, cancelled INTEGER NOT NULL, issued_on INTEGER, "
    "cancelled_on INTEGER, kind TEXT, version INTEGER NOT NULL, sequence INTEGER NOT NULL, "
    "PRIMARY KEY (account, row)"
    ") STRICT, WITHOUT ROWID;",
    "CREATE TABLE dispute ("
    "account TEXT NOT NULL REFERENCES account, row INTEGER NOT NULL, id TEXT, invoice TEXT, "
    "amount INTEGER, opened_on INTEGER, closed_on INTEGER, outcome TEXT, whole_from INTEGER, "
    "PRIMARY KEY (account, row)"
    ") STRICT, WITHOUT ROWID;",
    "CREATE TABLE contact_point ("
    "account TEXT NOT NULL REFERENCES account, row INTEGER NOT NULL, channel TEXT, "
    "address TEXT, role TEXT, position INTEGER NOT NULL, consent TEXT, consent_at INTEGER, "
    "consent_wording TEXT, undeliverable INTEGER NOT NULL, PRIMARY KEY (account, row)"
    ") STRICT, WITHOUT ROWID;",
    "CREATE TABLE hold ("
    "account TEXT NOT NULL REFERENCES account, row INTEGER NOT NULL, id TEXT, kind TEXT, "
    "invoice TEXT, contact TEXT, currency TEXT, \"from\" INTEGER, until INTEGER, "
    "over_on INTEGER, petition_on INTEGER, days_granted INTEGER NOT NULL, author TEXT, "
    "reason TEXT, blocks TEXT, PRIMARY KEY (account, row)"
    ") STRICT, WITHOUT ROWID;",
    "CREATE TABLE promise ("
    "account TEXT NOT NULL REFERENCES account, row INTEGER NOT NULL, id TEXT, cycle TEXT, "
    "currency TEXT, amount INTEGER, promised_on INTEGER, made_on INTEGER, "
    "made_after INTEGER NOT NULL, state TEXT, PRIMARY KEY (account, row)"
    ") STRICT, WITHOUT ROWID;",
    "CREATE TABLE plan ("
    "account TEXT NOT NULL REFERENCES account, row INTEGER NOT NULL, id TEXT, currency TEXT, "
    "amount INTEGER, invoices TEXT, instalments INTEGER NOT NULL, first_on INTEGER, "
    "made_on INTEGER, state TEXT, held_cycle TEXT, delayed_from INTEGER, ended_on INTEGER, "
    "reason TEXT, PRIMARY KEY (account, row)"
    ") STRICT, WITHOUT ROWID;",
    "CREATE TABLE instalment ("
    "account TEXT NOT NULL REFERENCES account, row INTEGER NOT NULL, plan TEXT, "
    "number INTEGER NOT NULL, due_on INTEGER, amount INTEGER, PRIMARY KEY (account, row)"
    ") STRICT, WITHOUT ROWID;",
    "CREATE TABLE cycle ("
    "account TEXT NOT NULL REFERENCES account, row INTEGER NOT NULL, id TEXT, currency TEXT, "
    "opened_on INTEGER, closed_on INTEGER, closed_reason TEXT, parked INTEGER NOT NULL, "
    "reopened INTEGER NOT NULL, policy TEXT, policy_hash TEXT, "
    "policy_version INTEGER NOT NULL, segment TEXT, step TEXT, last_step TEXT, "
    "entry INTEGER NOT NULL, step_since INTEGER, executed_on INTEGER, dwell_from INTEGER, "
    "dwell_days INTEGER NOT NULL, delinquent_since INTEGER, entry_reason TEXT, "
    "rule_since INTEGER, exit_reason TEXT, left_on INTEGER, manual_shield INTEGER NOT NULL, "
    "suspension_confirmed INTEGER NOT NULL, fee_charged INTEGER NOT NULL, "
    "fee_dropped INTEGER NOT NULL, fee_due_on INTEGER, pending_from INTEGER, "
    "pending_until INTEGER, pending_act_from INTEGER, pending_act_until INTEGER, "
    "pending_act TEXT, pending_used TEXT, grace_days_used INTEGER NOT NULL, "
    "broken_promises INTEGER NOT NULL, promises INTEGER NOT NULL, anchor TEXT, outcome TEXT, "
    "migrated_on INTEGER, reasons TEXT, awaiting TEXT, proposals TEXT, "
    "first_notice_under INTEGER, PRIMARY KEY (account, row)"
    ") STRICT, WITHOUT ROWID;",
    "CREATE TABLE notice ("
    "account TEXT NOT NULL REFERENCES account, row INTEGER NOT NULL, key TEXT, cycle TEXT, "
    "name TEXT, template_name TEXT, step TEXT, entry INTEGER NOT NULL, currency TEXT, "
    "invoice TEXT, severity INTEGER NOT NULL, planned_on INTEGER, release_at INTEGER, "
    "state TEXT, reason TEXT, covered_by TEXT, amount INTEGER, invoices TEXT, channel TEXT, "
    "handed_on INTEGER, accepted_on INTEGER, content TEXT, PRIMARY KEY (account, row)"
    ") STRICT, WITHOUT ROWID;",
    "CREATE TABLE act ("
    "account TEXT NOT NULL REFERENCES account, row INTEGER NOT NULL, key TEXT, cycle TEXT, "
    "step TEXT, entry INTEGER NOT NULL, action TEXT, verb TEXT, instance TEXT, purpose TEXT, "
    "notice TEXT, channel TEXT, address TEXT, template_name TEXT, object TEXT, effect TEXT, "
    "adverse INTEGER NOT NULL, required INTEGER NOT NULL, undo INTEGER NOT NULL, "
    "undo_verb TEXT, state TEXT, reason TEXT, planned_on INTEGER, release_at INTEGER, "
    "fresh_after INTEGER, next_at INTEGER, attempts INTEGER NOT NULL, external_id TEXT, "
    "done_on INTEGER, done_at INTEGER, input TEXT, content TEXT, error TEXT, "
    "sequence INTEGER NOT NULL, PRIMARY KEY (account, row)"
    ") STRICT, WITHOUT ROWID;",
    "CREATE TABLE approval ("
    "account TEXT NOT NULL REFERENCES account, row INTEGER NOT NULL, what TEXT, cycle TEXT, "
    "\"by\" TEXT, requested_by TEXT, at INTEGER, given_on INTEGER, valid_through INTEGER, "
    "evidence TEXT, PRIMARY KEY (account, row)"
    ") STRICT, WITHOUT ROWID;",
    /* ways to an account, and lists that must not grow with history */
    "CREATE INDEX account_external ON account(external_id, source) WHERE external_id IS NOT NULL;",
    "CREATE INDEX account_wake ON account(wake_at) WHERE wake_at IS NOT NULL;",
    "CREATE INDEX invoice_id ON invoice(id);",
    "CREATE INDEX invoice_number ON invoice(number) WHERE number IS NOT NULL;",
    "CREATE INDEX contact_point_address ON contact_point(address);",
    "CREATE INDEX act_external ON act(external_id) WHERE external_id IS NOT NULL;",
    "CREATE INDEX act_open ON act(planned_on) WHERE state NOT IN ('done', 'suppressed');",
    /* what personal data is hashed with, alone, so that it can be forgotten */
    "CREATE TABLE account_salt ("
    "account TEXT PRIMARY KEY REFERENCES account, salt TEXT NOT NULL"
    ") STRICT, WITHOUT ROWID;",
    /* turn: no older open act of the account waits for the same instance */
    "CREATE TABLE outbox ("
    "account TEXT NOT NULL REFERENCES account, row INTEGER NOT NULL, sequence INTEGER NOT NULL, "
    "key TEXT NOT NULL, instance TEXT NOT NULL, due INTEGER NOT NULL, position INTEGER NOT NULL, "
    "turn INTEGER NOT NULL, lease_until INTEGER NOT NULL, fence INTEGER NOT NULL, "
    "attempt INTEGER NOT NULL, lookup INTEGER NOT NULL, PRIMARY KEY (account, row)"
    ") STRICT, WITHOUT ROWID;",
    "CREATE INDEX outbox_turn ON outbox(instance, due, position) "
    "WHERE turn = 1 AND lease_until = 0;",
    "CREATE INDEX outbox_leased ON outbox(instance) WHERE lease_until > 0;",
    /* the numbers given last, in the one row of their table */
    "CREATE TABLE latest ("
    "one INTEGER PRIMARY KEY CHECK (one = 1), fence INTEGER NOT NULL, seal INTEGER NOT NULL"
    ") STRICT;",
    "INSERT INTO latest VALUES (1, 0, 0);",
    "CREATE TABLE audit ("
    "account TEXT NOT NULL, sequence INTEGER NOT NULL, position INTEGER NOT NULL, "
    "at INTEGER NOT NULL, actor TEXT, event TEXT, rule TEXT, subject TEXT, reason TEXT, "
    "text TEXT, detail TEXT, personal TEXT, personal_hash BLOB, previous BLOB NOT NULL, "
    "hash BLOB NOT NULL, PRIMARY KEY (account, sequence)"
    ") STRICT, WITHOUT ROWID;",
    "CREATE TABLE seal ("
    "number INTEGER PRIMARY KEY, entries INTEGER NOT NULL, heads BLOB NOT NULL, "
    "previous BLOB NOT NULL, hash BLOB NOT NULL"
    ") STRICT;",
    "CREATE TABLE blob ("
    "hash TEXT PRIMARY KEY, kind TEXT NOT NULL, bytes BLOB NOT NULL"
    ") STRICT;",
    "CREATE TABLE version ("
    "kind TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, "
    "hash TEXT NOT NULL REFERENCES blob, at INTEGER NOT NULL, PRIMARY KEY (kind, name, version)"
    ") STRICT, WITHOUT ROWID;",
    "CREATE TABLE instance_state ("
    "instance TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, value BLOB NOT NULL, "
    "PRIMARY KEY (instance, name)"
    ") STRICT;",
    NULL,
};

static const char *const schema_002[] = {
    "CREATE TABLE phone_call ("
    "account TEXT NOT NULL REFERENCES account, row INTEGER NOT NULL, id TEXT, act TEXT, "
    "placed_at INTEGER, placed_on INTEGER, outcome TEXT, prior_consent_on INTEGER, \"by\" TEXT, "
    "PRIMARY KEY (account, row)"
    ") STRICT, WITHOUT ROWID;",
    NULL,
};

/* Texts of the audit under a veil, seals that prove one account alone: docs/adr/0013-evidence.md. */
static const char *const schema_003[] = {
    "ALTER TABLE audit ADD COLUMN form INTEGER NOT NULL DEFAULT 1;",
    "ALTER TABLE seal ADD COLUMN root BLOB;",
    "CREATE INDEX act_content ON act(content) WHERE content IS NOT NULL;",
    NULL,
};

static const char *const schema_004[] = {
    "ALTER TABLE account ADD COLUMN lease TEXT;",
    "ALTER TABLE account ADD COLUMN failed_code TEXT;",
    "ALTER TABLE account ADD COLUMN failed_on INTEGER;",
    "ALTER TABLE hold ADD COLUMN starts_on INTEGER;",
    NULL,
};

/* Facts that the law asks for (§9). */
static const char *const schema_005[] = {
    "ALTER TABLE account ADD COLUMN third_party INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE account ADD COLUMN sole_trader INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE account ADD COLUMN covered_dwelling INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE account ADD COLUMN subsidised INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE account ADD COLUMN units INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE account ADD COLUMN monthly_rent_minor INTEGER;",
    "ALTER TABLE account ADD COLUMN late_fee_agreed TEXT;",
    "ALTER TABLE account ADD COLUMN inconvenient_times TEXT;",
    "ALTER TABLE account ADD COLUMN active_duty INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE account ADD COLUMN military_checked_on INTEGER;",
    "ALTER TABLE account ADD COLUMN court_order_on INTEGER;",
    "ALTER TABLE account ADD COLUMN validation_sent_on INTEGER;",
    "ALTER TABLE account ADD COLUMN preaction_letter_on INTEGER;",
    "ALTER TABLE account ADD COLUMN reply_form_on INTEGER;",
    "ALTER TABLE account ADD COLUMN preaction_warning_on INTEGER;",
    "ALTER TABLE invoice ADD COLUMN time_barred_on INTEGER;",
    "ALTER TABLE dispute ADD COLUMN written INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE dispute ADD COLUMN verified_on INTEGER;",
    "ALTER TABLE contact_point ADD COLUMN inconvenient INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE contact_point ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE contact_point ADD COLUMN reassigned INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE contact_point ADD COLUMN reassigned_checked_on INTEGER;",
    "ALTER TABLE hold ADD COLUMN crisis INTEGER NOT NULL DEFAULT 0;",
    NULL,
};

static const char *const schema_006[] = {
    "ALTER TABLE act ADD COLUMN document TEXT;",
    NULL,
};

/* Replies, requests for approval, who has an item, and the worklist: an index over all accounts of what waits for a person. */
static const char *const schema_007[] = {
    "ALTER TABLE contact_point ADD COLUMN consent_before TEXT;",
    "CREATE INDEX contact_point_revoked ON contact_point(address) WHERE consent = 'revoked';",
    "CREATE TABLE reply ("
    "account TEXT NOT NULL REFERENCES account, row INTEGER NOT NULL, id TEXT, channel TEXT, "
    "address TEXT, text TEXT, received_on INTEGER, class TEXT, rules TEXT, state TEXT, holds TEXT, "
    "held TEXT, decided_by TEXT, decided_on INTEGER, PRIMARY KEY (account, row)"
    ") STRICT, WITHOUT ROWID;",
    "CREATE TABLE request ("
    "account TEXT NOT NULL REFERENCES account, row INTEGER NOT NULL, id TEXT, what TEXT, "
    "cycle TEXT, \"by\" TEXT, asked_on INTEGER, expires_on INTEGER, evidence TEXT, state TEXT, "
    "ended_by TEXT, ended_on INTEGER, PRIMARY KEY (account, row)"
    ") STRICT, WITHOUT ROWID;",
    "CREATE TABLE duty ("
    "account TEXT NOT NULL REFERENCES account, row INTEGER NOT NULL, item TEXT, \"to\" TEXT, "
    "\"by\" TEXT, since INTEGER, PRIMARY KEY (account, row)"
    ") STRICT, WITHOUT ROWID;",
    "CREATE TABLE work ("
    "account TEXT NOT NULL REFERENCES account, item TEXT NOT NULL, kind TEXT NOT NULL, "
    "reason TEXT, urgency INTEGER NOT NULL, due INTEGER NOT NULL, assignee TEXT, property TEXT, "
    "source TEXT, text TEXT NOT NULL, deed TEXT NOT NULL, PRIMARY KEY (account, item)"
    ") STRICT, WITHOUT ROWID;",
    "CREATE INDEX work_order ON work(urgency, due, account, item);",
    "CREATE INDEX work_assignee ON work(assignee, urgency, due, account, item);",
    "CREATE INDEX work_kind ON work(kind, urgency, due, account, item);",
    "CREATE INDEX work_reason ON work(reason, urgency, due, account, item);",
    "CREATE INDEX work_property ON work(property, urgency, due, account, item);",
    "CREATE INDEX work_source ON work(source, urgency, due, account, item);",
    /* the list is filled as accounts are looked at: at once, where somebody waits already */
    "UPDATE account SET wake_at = 0 WHERE list_needs IS NOT NULL;",
    NULL,
};

static const char *const schema_008[] = {
    "ALTER TABLE account ADD COLUMN erased_on INTEGER;",
    "CREATE INDEX act_document ON act(document) WHERE document IS NOT NULL;",
    NULL,
};

/* Fees of steps, interest, families, and what a ledger calls the things the hub booked in it. */
static const char *const schema_009[] = {
    "ALTER TABLE account ADD COLUMN parent TEXT;",
    "ALTER TABLE account ADD COLUMN collect_with_parent INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE account ADD COLUMN collector TEXT;",
    "ALTER TABLE invoice ADD COLUMN child TEXT;",
    "ALTER TABLE invoice ADD COLUMN left_on INTEGER;",
    "ALTER TABLE invoice ADD COLUMN external_id TEXT;",
    "ALTER TABLE invoice ADD COLUMN key TEXT;",
    "ALTER TABLE invoice ADD COLUMN opens TEXT;",
    "ALTER TABLE payment ADD COLUMN child TEXT;",
    "ALTER TABLE payment ADD COLUMN left_on INTEGER;",
    "ALTER TABLE credit ADD COLUMN child TEXT;",
    "ALTER TABLE credit ADD COLUMN left_on INTEGER;",
    "ALTER TABLE credit ADD COLUMN external_id TEXT;",
    "ALTER TABLE credit ADD COLUMN key TEXT;",
    "ALTER TABLE cycle ADD COLUMN fee_for TEXT;",
    "ALTER TABLE cycle ADD COLUMN fee_steps TEXT;",
    "ALTER TABLE notice ADD COLUMN charges TEXT;",
    "CREATE TABLE interest_accrual ("
    "account TEXT NOT NULL REFERENCES account, row INTEGER NOT NULL, invoice TEXT, currency TEXT, "
    "booked INTEGER, through INTEGER, fixed INTEGER, rule TEXT, PRIMARY KEY (account, row)"
    ") STRICT, WITHOUT ROWID;",
    "CREATE TABLE family_member ("
    "account TEXT NOT NULL REFERENCES account, row INTEGER NOT NULL, child TEXT, name TEXT, "
    "joined_on INTEGER, left_on INTEGER, ledger_began_at INTEGER, PRIMARY KEY (account, row)"
    ") STRICT, WITHOUT ROWID;",
    NULL,
};

/* Requests of platforms: waiting while due, given up while they still have a body, else only known. */
static const char *const schema_010[] = {
    "CREATE TABLE inbox ("
    "id INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, hook TEXT NOT NULL, "
    "delivery TEXT NOT NULL, head TEXT, body BLOB, received_at INTEGER NOT NULL, due INTEGER, "
    "attempts INTEGER NOT NULL, why TEXT"
    ") STRICT;",
    "CREATE UNIQUE INDEX inbox_delivery ON inbox(instance, hook, delivery);",
    "CREATE INDEX inbox_due ON inbox(instance, due) WHERE due IS NOT NULL;",
    "CREATE INDEX inbox_dead ON inbox(id) WHERE due IS NULL AND body IS NOT NULL;",
    "CREATE INDEX inbox_over ON inbox(received_at) WHERE body IS NULL;",
    NULL,
};

typedef struct {
    const char *const *texts;
    bool (*then)(SqliteStore *store, GError **error); /* NULL: nothing more */
} Migration;

static const Migration migrations[] = {
    {schema_001, NULL}, {schema_002, NULL}, {schema_003, sqlite_seal_again},
    {schema_004, NULL}, {schema_005, NULL}, {schema_006, NULL},
    {schema_007, NULL}, {schema_008, NULL}, {schema_009, NULL},
    {schema_010, NULL},
};

const int sqlite_schema_version = G_N_ELEMENTS(migrations);

static bool read_number(SqliteStore *store, const char *sql, int64_t *ret_number, GError **error)
{
    sqlite3_stmt *statement = sqlite_prepare(store, sql, error);
    bool has = false;
    bool ok = statement && sqlite_row(store, statement, &has, error);
    if (has)
        *ret_number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return ok;
}

/* "dunh": in the head of every store, so that no other database is taken for one. */
#define APPLICATION_ID 0x64756e68

static bool refuse_stranger(const SqliteStore *store, GError **error)
{
    g_set_error(error, STORE_ERROR, STORE_ERROR_OPEN,
                "%s is a database of another program, not a dunhub store; name another file",
                store->path);
    return false;
}

/* Ours, empty, or an error. */
static bool check_origin(SqliteStore *store, int64_t version, GError **error)
{
    int64_t application = 0, tables = 0;
    if (!read_number(store, "PRAGMA application_id", &application, error) ||
        !read_number(store, "SELECT count(*) FROM sqlite_schema", &tables, error))
        return false;
    bool is_empty = version == 0 && tables == 0 && application == 0;
    return is_empty || application == APPLICATION_ID || refuse_stranger(store, error);
}

static bool run_text(SqliteStore *store, const char *sql, GError **error)
{
    int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK || sqlite_fail(store, code, "make the tables of", error);
}

static bool run_texts(SqliteStore *store, const char *const *texts, GError **error)
{
    for (; *texts; texts++) {
        if (!run_text(store, *texts, error))
            return false;
    }
    return true;
}

static bool run_migration(SqliteStore *store, int64_t version, GError **error)
{
    g_autofree char *mark = g_strdup_printf("PRAGMA user_version = %" G_GINT64_FORMAT
                                            "; PRAGMA application_id = %d; COMMIT",
                                            version + 1, APPLICATION_ID);
    if (run_text(store, "BEGIN IMMEDIATE", error) &&
        run_texts(store, migrations[version].texts, error) &&
        (!migrations[version].then || migrations[version].then(store, error)) &&
        run_text(store, mark, error))
        return true;
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

bool sqlite_migrate(SqliteStore *store, bool read_only, GError **error)
{
    int64_t version = 0;
    if (!read_number(store, "PRAGMA user_version", &version, error) ||
        !check_origin(store, version, error))
        return false;
    if (version > sqlite_schema_version) {
        g_set_error(error, STORE_ERROR, STORE_ERROR_VERSION,
                    "%s has schema version %d, this dunhub knows versions up to %d; use the newer "
                    "dunhub that wrote it",
                    store->path, (int)version, sqlite_schema_version);
        return false;
    }
    if (read_only && version < sqlite_schema_version) {
        g_set_error(error, STORE_ERROR, STORE_ERROR_VERSION,
                    "%s has schema version %d, this dunhub reads version %d; start the hub on it "
                    "once, it brings the store up to date",
                    store->path, (int)version, sqlite_schema_version);
        return false;
    }
    for (; version < sqlite_schema_version; version++) {
        if (!run_migration(store, version, error))
            return false;
    }
    return true;
}
