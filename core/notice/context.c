/* What templates may read. Amounts and dates are texts here, written as people of the language
 * write them; texts from ledgers are one line. */
#include <string.h>

#include "base/text.h"
#include "base/zone.h"
#include "notice/folder.h"

G_DEFINE_QUARK(notice_error_quark, notice_error)

enum { VALUE_LONGEST = 300, NUMBERS_SHOWN = 5 };

static const TemplateName names[] = {
    {"organisation.name", "Name of the organisation, as configured."},
    {"account.id", "The hub's id of the account."},
    {"account.number", "Customer number in the ledger; the id where there is none."},
    {"account.name", "Name of the customer."},
    {"account.property", "Site or property of the account; absent where there is none."},
    {"account.is_consumer", "Set for a consumer, absent for a company: opens a section."},
    {"notice.name", "Name of the notice, such as first_reminder."},
    {"notice.date", "Today in the zone of the account, such as 1 July 2026."},
    {"step", "Step of the escalation the notice belongs to; absent outside of one."},
    {"channel", "Channel it goes out by, such as email, sms or letter."},
    {"by.email", "Set if it goes out by email: opens a section."},
    {"by.sms", "Set if it goes out by text message: opens a section."},
    {"by.letter", "Set if it goes out as a letter: opens a section."},
    {"by.voice", "Set if it is spoken: opens a section."},
    {"by.in_app", "Set if it is shown in the application: opens a section."},
    {"currency", "ISO 4217 code of the amount."},
    {"amount", "What is asked for, such as USD 1,234.50; absent where nothing is."},
    {"due_on", "Day on which the invoice, instalment or promise it is about is or was due; absent "
               "otherwise."},
    {"days_overdue", "Days overdue of the oldest invoice listed; absent where none is overdue."},
    {"invoices", "The overdue invoices, or the one the notice is about: opens a section for each."},
    {"invoices.number", "Number of the invoice as the customer knows it."},
    {"invoices.open", "Its open amount, such as USD 120.00."},
    {"invoices.due_on", "Day on which it was due; absent where the ledger states none."},
    {"invoices.days_overdue",
     "Days it has been overdue, the first day being 1; absent if it is not overdue."},
    {"instalment.number", "Of an instalment reminder: which instalment, from 1."},
    {"instalment.count", "Of an instalment reminder: how many the plan has."},
    {"invoice_numbers", "Their numbers in one line, the first five: INV-1, INV-2 (+3)."},
    {"grace.until", "Last day of the running grace period; absent if none runs."},
};

const TemplateName *template_names(size_t *ret_n)
{
    *ret_n = G_N_ELEMENTS(names);
    return names;
}

/* How dates are written: %1 day, %2 month, %3 year. Languages without a row get 2026-07-01. */
static const struct {
    const char *language;
    const char *after_day, *after_month;
    const char *months[12];
} date_styles[] = {
    {"en",
     " ",
     " ",
     {"January", "February", "March", "April", "May", "June", "July", "August", "September",
      "October", "November", "December"}},
    {"de",
     ". ",
     " ",
     {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
      "November", "Dezember"}},
    {"es",
     " de ",
     " de ",
     {"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
      "octubre", "noviembre", "diciembre"}},
    {"fr",
     " ",
     " ",
     {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
      "octobre", "novembre", "décembre"}},
};

static char *date_text(Date date, const char *language)
{
    int year = 0, month = 0, day = 0;
    date_to_ymd(date, &year, &month, &day);
    for (size_t i = 0; i < G_N_ELEMENTS(date_styles); i++) {
        size_t n = strlen(date_styles[i].language);
        if (strncmp(language, date_styles[i].language, n) == 0 &&
            (language[n] == '\0' || language[n] == '-'))
            return g_strdup_printf("%d%s%s%s%d", day, date_styles[i].after_day,
                                   date_styles[i].months[month - 1], date_styles[i].after_month,
                                   year);
    }
    char plain[16];
    return g_strdup(date_format(date, plain));
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    g_autofree char *line = text_one_line(text, VALUE_LONGEST);
    json_object_set_new(object, key, json_string(line));
}

