/* Bank statements and notifications (ISO 20022 camt.053, camt.054): money that came in is a payment, booked or pending; money
 * that went back takes one back. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/ledger.h"
#include "match.h"
#include "statement.h"

enum { SHOWN_BYTES = 60 };

typedef struct {
    LedgerMapping ledger; /* path, as_of and signature */
    Matching matching;
    bool value_date;
    int64_t file_max;
} Options;

/* One file. */
typedef struct {
    LedgerPass *pass;
    const Options *options;
    LedgerTable
        same;      /* of transactions without a reference: content -> how many like it there were */
    int64_t sum;   /* of the entry */
    bool is_mixed; /* its transactions cannot be added up */
    uint64_t passed_over;
} Reading;

/* ---- options ---- */

static void options_done(Options *options)
{
    matching_done(&options->matching);
    ledger_mapping_done(&options->ledger);
}

static bool options_init(const DunhubTask *task, Options *ret)
{
    static const char *const names[] = {"look_in", "invoice_pattern", "invoice_prefix", "date",
                                        NULL},
                             *const more[] = {NULL};
    *ret = (Options){.ledger = {.path = dunhub_option(task, "path"), .as_of = DUNHUB_NO_DATE}};
    ret->value_date = strcmp(dunhub_option(task, "date"), "value") == 0;
    ret->file_max = dunhub_option_int(task, "file_max_bytes", 0);
    if (!ret->ledger.path) {
        dunhub_permanent(task, "option",
                         "option 'path' is missing: name the file or folder of the statements");
        return false;
    }
    if (!ledger_as_of(task, &ret->ledger.as_of) || !matching_init(task, &ret->matching))
        return false;
    ledger_sign_options(task, names, more, ret->ledger.signature);
    return true;
}

/* ---- what a transaction is ---- */

typedef enum { KIND_NONE, KIND_PAYMENT, KIND_RETURN } Kind;

/* A reversal of what we paid, and what we paid, concern no customer. */
static Kind kind_of(const CamtTransaction *t)
{
    bool goes_back = t->returned || t->reversal;
    if (t->status != CAMT_BOOKED && t->status != CAMT_PENDING)
        return KIND_NONE;
    if (t->credit)
        return goes_back ? KIND_NONE : KIND_PAYMENT;
    return goes_back && t->status == CAMT_BOOKED ? KIND_RETURN : KIND_NONE;
}

static const char *method_of(const CamtTransaction *t)
{
    static const char *const methods[][2] = {
        {"RCDT", "transfer"}, {"ICDT", "transfer"},     {"RRCT", "transfer"},
        {"IRCT", "transfer"}, {"IDDT", "direct_debit"}, {"RDDT", "direct_debit"},
        {"CCRD", "card"},     {"MCRD", "card"},         {"RCHQ", "cheque"},
        {"ICHQ", "cheque"},
    };
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(methods[i][0], t->family) == 0)
            return methods[i][1];
    return NULL;
}

static void report(Reading *in, int line, const char *format, ...) DUNHUB_PRINTF(3, 4);
static void report(Reading *in, int line, const char *format, ...)
{
    char why[512];
    va_list list;
    va_start(list, format);
    vsnprintf(why, sizeof why, format, list);
    va_end(list);
    ledger_report(in->pass, (uint64_t)line, why);
}

/* The bank's reference. Without one: the content, and which of those alike in the file it is. */
static void put_own_id(Reading *in, const CamtTransaction *t, char ret[MATCH_BYTES])
{
    if (*t->ref) {
        snprintf(ret, MATCH_BYTES, "%s", t->ref);
        return;
    }
    if (*t->entry_ref) {
        snprintf(ret, MATCH_BYTES, t->nth > 1 ? "%s/%u" : "%s", t->entry_ref, t->nth);
        return;
    }
    const char *const texts[] = {
        t->account,      t->booked_on,          t->amount,
        t->currency,     t->instruction,        t->end_to_end,
        t->creditor_ref, t->remittance,         t->additional,
        t->party,        t->credit ? "C" : "D", t->status == CAMT_PENDING ? "P" : "B"};
    DunhubBytes parts[sizeof texts / sizeof *texts];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        parts[i] = (DunhubBytes){texts[i], strlen(texts[i])};
    uint64_t hash = ledger_memory_hash(parts, sizeof parts / sizeof *parts);
    const uint64_t *before = ledger_table_find(&in->same, hash);
    uint64_t n = before ? *before + 1 : 1;
    ledger_table_put(&in->same, hash, n);
    snprintf(ret, MATCH_BYTES, n > 1 ? "x%016" PRIx64 "-%" PRIu64 : "x%016" PRIx64, hash, n);
}

