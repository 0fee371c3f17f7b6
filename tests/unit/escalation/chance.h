/* Random histories of one account; the same seed gives the same history. */
#ifndef TESTS_ESCALATION_CHANCE_H
#define TESTS_ESCALATION_CHANCE_H

#include "driver.h"

/* One random fact or command; the same seed gives the same history. */
static inline void chance_event(Driver *v, GRand *rand, int n)
{
    static const char *const codes[] = {"USD", "USD", "USD", "EUR"};
    const char *code = codes[g_rand_int_range(rand, 0, 4)];
    const char *id = arena_printf(v->arena, "X%d", n);
    const char *earlier = arena_printf(v->arena, "X%d", g_rand_int_range(rand, 0, MAX(n, 1)));
    int64_t amount = g_rand_int_range(rand, 1, 90) * 100;
    Date today = zone_date(v->book.zone, v->now);
    switch (g_rand_int_range(rand, 0, 14)) {
    case 0:
    case 1:
    case 2:
        driver_invoice(v, id, amount, NULL, code);
        return;
    case 3:
        driver_payment(v, id, amount, PAYMENT_SETTLED, code);
        return;
    case 4:
        driver_payment(v, id, amount, PAYMENT_PENDING, code);
        return;
    case 5: {
        const Payment *known = state_find(&v->state, KIND_PAYMENT, earlier);
        if (known)
            driver_payment(v, earlier, known->amount,
                           known->state == PAYMENT_SETTLED ? PAYMENT_REVERSED : PAYMENT_SETTLED,
                           known->currency.code);
        else
            driver_event(v, EVENT_EVALUATE_REQUESTED, NULL);
        return;
    }
    case 6: {
        GraceRequest *grace = arena_new0(v->arena, GraceRequest, 1);
        *grace =
            (GraceRequest){.extended_to = today + g_rand_int_range(rand, 1, 12), .by = "maria"};
        driver_event(v, EVENT_GRACE_REQUESTED, grace);
        return;
    }
    case 7: {
        HoldRequest *hold = arena_new0(v->arena, HoldRequest, 1);
        *hold = (HoldRequest){.from = DATE_NONE, .kind = g_rand_int_range(rand, HOLD_HELP, HOLD_PAUSE + 1),
                              .by = "maria",
                              .until = today + g_rand_int_range(rand, 1, 6),
                              .petition_on = DATE_NONE};
        driver_event(v, EVENT_HOLD_SET, hold);
        return;
    }
    case 8: {
        PromiseRequest *promise = arena_new0(v->arena, PromiseRequest, 1);
        *promise = (PromiseRequest){.id = id,
                                    .amount = amount,
                                    .currency = currency(code),
                                    .by = "maria",
                                    .promised_on = today + g_rand_int_range(rand, 0, 5)};
        driver_event(v, EVENT_PROMISE_MADE, promise);
        return;
    }
    case 9: {
        PlanRequest *plan = arena_new0(v->arena, PlanRequest, 1);
        *plan = (PlanRequest){.id = id,
                              .invoices = earlier,
                              .instalments = g_rand_int_range(rand, 2, 4),
                              .first_on = today + g_rand_int_range(rand, 0, 9),
                              .by = "maria"};
        driver_event(v, EVENT_PLAN_CREATED, plan);
        return;
    }
    case 10: {
        Dispute *dispute = arena_new0(v->arena, Dispute, 1);
        record_init(&dispute_type, dispute);
        *dispute = (Dispute){.id = earlier,
                             .invoice = earlier,
                             .amount = amount,
                             .outcome = g_rand_int_range(rand, 0, 4)};
        driver_fact(v, EVENT_DISPUTE_UPDATED, dispute,
                    (const char *const[]){"id", "invoice", "amount", "outcome", NULL});
        return;
    }
    case 11: {
        FlagRequest *flag = arena_new0(v->arena, FlagRequest, 1);
        *flag = (FlagRequest){.by = "maria", .currency = currency(code)};
        driver_event(v, EVENT_ACCOUNT_FLAGGED, flag);
        return;
    }
    case 12: {
        StepRequest *step = arena_new0(v->arena, StepRequest, 1);
        static const char *const steps[] = {"paid_by_customer", "suspended", "final_notice"};
        *step = (StepRequest){.step = steps[g_rand_int_range(rand, 0, 3)], .by = "maria"};
        driver_event(v, EVENT_STEP_CHANGE_REQUESTED, step);
        return;
    }
    default: {
        Credit *credit = arena_new0(v->arena, Credit, 1);
        record_init(&credit_type, credit);
        credit->id = id;
        credit->amount = amount;
        credit->currency = currency(code);
        driver_fact(v, EVENT_CREDIT_UPDATED, credit,
                    (const char *const[]){"id", "amount", "currency", NULL});
    }
    }
}

static inline void chance_reply(Driver *v, GRand *rand)
{
    static const char *const texts[] = {"STOP", "START", "HELP", "I lost my job", "my lawyer knows",
                                        "do not text me", "I already paid", "what is this?"};
    MessageReport *reply = arena_new0(v->arena, MessageReport, 1);
    *reply = (MessageReport){.channel = "sms",
                             .address = "+13125550100",
                             .text = texts[g_rand_int_range(rand, 0, G_N_ELEMENTS(texts))]};
    driver_event(v, EVENT_MESSAGE_REPLIED, reply);
}

static inline void chance_failure(Driver *v, GRand *rand)
{
    static const char *const channels[] = {"email", "sms", "letter"};
    MessageReport *report = arena_new0(v->arena, MessageReport, 1);
    *report = (MessageReport){
        .channel = channels[g_rand_int_range(rand, 0, 3)],
        .outcome = g_rand_boolean(rand) ? MESSAGE_HARD_BOUNCE : MESSAGE_ACCEPTED,
    };
    driver_event(
        v, report->outcome == MESSAGE_ACCEPTED ? EVENT_MESSAGE_ACCEPTED : EVENT_MESSAGE_FAILED,
        report);
}

static inline void chance_end_of_holds(Driver *v)
{
    STATE_FOREACH (&v->state, KIND_HOLD, Hold, hold)
        if (hold->over_on == DATE_NONE) {
            HoldRequest *request = arena_new0(v->arena, HoldRequest, 1);
            *request = (HoldRequest){
                .kind = hold->kind, .from = DATE_NONE, .by = "maria", .until = DATE_NONE, .petition_on = DATE_NONE};
            driver_event(v, EVENT_HOLD_ENDED, request);
            return;
        }
}

static inline void chance_void(Driver *v, const char *id, GRand *rand)
{
    if (!state_find(&v->state, KIND_INVOICE, id))
        return;
    Invoice *invoice = arena_new0(v->arena, Invoice, 1);
    record_init(&invoice_type, invoice);
    invoice->id = id;
    invoice->status = g_rand_boolean(rand) ? INVOICE_VOID : INVOICE_WRITTEN_OFF;
    driver_fact(v, EVENT_INVOICE_UPDATED, invoice, (const char *const[]){"id", "status", NULL});
}

/* All of chance_event, and what is answered, fails, ends and is taken back. */
static inline void chance_anything(Driver *v, GRand *rand, int n)
{
    switch (g_rand_int_range(rand, 0, 12)) {
    case 0:
        chance_reply(v, rand);
        return;
    case 1:
        chance_failure(v, rand);
        return;
    case 2:
        chance_end_of_holds(v);
        return;
    case 3:
        chance_void(v, arena_printf(v->arena, "X%d", g_rand_int_range(rand, 0, MAX(n, 1))), rand);
        return;
    default:
        chance_event(v, rand, n);
    }
}

#endif