static void set_date(json_t *object, const char *key, Date date, const char *language)
{
    if (date == DATE_NONE || date == DATE_NEVER)
        return;
    g_autofree char *text = date_text(date, language);
    json_object_set_new(object, key, json_string(text));
}

static void set_amount(json_t *object, const char *key, int64_t minor, Currency currency)
{
    g_autofree char *text = money_to_text((Money){minor, currency});
    json_object_set_new(object, key, json_string(text));
}

static json_t *account_context(const Account *account)
{
    json_t *object = json_object();
    set_text(object, "id", account->id);
    set_text(object, "number", account->external_id != NULL ? account->external_id : account->id);
    set_text(object, "name", account->name);
    set_text(object, "property", account->property);
    if (account->is_consumer)
        json_object_set_new(object, "is_consumer", json_true());
    return object;
}

/* One row of Notice.invoices. NULL: not of the form of notice.h. */
static json_t *invoice_context(const json_t *row, Currency currency, const char *language)
{
    const json_t *open = json_object_get(row, "open");
    const char *id = json_string_value(json_object_get(row, "id"));
    const char *number = json_string_value(json_object_get(row, "number"));
    const char *due_on = json_string_value(json_object_get(row, "due_on"));
    json_int_t days = json_integer_value(json_object_get(row, "days_overdue"));
    Date due = DATE_NONE;
    if (!json_is_integer(open) || (number == NULL && id == NULL) ||
        (due_on != NULL && !date_parse(due_on, &due, NULL)))
        return NULL;
    json_t *object = json_object();
    set_text(object, "number", number != NULL ? number : id);
    set_amount(object, "open", json_integer_value(open), currency);
    set_date(object, "due_on", due, language);
    if (days > 0)
        json_object_set_new(object, "days_overdue", json_integer(days));
    return object;
}

/* "INV-1, INV-2 (+3)": short enough for a text message. */
static void set_numbers(json_t *context, const json_t *invoices)
{
    size_t n = json_array_size(invoices);
    g_autoptr(GString) line = g_string_new(NULL);
    for (size_t i = 0; i < MIN(n, NUMBERS_SHOWN); i++) {
        const char *number =
            json_string_value(json_object_get(json_array_get(invoices, i), "number"));
        g_string_append_printf(line, "%s%s", i > 0 ? ", " : "", number != NULL ? number : "");
    }
    if (n > NUMBERS_SHOWN)
        g_string_append_printf(line, " (+%zu)", n - NUMBERS_SHOWN);
    set_text(context, "invoice_numbers", line->str);
}

static bool set_invoices(json_t *context, const Notice *notice, const char *language,
                         GError **error)
{
    g_autoptr(json_t) rows = json_loads(notice->invoices, 0, NULL);
    json_t *invoices = json_array();
    json_object_set_new(context, "invoices", invoices);
    bool taken = json_is_array(rows);
    json_int_t oldest = 0;
    for (size_t i = 0; taken && i < json_array_size(rows); i++) {
        json_t *invoice = invoice_context(json_array_get(rows, i), notice->currency, language);
        taken = invoice != NULL;
        if (!taken)
            break;
        oldest = MAX(oldest, json_integer_value(json_object_get(invoice, "days_overdue")));
        json_array_append_new(invoices, invoice);
    }
    if (!taken) {
        g_set_error(error, NOTICE_ERROR, NOTICE_ERROR_DATA,
                    "notice '%s': its invoices cannot be read; the record is damaged, compare it "
                    "with the ledger",
                    notice->key != NULL ? notice->key : notice->name);
        return false;
    }
    set_numbers(context, invoices);
    if (oldest > 0)
        json_object_set_new(context, "days_overdue", json_integer(oldest));
    return true;
}

static const Promise *next_promise(const AccountState *state, Currency currency)
{
    const Promise *next = NULL;
    STATE_FOREACH (state, KIND_PROMISE, const Promise, promise) {
        if (promise->state == PROMISE_OPEN && currency_equal(promise->currency, currency) &&
            (next == NULL || promise->promised_on < next->promised_on))
            next = promise;
    }
    return next;
}

