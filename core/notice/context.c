/* What templates may read. Amounts and dates are texts here, written as people of the language
 * write them; texts from ledgers are one line. */
#include <string.h>

#include "base/text.h"
#include "base/zone.h"
#include "notice/folder.h"
#include "notice/locale.h"

G_DEFINE_QUARK(notice_error_quark, notice_error)

enum { VALUE_LONGEST = 300, NUMBERS_SHOWN = 5 };

static const TemplateName names[] = {
    {"organisation.name", "Name of the organisation, as configured."},
    {"organisation.address",
     "Its address in one line, from `notices`; absent where none is given."},
    {"organisation.phone", "Its telephone number; absent where none is given."},
    {"organisation.email", "Its e-mail address; absent where none is given."},
    {"organisation.website", "Its address in the web; absent where none is given."},
    {"organisation.payment",
     "Where or how to pay: a link, an account; absent where none is given."},
    {"organisation.contact", "A person to speak to; absent where none is given."},
    {"account.id", "The hub's id of the account."},
    {"account.number", "Customer number in the ledger; the id where there is none."},
    {"account.name", "Name of the customer."},
    {"account.property", "Site or property of the account; absent where there is none."},
    {"account.is_consumer", "Set for a consumer, absent for a company: opens a section."},
    {"notice.name", "Name of the notice, such as first_reminder."},
    {"notice.date", "Today in the zone of the account, such as 1 July 2026."},
    {"language.tag", "Language of the message, such as de-AT."},
    {"language.dir", "Its direction for HTML: ltr or rtl."},
    {"tone.friendly", "Set if the tone of the account's segment is friendly: opens a section."},
    {"tone.urgent", "Set if it is urgent."},
    {"tone.firm", "Set if it is firm."},
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
    {"invoices.child", "Member of the family whose invoice it is; absent: the account's own."},
    {"invoices.is_fee", "Set if it is a fee: opens a section."},
    {"invoices.is_interest", "Set if it is interest: opens a section."},
    {"charges", "Fees and interest that are booked and not overdue yet, which the amount leaves "
                "out: opens a section for each."},
    {"charges.number", "Number of the fee or interest invoice."},
    {"charges.open", "Its open amount."},
    {"charges.due_on", "Day on which it is due."},
    {"charges.child", "Member of the family it is about; absent: the account itself."},
    {"charges.is_fee", "Set if it is a fee: opens a section."},
    {"charges.is_interest", "Set if it is interest: opens a section."},
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

/* In whose way it is written. */
typedef struct {
    const char *language;
    bool
        hard_spaces; /* kept where they are drawn; elsewhere plain ones, which every device and code page knows */
    bool isolates; /* the text runs from right to left: values keep their own direction */
} Writing;

static char *finished(const Writing *writing, const char *text)
{
    g_autoptr(GString) out = g_string_new(text);
    if (!writing->hard_spaces) {
        g_string_replace(out, "\u00a0", " ", 0);
        g_string_replace(out, "\u202f", " ", 0);
        g_string_replace(out, "’", "'", 0);
    }
    if (writing->isolates) {
        g_string_prepend(out, "\u2068");
        g_string_append(out, "\u2069");
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

/* From outside, whatever is in it. */
static void set_text(const Writing *writing, json_t *object, const char *key, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    g_autofree char *line = text_one_line(text, VALUE_LONGEST);
    if (writing->isolates) {
        g_autofree char *isolated = g_strconcat("\u2068", line, "\u2069", NULL);
        json_object_set_new(object, key, json_string(isolated));
    } else
        json_object_set_new(object, key, json_string(line));
}

/* A word of our own: names of channels, steps, languages. */
static void set_word(json_t *object, const char *key, const char *word)
{
    if (word != NULL && word[0] != '\0')
        json_object_set_new(object, key, json_string(word));
}

static void set_date(const Writing *writing, json_t *object, const char *key, Date date)
{
    if (date == DATE_NONE || date == DATE_NEVER)
        return;
    g_autofree char *text = locale_date(writing->language, date);
    json_object_set_new(object, key, json_string(text));
}

static void set_amount(const Writing *writing, json_t *object, const char *key, int64_t minor,
                       Currency currency)
{
    g_autofree char *text = locale_amount(writing->language, (Money){minor, currency});
    g_autofree char *whole = finished(writing, text);
    json_object_set_new(object, key, json_string(whole));
}

static json_t *account_context(const Writing *w, const Account *account)
{
    json_t *object = json_object();
    set_text(w, object, "id", account->id);
    set_text(w, object, "number",
             account->external_id != NULL ? account->external_id : account->id);
    set_text(w, object, "name", account->name);
    set_text(w, object, "property", account->property);
    if (account->is_consumer)
        json_object_set_new(object, "is_consumer", json_true());
    return object;
}

static void set_kind(json_t *object, const json_t *row)
{
    const char *kind = json_string_value(json_object_get(row, "kind"));
    if (g_strcmp0(kind, "fee") == 0)
        json_object_set_new(object, "is_fee", json_true());
    else if (g_strcmp0(kind, "interest") == 0)
        json_object_set_new(object, "is_interest", json_true());
}

/* One row of Notice.invoices. NULL: not of the form of notice.h. */
static json_t *invoice_context(const Writing *w, const json_t *row, Currency currency)
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
    set_text(w, object, "number", number != NULL ? number : id);
    set_amount(w, object, "open", json_integer_value(open), currency);
    set_date(w, object, "due_on", due);
    set_text(w, object, "child", json_string_value(json_object_get(row, "child")));
    set_kind(object, row);
    if (days > 0)
        json_object_set_new(object, "days_overdue", json_integer(days));
    return object;
}

/* "INV-1, INV-2 (+3)": short enough for a text message. */
static void set_numbers(const Writing *w, json_t *context, const json_t *rows)
{
    size_t n = json_array_size(rows);
    g_autoptr(GString) line = g_string_new(NULL);
    for (size_t i = 0; i < MIN(n, NUMBERS_SHOWN); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *number = json_string_value(json_object_get(row, "number"));
        const char *id = json_string_value(json_object_get(row, "id"));
        g_string_append_printf(line, "%s%s", i > 0 ? ", " : "",
                               number != NULL ? number
                               : id != NULL   ? id
                                              : "");
    }
    if (n > NUMBERS_SHOWN)
        g_string_append_printf(line, " (+%zu)", n - NUMBERS_SHOWN);
    set_text(w, context, "invoice_numbers", line->str);
}

/* Rows of Notice.invoices or Notice.charges under that name; *ret_oldest: most days overdue. */
static bool set_rows(const Writing *w, json_t *context, const char *name, const json_t *rows,
                     const Notice *notice, json_int_t *ret_oldest, GError **error)
{
    json_t *list = json_array();
    json_object_set_new(context, name, list);
    bool taken = json_is_array(rows);
    *ret_oldest = 0;
    for (size_t i = 0; taken && i < json_array_size(rows); i++) {
        json_t *row = invoice_context(w, json_array_get(rows, i), notice->currency);
        taken = row != NULL;
        if (!taken)
            break;
        *ret_oldest = MAX(*ret_oldest, json_integer_value(json_object_get(row, "days_overdue")));
        json_array_append_new(list, row);
    }
    if (!taken)
        g_set_error(error, NOTICE_ERROR, NOTICE_ERROR_DATA,
                    "notice '%s': its %s cannot be read; the record is damaged, compare it with "
                    "the ledger",
                    notice->key != NULL ? notice->key : notice->name, name);
    return taken;
}

static bool set_charges(const Writing *w, json_t *context, const Notice *notice, GError **error)
{
    json_int_t oldest;
    if (notice->charges == NULL)
        return true;
    g_autoptr(json_t) rows = json_loads(notice->charges, 0, NULL);
    return set_rows(w, context, "charges", rows, notice, &oldest, error);
}

static bool set_invoices(const Writing *w, json_t *context, const Notice *notice,
                         const json_t *rows, GError **error)
{
    json_int_t oldest;
    if (!set_rows(w, context, "invoices", rows, notice, &oldest, error))
        return false;
    set_numbers(w, context, rows);
    if (oldest > 0)
        json_object_set_new(context, "days_overdue", json_integer(oldest));
    return set_charges(w, context, notice, error);
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

static void set_instalment(const Writing *w, json_t *context, const NoticeIn *in)
{
    const Plan *plan = NULL;
    const Instalment *instalment =
        next_instalment(in->state, in->notice->currency, in->today, &plan);
    if (instalment == NULL)
        return;
    set_date(w, context, "due_on", instalment->due_on);
    json_object_set_new(context, "instalment",
                        json_pack("{s:I, s:I}", "number", (json_int_t)instalment->number, "count",
                                  (json_int_t)plan->instalments));
}

/* What the notice is about beside the sum: an invoice, a promise, an instalment. */
static void set_subject_matter(const Writing *w, json_t *context, const NoticeIn *in)
{
    const Notice *notice = in->notice;
    if (g_strcmp0(notice->name, "promise_reminder") == 0) {
        const Promise *promise = next_promise(in->state, notice->currency);
        set_date(w, context, "due_on", promise != NULL ? promise->promised_on : DATE_NONE);
    } else if (g_strcmp0(notice->name, "instalment_reminder") == 0)
        set_instalment(w, context, in);
    else if (notice->invoice != NULL) {
        const Invoice *invoice = state_find(in->state, KIND_INVOICE, notice->invoice);
        set_date(w, context, "due_on", invoice != NULL ? invoice->due_on : DATE_NONE);
    }
}

static bool set_notice(const Writing *w, json_t *context, const NoticeIn *in, const json_t *rows,
                       GError **error)
{
    const Notice *notice = in->notice;
    set_word(context, "step", notice->step);
    set_word(context, "currency", notice->currency.code);
    if (notice->amount != AMOUNT_NONE && notice->amount > 0)
        set_amount(w, context, "amount", notice->amount, notice->currency);
    set_subject_matter(w, context, in);
    return notice->invoices == NULL || set_invoices(w, context, notice, rows, error);
}

static void set_grace(const Writing *w, json_t *context, const NoticeIn *in)
{
    Date until = DATE_NONE;
    STATE_FOREACH (in->state, KIND_HOLD, const Hold, hold) {
        if (hold->kind == HOLD_GRACE && hold->over_on == DATE_NONE && hold->until >= in->today)
            until = MAX(until, hold->until);
    }
    if (until == DATE_NONE)
        return;
    json_t *grace = json_object();
    set_date(w, grace, "until", until);
    json_object_set_new(context, "grace", grace);
}

static json_t *organisation_context(const Writing *w, const NoticeIn *in)
{
    json_t *object = json_object();
    const Letterhead *head = in->letterhead;
    set_text(w, object, "name", in->organisation);
    if (head == NULL)
        return object;
    g_autofree char *address =
        head->address != NULL ? g_strjoinv(", ", (char **)head->address) : NULL;
    const struct {
        const char *key, *text;
    } rows[] = {{"address", address},       {"phone", head->phone},     {"email", head->email},
                {"website", head->website}, {"payment", head->payment}, {"contact", head->contact}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        set_text(w, object, rows[i].key, rows[i].text);
    return object;
}

json_t *notice_context(const NoticeIn *in, const json_t *rows, const char *language,
                       const char *name, bool drawn, GError **error)
{
    const char *channel = in->act->channel;
    bool brief = g_strcmp0(channel, "sms") == 0 || g_strcmp0(channel, "voice") == 0;
    const Writing writing = {language, drawn, language_is_rtl(language) && !brief};
    const Writing *w = &writing;
    g_autoptr(json_t) context = json_object();
    json_t *notice = json_object(), *tongue = json_object();
    set_word(notice, "name", name);
    set_date(w, notice, "date", in->today);
    set_word(tongue, "tag", language);
    set_word(tongue, "dir", language_is_rtl(language) ? "rtl" : "ltr");
    json_object_set_new(context, "organisation", organisation_context(w, in));
    json_object_set_new(context, "notice", notice);
    json_object_set_new(context, "language", tongue);
    json_object_set_new(context, "account", account_context(w, &in->state->account));
    set_word(context, "channel", channel);
    if (channel != NULL)
        json_object_set_new(context, "by", json_pack("{s:b}", channel, 1));
    if (in->tone != NULL)
        json_object_set_new(context, "tone", json_pack("{s:b}", in->tone, 1));
    set_grace(w, context, in);
    if (in->notice != NULL && !set_notice(w, context, in, rows, error))
        return NULL;
    return g_steal_pointer(&context);
}