/* Zeros beyond the currency's decimals are no decimals: banks write 5.00000. NULL: ret_amount is set; else what is wrong. */
static const char *read_amount(const CamtTransaction *t, int64_t *ret_amount)
{
    char text[32];
    int decimals = dunhub_currency_exponent(t->currency);
    memcpy(text, t->amount, sizeof text);
    char *point = strchr(text, '.');
    for (size_t n = strlen(text);
         point && decimals >= 0 && n > (size_t)(point - text) + 1 + (size_t)decimals &&
         text[n - 1] == '0';
         n--)
        text[n - 1] = 0;
    if (point && !point[1])
        *point = 0;
    const char *why = dunhub_money_parse(text, t->currency, '.', 0, ret_amount);
    return why ? why : *ret_amount < 0 ? "it is negative" : NULL;
}

static bool read_days(const Reading *in, const CamtTransaction *t, int32_t *ret_booked,
                      const char **ret_effective)
{
    int32_t value;
    bool has_booked = !dunhub_date_parse(t->booked_on, "%Y-%m-%d", ret_booked);
    bool has_value = !dunhub_date_parse(t->value_on, "%Y-%m-%d", &value);
    *ret_effective =
        (in->options->value_date && has_value) || !has_booked ? t->value_on : t->booked_on;
    if (!has_booked)
        *ret_booked = value;
    return has_booked || has_value;
}

/* ---- telling ---- */

typedef struct {
    const CamtTransaction *from;
    Kind kind;
    int64_t amount;
    const char *effective_on;
    char id[MATCH_BYTES];
    bool is_known; /* a return of a payment that was seen */
    char invoices[MATCH_MAX][MATCH_BYTES];
    size_t n_invoices;
} Payment;

enum { ORIGIN_BYTES = 201 };

/* Who paid and what was written: what a person goes by where no invoice is found. */
static const char *put_origin(const CamtTransaction *t, char ret[ORIGIN_BYTES])
{
    const char *text = *t->remittance   ? t->remittance
                       : *t->additional ? t->additional
                                        : t->end_to_end;
    int n = snprintf(ret, ORIGIN_BYTES, "%s%s%s", t->party, *t->party && *text ? ": " : "", text);
    if (n >= ORIGIN_BYTES) { /* no letter is cut */
        size_t end = ORIGIN_BYTES - 1;
        while (end && ((unsigned char)ret[end - 1] & 0xc0) == 0x80)
            end--;
        ret[end - (end && (unsigned char)ret[end - 1] >= 0xc0)] = 0;
    }
    return ret;
}

static void put_member(json_t *object, const char *name, const char *text)
{
    if (text && *text)
        json_object_set_new(object, name, json_string(text));
}

static json_t *data_of(const Payment *p)
{
    const CamtTransaction *t = p->from;
    bool pending = t->status == CAMT_PENDING, is_return = p->kind == KIND_RETURN;
    json_t *data = json_pack("{s:s, s:s, s:s}", "id", p->id, "currency", t->currency, "state",
                             is_return ? "reversed"
                             : pending ? "pending"
                                       : "settled");
    if (!p->is_known || !is_return)
        json_object_set_new(data, "amount", json_integer(p->amount));
    put_member(data, "code", t->return_code);
    put_member(data, "invoice", p->n_invoices == 1 && !is_return ? p->invoices[0] : NULL);
    char origin[ORIGIN_BYTES];
    if (!is_return) { /* a reversed payment keeps the day on which it counted */
        put_member(data, "method", method_of(t));
        put_member(data, "origin", put_origin(t, origin));
        put_member(data, pending ? "initiated_on" : "effective_on", p->effective_on);
    }
    return data;
}

/* The id names the content: a statement that comes twice, or after its notification, tells nothing twice. */
static bool tell(Reading *in, const Payment *p)
{
    char id[MATCH_BYTES + 32];
    json_t *data = data_of(p);
    char *content = json_dumps(data, JSON_COMPACT | JSON_SORT_KEYS);
    const char *account = p->from->account;
    const DunhubBytes parts[] = {{account, strlen(account)},
                                 {content ? content : "", content ? strlen(content) : 0}};
    json_t *event = json_pack("{s:s, s:o}", "type", "payment.updated", "data", data);
    snprintf(id, sizeof id, "payment:%s:%016" PRIx64, p->id, ledger_memory_hash(parts, 2));
    json_object_set_new(event, "id", json_string(id));
    if (p->n_invoices)
        json_object_set_new(event, "refs", json_pack("{s:s}", "invoice", p->invoices[0]));
    char *text = json_dumps(event, JSON_COMPACT);
    bool good = content && text && ledger_emit(in->pass, (DunhubBytes){text, strlen(text)});
    free(text);
    free(content);
    json_decref(event);
    return good;
}