/* The first instalment of a running plan that is due today or later. */
static const Instalment *next_instalment(const AccountState *state, Currency currency, Date today,
                                         const Plan **ret_plan)
{
    const Instalment *next = NULL;
    STATE_FOREACH (state, KIND_PLAN, const Plan, plan) {
        if (plan->state != PLAN_ACTIVE || !currency_equal(plan->currency, currency))
            continue;
        STATE_FOREACH (state, KIND_INSTALMENT, const Instalment, instalment) {
            if (strcmp(instalment->plan, plan->id) != 0 || instalment->due_on < today ||
                (next != NULL && next->due_on <= instalment->due_on))
                continue;
            next = instalment;
            *ret_plan = plan;
        }
    }
    return next;
}

static void set_instalment(json_t *context, const NoticeIn *in, const char *language)
{
    const Plan *plan = NULL;
    const Instalment *instalment =
        next_instalment(in->state, in->notice->currency, in->today, &plan);
    if (instalment == NULL)
        return;
    set_date(context, "due_on", instalment->due_on, language);
    json_object_set_new(context, "instalment",
                        json_pack("{s:I, s:I}", "number", (json_int_t)instalment->number, "count",
                                  (json_int_t)plan->instalments));
}

/* What the notice is about beside the sum: an invoice, a promise, an instalment. */
static void set_subject_matter(json_t *context, const NoticeIn *in, const char *language)
{
    const Notice *notice = in->notice;
    if (g_strcmp0(notice->name, "promise_reminder") == 0) {
        const Promise *promise = next_promise(in->state, notice->currency);
        set_date(context, "due_on", promise != NULL ? promise->promised_on : DATE_NONE, language);
    } else if (g_strcmp0(notice->name, "instalment_reminder") == 0)
        set_instalment(context, in, language);
    else if (notice->invoice != NULL) {
        const Invoice *invoice = state_find(in->state, KIND_INVOICE, notice->invoice);
        set_date(context, "due_on", invoice != NULL ? invoice->due_on : DATE_NONE, language);
    }
}

static bool set_notice(json_t *context, const NoticeIn *in, const char *language, GError **error)
{
    const Notice *notice = in->notice;
    set_text(context, "step", notice->step);
    set_text(context, "currency", notice->currency.code);
    if (notice->amount != AMOUNT_NONE && notice->amount > 0)
        set_amount(context, "amount", notice->amount, notice->currency);
    set_subject_matter(context, in, language);
    return notice->invoices == NULL || set_invoices(context, notice, language, error);
}

static void set_grace(json_t *context, const NoticeIn *in, const char *language)
{
    Date until = DATE_NONE;
    STATE_FOREACH (in->state, KIND_HOLD, const Hold, hold) {
        if (hold->kind == HOLD_GRACE && hold->over_on == DATE_NONE && hold->until >= in->today)
            until = MAX(until, hold->until);
    }
    if (until == DATE_NONE)
        return;
    json_t *grace = json_object();
    set_date(grace, "until", until, language);
    json_object_set_new(context, "grace", grace);
}

json_t *notice_context(const NoticeIn *in, const char *language, const char *name, GError **error)
{
    g_autoptr(json_t) context = json_object();
    json_t *organisation = json_object(), *notice = json_object();
    set_text(organisation, "name", in->organisation);
    set_text(notice, "name", name);
    set_date(notice, "date", in->today, language);
    json_object_set_new(context, "organisation", organisation);
    json_object_set_new(context, "notice", notice);
    json_object_set_new(context, "account", account_context(&in->state->account));
    set_text(context, "channel", in->act->channel);
    if (in->act->channel != NULL)
        json_object_set_new(context, "by", json_pack("{s:b}", in->act->channel, 1));
    set_grace(context, in, language);
    if (in->notice != NULL && !set_notice(context, in, language, error))
        return NULL;
    return g_steal_pointer(&context);
}
