/* What every ledger that is read from files has in common, whatever the form of the file: our columns, options that map the
 * file's fields to them, rows as typed facts, what is told of them and remembered, files that changed, pages and cursors. A
 * plugin adds only how bytes of its form become fields: it fills a LedgerRow and hands it over. */
#ifndef DUNHUB_LEDGER_H
#define DUNHUB_LEDGER_H

#include "lib/ledger_memory.h"

/* ---- columns ---- */

/* Our names; README.md of csv_ledger says what each holds. */
#define LEDGER_COLUMNS(X) X(account) LEDGER_OTHER_COLUMNS(X)
#define LEDGER_OTHER_COLUMNS(X) LEDGER_ACCOUNT_COLUMNS(X) LEDGER_CONTACT_COLUMNS(X) LEDGER_INVOICE_COLUMNS(X)
#define LEDGER_ACCOUNT_COLUMNS(X)                                                                         \
    X(account_name) X(kind) X(consumer) X(segment) X(pinned_segment) X(policy) X(zone) X(zones)           \
    X(jurisdiction) X(language) X(property) X(lease) X(tags) X(parent) X(collect_with_parent) X(is_test)  \
    X(channel_order) X(service) X(service_reasons) X(portal) X(annual_revenue) X(history) X(strategic)    \
    X(overdue_invoices) X(collections_case_on) X(subscription_price) X(third_party) X(sole_trader)        \
    X(covered_dwelling) X(subsidised) X(units) X(monthly_rent) X(late_fee_agreed) X(inconvenient_times)   \
    X(active_duty) X(military_checked_on) X(court_order_on) X(validation_sent_on) X(preaction_letter_on)  \
    X(reply_form_on) X(preaction_warning_on) X(tenant_status) X(grace_until) X(moved_out_on)              \
    X(bankruptcy_on) X(deceased) X(attorney) X(cease_contact) X(breathing_space_until) X(paused_until)
#define LEDGER_CONTACT_COLUMNS(X)                                                                         \
    X(email) X(phone) X(call_phone) X(address) X(contact_role) X(sms_consent) X(voice_consent)            \
    X(consent_on) X(consent_wording) X(email_opt_out) X(email_shared) X(phone_shared)                     \
    X(phone_reassigned) X(reassigned_checked_on)
#define LEDGER_INVOICE_COLUMNS(X)                                                                         \
    X(invoice) X(number) X(invoice_kind) X(fee_type) X(excluded) X(time_barred_on) X(amount) X(open)      \
    X(currency) X(issued_on) X(due_on) X(settled_on) X(paid_amount) X(payment_method) X(failure_code)     \
    X(status) X(disputed) X(disputed_amount) X(disputed_on) X(dispute_written) X(dispute_verified_on)     \
    X(version)

#define LEDGER_ENUM(name) COLUMN_##name,
typedef enum { LEDGER_COLUMNS(LEDGER_ENUM) N_COLUMNS } LedgerColumn;
#undef LEDGER_ENUM
extern const char *const ledger_columns[N_COLUMNS + 1];

/* Keys of a map by our columns, for the tables of options. */
#define LEDGER_ALLOWED(name) "|" #name
#define LEDGER_COLUMN_KEYS "account" LEDGER_OTHER_COLUMNS(LEDGER_ALLOWED)

/* What a source that reads such a file can tell. */
#define LEDGER_EMITS                                                                                      \
    "account.updated,account.status_changed,contact.updated,hold.set,hold.moved,hold.ended,"             \
    "invoice.updated,payment.updated,credit.updated,dispute.updated"

/* ---- mapping: the options that all forms share ---- */

typedef enum { LEDGER_DATES_PATTERN, LEDGER_DATES_ISO, LEDGER_DATES_UNIX, LEDGER_DATES_UNIX_MS } LedgerDates;

typedef struct {
    const char *path, *date_format;
    LedgerDates dates;
    void *zone; /* GTimeZone in which a timestamp becomes a day */
    char decimal, thousands;
    bool minor_units, count_disputed;
    const char *theirs[N_COLUMNS];   /* the file's name of the field; NULL: not mapped */
    const char *defaults[N_COLUMNS]; /* for a column that is not mapped or an empty cell; NULL none */
    const char *prefixes[N_COLUMNS];
    json_t *values;                  /* "column:their value" -> ours; NULL none */
    json_t *yes_words;
    int32_t as_of;                   /* DUNHUB_NO_DATE: none */
    char signature[17];              /* hash of all options that change what a file means */
    json_t *held[3];                 /* own the texts above */
} LedgerMapping;

/* Reads path, columns, defaults, prefixes, values, currency, decimal_sign, thousands_sign, date_format, timestamp_zone,
 * yes_words, count_disputed and as_of; the plugin declares them. own: further options that change what a file means,
 * NULL-ended. False: an option is wrong and the result says which. Texts live in the call's memory and in held. */
bool ledger_mapping_init(const DunhubTask *task, const char *const *own, LedgerMapping *ret_mapping);
void ledger_mapping_done(LedgerMapping *mapping);
/* option: a sign, or tab, space, none. False: the result says what is wrong. */
bool ledger_sign(const DunhubTask *task, const char *option, char *ret);
/* "2026-07-01", or now: the day of the hub's clock; absent DUNHUB_NO_DATE. False: the result says what is wrong. */
bool ledger_as_of(const DunhubTask *task, int32_t *ret_as_of);
/* Hash of what these options are set to. */
void ledger_sign_options(const DunhubTask *task, const char *const *names, const char *const *more, char ret[17]);