static void tell_person(Reading *in, const Payment *p)
{
    const CamtTransaction *t = p->from;
    char origin[ORIGIN_BYTES];
    put_origin(t, origin);
    if (p->kind == KIND_RETURN && !p->is_known)
        report(in, t->line,
               "%s %s went back (%.*s, %.*s): the payment that it takes back was not seen here; a "
               "person must say which",
               t->amount, t->currency, SHOWN_BYTES, *t->return_code ? t->return_code : "no reason",
               SHOWN_BYTES, origin);
    else if (!p->n_invoices && p->kind == KIND_PAYMENT)
        report(in, t->line,
               "payment '%.*s' of %s %s (%.*s) names no invoice: a person must say whose it is "
               "(options "
               "'invoice_pattern', 'look_in')",
               SHOWN_BYTES, p->id, t->amount, t->currency, SHOWN_BYTES, origin);
}

/* ---- one file ---- */

static void add_up(Reading *in, const CamtTransaction *t, int64_t amount)
{
    if (t->nth == 1) {
        in->sum = 0;
        in->is_mixed = false;
    }
    in->is_mixed |= __builtin_add_overflow(in->sum, amount, &in->sum);
}

static bool take_payment(Reading *in, Payment *p)
{
    const CamtTransaction *t = p->from;
    const DunhubTask *task = in->pass->task;
    char own[MATCH_BYTES];
    put_own_id(in, t, own);
    MatchState state = p->kind == KIND_RETURN      ? MATCH_RETURNED
                       : t->status == CAMT_PENDING ? MATCH_PENDING
                                                   : MATCH_SETTLED;
    if (!match_payment(task, t, p->amount, state, own, p->id, &p->is_known))
        return false;
    p->n_invoices = match_invoices(&in->options->matching, t, p->invoices);
    tell_person(in, p);
    return tell(in, p) && ledger_page(in->pass);
}

static bool take_transaction(void *data, const CamtTransaction *t)
{
    Reading *in = data;
    Payment p = {.from = t, .kind = kind_of(t)};
    int32_t booked;
    if (!ledger_step(in->pass))
        return false;
    if (!*t->amount) {
        in->is_mixed = true;
        report(in, t->line, "transaction %u of its entry states no amount in %s; it is left out",
               t->nth, t->currency);
        return true;
    }
    const char *why = read_amount(t, &p.amount);
    if (why) {
        in->is_mixed = true;
        report(in, t->line, "the amount '%s' %s: %s; it is left out", t->amount, t->currency, why);
        return true;
    }
    add_up(in, t, p.amount);
    in->passed_over += p.kind == KIND_NONE;
    if (p.kind == KIND_NONE)
        return true;
    if (!read_days(in, t, &booked, &p.effective_on)) {
        report(in, t->line, "the payment of %s %s has no date; it is left out", t->amount,
               t->currency);
        return true;
    }
    bool is_later =
        in->options->ledger.as_of != DUNHUB_NO_DATE && booked > in->options->ledger.as_of;
    return is_later || take_payment(in, &p);
}

static bool take_entry(void *data, const CamtEntry *entry)
{
    Reading *in = data;
    CamtTransaction whole = {0};
    int64_t amount;
    if (!entry->n)
        report(in, entry->line,
               "an entry of %s %s stands for %u transactions and holds none: let the bank send "
               "them as camt.054; it "
               "is left out",
               entry->amount, entry->currency, entry->stated);
    memcpy(whole.amount, entry->amount, sizeof whole.amount);
    memcpy(whole.currency, entry->currency, sizeof whole.currency);
    if (entry->n > 1 && !in->is_mixed && !read_amount(&whole, &amount) && amount != in->sum)
        report(in, entry->line,
               "the %u transactions of an entry do not add up to its %s %s: each is told as it "
               "stands there",
               entry->n, entry->amount, entry->currency);
    return true;
}

static bool is_too_long(const LedgerPass *pass, const Options *options, int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && st.st_size > options->file_max &&
           (dunhub_finding(pass->task, pass->path,
                           "it is longer than %" PRId64
                           " bytes (option 'file_max_bytes') and is not read",
                           options->file_max),
            true);
}

