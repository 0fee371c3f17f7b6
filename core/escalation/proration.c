/* Credit for suspended days (§4): price x days / days of the calendar month, rounded half up once
 * per month. */
#include "escalation/deciding.h"

/* In the currency of the price, whichever currency's debt was the reason for the suspension. */
static void book(Deciding *d, int64_t amount, Date from, int64_t days, const char *kind)
{
    char text[16];
    Credit *credit = state_add(d->state, KIND_CREDIT);
    credit->id = deciding_next_id(d, "credit");
    credit->currency = d->settings->currency;
    credit->amount = amount;
    credit->issued_on = d->today;
    credit->kind = kind;
    credit->sequence = ++d->state->account.next_id;
    booking_of_credit(d, credit);
    reason_add(d, "credit_booked", "§4 proration", credit->id, kind,
               json_pack("{s:s,s:I,s:I,s:s}", "from", date_format(from, text), "days",
                         (json_int_t)days, "amount", (json_int_t)amount, "currency",
                         credit->currency.code),
               "%" G_GINT64_FORMAT " suspended days are credited", days);
}

void proration_book(Deciding *d, Date from, Date before, const char *kind)
{
    int64_t price = d->state->account.subscription_price_minor;
    if (price == AMOUNT_NONE || price <= 0)
        return;
    for (Date day = from; day < before;) {
        int year, month, dom;
        date_to_ymd(day, &year, &month, &dom);
        int in_month = date_days_in_month(year, month);
        Date next = MIN(before, day + (in_month - dom + 1));
        int64_t amount;
        if (money_scale(price, (int64_t)next - day, in_month, &amount) && amount > 0)
            book(d, amount, day, (int64_t)next - day, kind);
        day = next;
    }
}