/* ---- rows ---- */

#define LEDGER_NO_AMOUNT INT64_MIN

typedef enum { LEDGER_OPEN, LEDGER_DRAFT, LEDGER_VOID, LEDGER_WRITTEN_OFF, LEDGER_PAID, LEDGER_FAILED } LedgerStatus;

typedef struct {
    const char *text[N_COLUMNS]; /* trimmed, never empty; NULL: the cell is empty or there is none */
    int64_t value[N_COLUMNS];    /* of a column of the table of facts that is no text, where there is one */
    bool is_empty[N_COLUMNS];    /* it stands in the row and is empty: what was told of it is taken back */
    int32_t plus_days[N_COLUMNS]; /* added to a date */
    bool has_invoice;            /* else the row is only about its account */
    bool says_all;               /* every mapped field stands in every row: an empty one says that there is nothing */
    bool says_no_account_facts;  /* the record only refers to its account: what was told of that stays */
    char currency[4];
    int64_t amount, open, paid, disputed_amount; /* LEDGER_NO_AMOUNT: not stated */
    int32_t issued_on, due_on, settled_on;       /* DUNHUB_NO_DATE: not stated */
    LedgerStatus status;
    bool disputed;
    int64_t version;
    char why[400]; /* what is wrong with it */
} LedgerRow;

/* Where a row's texts live until the next one. */
typedef struct {
    char *p;
    size_t used, size;
} LedgerScratch;

/* Empties the row; the caller sets has_invoice, and says_all before the first cell. */
void ledger_row_begin(LedgerRow *row);
/* theirs: NUL-ended UTF-8, changed in place, lives as long as the row; NULL: the record has no such field. */
void ledger_row_cell(const LedgerMapping *mapping, LedgerRow *row, LedgerColumn column, char *theirs, LedgerScratch *scratch);
/* After all cells. False, as from every step of reading a row: row->why says why, with the column and what stands there. */
bool ledger_row_end(const LedgerMapping *mapping, LedgerRow *row);
/* Sets why; always false. */
bool ledger_row_bad(LedgerRow *row, const char *format, ...) DUNHUB_PRINTF(2, 3);
/* What the file calls a column. */
const char *ledger_title(const LedgerMapping *mapping, LedgerColumn column);

/* ---- a pass over all files: poll, read, check ---- */

typedef struct LedgerPass LedgerPass;
typedef struct LedgerHistory LedgerHistory; /* lib/ledger_history.h */
typedef struct {
    const char *const *patterns; /* of the files of a folder, NULL-ended: "*.csv" */
    const char *kinds;           /* the same for a person: ".csv, .tsv or .txt" */
    const char *unit, *mark;     /* what a number counts and what stands before it in a place: "line", ":" */
    /* Hands every row of an open file to the pass. False: the pass ends and the result says why. */
    bool (*read)(LedgerPass *pass, int fd);
    /* Whether the file is one that `read` understands. */
    bool (*check)(LedgerPass *pass, int fd);
} LedgerFormat;

struct LedgerPass {
    const DunhubTask *task;
    const LedgerFormat *format;
    const LedgerMapping *mapping;
    const void *options;    /* of the format */
    const char *path;       /* of the file that is being read */
    LedgerMemory memory;
    const json_t *accounts; /* of a read; NULL: a poll, everything that changed */
    json_t *files;          /* path -> signature of what was read to its end */
    size_t on_page;
    DunhubBuffer data, event;
    char signature[17];
    LedgerTable seen; /* row -> number, account or contact -> 1 */
    LedgerHistory *history; /* NULL: the files as they are, or as of one day */
    bool reports;
    int32_t today; /* of the replay, else of the hub's clock */
    uint64_t rows, bad;
};

/* With a member `history` in its input: all of the files once, each fact with the day on which a poll of that day would first
 * have told it (docs/plugin-author.md, DUNHUB_SOURCE_HISTORY). */
void ledger_poll(const DunhubTask *task, const LedgerFormat *format, const LedgerMapping *mapping, const void *options);
/* The accounts that the input names. */
void ledger_read_accounts(const DunhubTask *task, const LedgerFormat *format, const LedgerMapping *mapping, const void *options);
void ledger_check(const DunhubTask *task, const LedgerFormat *format, const LedgerMapping *mapping, const void *options);

/* For a format's `read`. Each false: the pass ends and the result says why. */

/* Before a row: is there time left? */
bool ledger_step(LedgerPass *pass);
/* After a row: full pages are handed on. */
bool ledger_page(LedgerPass *pass);
/* A row as it was read, number from 1. A bad row is a finding and ends nothing. */
bool ledger_take(LedgerPass *pass, const LedgerRow *row, bool is_good, uint64_t number);
void ledger_report(LedgerPass *pass, uint64_t number, const char *why);
/* One event as JSON that the format has made itself. */
bool ledger_emit(LedgerPass *pass, DunhubBytes event);

#endif