/* A file that cannot be read is a finding: the others of the folder still count. */
static bool read_file(LedgerPass *pass, int fd)
{
    const Options *options = pass->options;
    Reading in = {.pass = pass, .options = options};
    const CamtVisitor visitor = {&in, take_transaction, take_entry};
    char why[256];
    int line;
    if (is_too_long(pass, options, fd))
        return true;
    CamtOutcome outcome = camt_read(fd, &visitor, why, &line);
    if (outcome == CAMT_FOREIGN || outcome == CAMT_BROKEN)
        report(&in, line, "%s%s", why,
               outcome == CAMT_BROKEN ? "; it is read again when it changes"
                                      : "; it is passed over");
    if (in.passed_over)
        dunhub_log(pass->task, 1, "%s: %" PRIu64 " transactions concern no customer", pass->path,
                   in.passed_over);
    ledger_table_done(&in.same);
    return outcome != CAMT_ENDED;
}

static bool pass_transaction(void *data, const CamtTransaction *transaction)
{
    (void)data, (void)transaction;
    return true;
}

static bool pass_entry(void *data, const CamtEntry *entry)
{
    (void)data, (void)entry;
    return true;
}

static bool check_file(LedgerPass *pass, int fd)
{
    const CamtVisitor visitor = {NULL, pass_transaction, pass_entry};
    char why[256];
    int line;
    CamtOutcome outcome = camt_read(fd, &visitor, why, &line);
    if (outcome != CAMT_READ)
        dunhub_permanent(pass->task, "xml", "%s:%d: %s", pass->path, line, why);
    return outcome == CAMT_READ;
}

/* ---- handlers ---- */

static const char *const patterns[] = {"*.xml", "*.camt", "*.c53", "*.c54", NULL};
static const LedgerFormat format = {patterns,  ".xml, .camt, .c53 or .c54", "line", ":", read_file,
                                    check_file};

typedef void (*Handling)(const DunhubTask *task, const LedgerFormat *format,
                         const LedgerMapping *mapping, const void *options);

static void handle(const DunhubTask *task, Handling handling)
{
    Options options;
    if (!options_init(task, &options))
        return;
    handling(task, &format, &options.ledger, &options);
    options_done(&options);
}

static void poll(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    handle(&(DunhubTask){host, call, ret_result}, ledger_poll);
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

static const DunhubOption option_rows[] = {
    OPTION(
        "path", PATH, DUNHUB_OPTION_REQUIRED, NULL, NULL,
        "File, folder (its .xml, .camt, .c53 and .c54 files) or pattern such as /bank/2026-*.xml."),
    OPTION("look_in", LIST, 0, "creditor_reference,remittance,end_to_end_id", NULL,
           "Where an invoice may be named, in this order: creditor_reference, remittance, "
           "end_to_end_id, additional."),
    OPTION("invoice_pattern", TEXT, 0, NULL, NULL,
           "Extended regular expression that finds an invoice's id or number in them, case aside; "
           "its first group, if it has one."),
    OPTION("invoice_prefix", TEXT, 0, NULL, NULL, "Text put before what was found, such as INV-."),
    OPTION("date", CHOICE, 0, "value", "value|booking",
           "Which day of the bank counts for a payment."),
    OPTION("as_of", TEXT, 0, NULL, NULL,
           "Day of a replay (2026-07-01): what was booked later is not seen; 'now': the day of the "
           "hub's clock."),
    OPTION("file_max_bytes", INT, 0, "67108864", "1024..1073741824",
           "Longest file; a longer one is reported and not read."),
};

static const DunhubSource sources[] = {{
    .size = sizeof(DunhubSource),
    .name = "statements",
    .emits = "payment.updated",
    .doc = "Reads new statements and notifications: booked and pending payments, and those that "
           "went back.",
    .every_s = 300,
    .poll = poll,
}};

static const DunhubLimits limits = {
    .size = sizeof(DunhubLimits), .concurrency = 1, .timeout_ms = 600000};

static const DunhubPlugin plugin = {
    .magic = DUNHUB_MAGIC,
    .abi_major = DUNHUB_ABI_MAJOR,
    .abi_minor = DUNHUB_ABI_MINOR,
    .size = sizeof(DunhubPlugin),
    .option_size = sizeof(DunhubOption),
    .action_size = sizeof(DunhubAction),
    .source_size = sizeof(DunhubSource),
    .name = "camt_bank",
    .version = "1.0",
    .doc = "Payments from bank statements and notifications (ISO 20022 camt.053 and camt.054), "
           "matched to invoices by reference.",
    .options = option_rows,
    .n_options = sizeof option_rows / sizeof *option_rows,
    .sources = sources,
    .n_sources = sizeof sources / sizeof *sources,
    .limits = &limits,
    .check = check,
};

DUNHUB_EXPORT const DunhubPlugin *dunhub_plugin(void)
{
    return &plugin;
}
