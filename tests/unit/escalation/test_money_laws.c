/* Money never appears and never vanishes: thousands of random ledgers in three currencies, and after every decision a second
 * set of books (books.h) that has seen what was sent and what the audit says, and must come to the same cents.
 * DUNHUB_SEED and DUNHUB_LEDGERS in the environment choose other ledgers; a failure names its seed. */
#include "books.h"

enum { LEDGERS = 100, EVENTS = 45, RATE = 50000 /* basis points a year: what compounds shows */ };

typedef struct {
    const char *name, *policies, *policy, *settings;
    bool by_law;       /* at most 50.00, and 5 % of the invoice, for all fees of a cycle */
    int64_t fee_most;  /* of one fee */
    int64_t fee_share; /* basis points of what is overdue; 0: the fixed sum above */
    bool fee_per_step;
} World;

#define FEES                                                                                       \
    "  b2b:\n    source: S3\n    stages:\n"                                                        \
    "      - {name: first_reminder, from: 1, to: 7, wait: 3, fee: \"5.00 USD\"}\n"                 \
    "      - {name: second_notice, from: 8, to: 14, wait: 3, fee: {basis_points: 500, most: "      \
    "\"25.00 USD\"}}\n"                                                                            \
    "      - {name: final_notice, from: 15, to: 29, wait: 3, skippable: false, fee: "              \
    "{basis_points: 333, least: \"1.00 USD\", most: \"25.00 USD\"}}\n"                             \
    "      - {name: pre_collections, from: 30, wait: 14, skippable: false, also: "                 \
    "[suspend_service]}\n"
#define INTEREST "interest: {basis_points: 50000, book: [step_entry, month_end, settlement]}"

static const World worlds[] = {
    {"module", MODULE, "isp",
     "first_step: suspended, auto_suspend: true, auto_reactivate: true, prorate_suspension: true, "
     "late_fee_cents: 1500, " INTEREST,
     .fee_most = 1500},
    {"module-share", MODULE, "isp",
     "late_fee: {basis_points: 700}, minimum_basis: past_allowed_days, " INTEREST, .fee_share = 700,
     .fee_most = INT64_MAX},
    {"step-fees", FEES, "b2b", "fee_once_per: step, " INTEREST, .fee_per_step = true,
     .fee_most = 2500},
    {"step-fees-once", FEES, "b2b", "fee_once_per: cycle", .fee_most = 2500},
    {"capped-by-law", FEES, "b2b", "fee_once_per: step", .fee_per_step = true, .fee_most = 2500,
     .by_law = true},
};

static const char law[] =
    "rules:\n"
    "  fee.capped: {gate: late_fee, jurisdiction: US/NY, applies_to: tenant, after_days: 5,"
    " cap_fixed: 50.00 USD, cap_permille: 50, citation: law D, reviewed_by: b}\n";
enum { LAW_FIXED = 5000, LAW_PERMILLE = 50 };

typedef struct {
    const World *world;
    guint32 seed;
    Books books;
    GHashTable *fees; /* by cycle, and by cycle and step: how many, and of a cycle how much */
    GRand *rand;
} Play;

/* ---- the laws ------------------------------------------------------------------------------------ */

#define BROKEN(v, ...) broken(v, g_strdup_printf(__VA_ARGS__))
static void broken(const Driver *v, char *what)
{
    const Play *play = v->look;
    for (guint i = v->log->len > 25 ? v->log->len - 25 : 0; i < v->log->len; i++)
        g_printerr("# %s\n", (const char *)g_ptr_array_index(v->log, i));
    BOOKS_EACH(play->books.debts, Debt, d)
    g_printerr("# debt %s %s %ld - %ld status %d\n", d->id, d->code, (long)d->amount,
               (long)d->taken, d->status);
    BOOKS_EACH(play->books.money, Inflow, m)
    g_printerr("# %s %s %s %ld left %ld for %s %s\n", m->credit ? "credit" : "money", m->id,
               m->code, (long)m->amount, (long)m->left, m->invoice,
               m->counts ? "" : "(does not count)");
    g_error("%s, seed %u: %s", play->world->name, play->seed, what);
}

static DueRules due_rules(const Driver *v, const AccountState *state)
{
    const Policy *policy = rulebook_policy(&v->book, state->account.policy, NULL);
    const Settings *settings = account_settings(&v->book, &state->account, policy, v->arena);
    return (DueRules){settings->days_to_overdue, settings->ledger_grace_days};
}

static void check_equal(const Driver *v, const char *what, const char *code, int64_t hub,
                        int64_t books)
{
    if (hub != books)
        BROKEN(v, "%s in %s: the hub says %" G_GINT64_FORMAT ", the books %" G_GINT64_FORMAT, what,
               code, hub, books);
}

static void check_currency(const Driver *v, const AccountState *after, const Ledger *ledger,
                           const char *code)
{
    const Play *play = v->look;
    Trial t = books_trial(&play->books, after, ledger->today, code);
    CurrencyBalance hub = ledger_currency(ledger, currency(code));
    check_equal(v, "what was charged less what came in", code, t.charged - t.received - t.conceded,
                hub.balance + t.lost - t.waiting);
    check_equal(v, "unapplied credit", code, hub.unapplied, t.unapplied);
    check_equal(v, "the balance", code, hub.balance, t.open - t.unapplied);
    check_equal(v, "overdue(c)", code, hub.overdue, t.overdue);
    check_equal(v, "overdue charges", code, hub.overdue_charges, t.overdue_charges);
}

static void check_balances(const Driver *v, const AccountState *after)
{
    const Play *play = v->look;
    DueRules rules = due_rules(v, after);
    Ledger ledger;
    ledger_read(after, &rules, after->account.business_date, v->arena, &ledger);
    if (ledger.n_invoices != play->books.debts->len)
        BROKEN(v, "the hub has %zu invoices, the books %u", ledger.n_invoices,
               play->books.debts->len);
    for (size_t i = 0; i < BOOKS_CURRENCIES; i++)
        check_currency(v, after, &ledger, books_codes[i]);
    for (size_t i = 0; i < ledger.n_invoices; i++) {
        const Debt *debt = books_debt(&play->books, ledger.invoices[i].invoice->id);
        if (!debt)
            BROKEN(v, "invoice %s is not in the books", ledger.invoices[i].invoice->id);
        int64_t open = debt->status == INVOICE_OPEN ? debt->amount - debt->taken : 0;
        check_equal(v, debt->id, debt->code, ledger.invoices[i].open, open);
    }
}

static int64_t half_up(int64_t amount, int64_t times, int64_t by)
{
    return (2 * amount * times + by) / (2 * by);
}

static int64_t *tally(const Play *play, const char *what)
{
    int64_t *n = g_hash_table_lookup(play->fees, what);
    if (!n)
        g_hash_table_insert(play->fees, g_strdup(what), n = g_new0(int64_t, 1));
    return n;
}

/* How often, and how much: by the law and by the configuration. Asked before it is in the books. */
static void check_fee(const Driver *v, const AccountState *after, const Reason *reason)
{
    const Play *play = v->look;
    g_autoptr(json_t) detail = json_loads(reason->detail, 0, NULL);
    int64_t amount = json_integer_value(json_object_get(detail, "amount"));
    const char *of = json_string_value(json_object_get(detail, "fee_of"));
    const char *code = json_string_value(json_object_get(detail, "currency"));
    const Invoice *row =
        state_find(after, KIND_INVOICE, json_string_value(json_object_get(detail, "invoice")));
    g_autofree char *step = g_strdup_printf("%s/%s", row->cycle, of);
    if (++*tally(play, play->world->fee_per_step ? step : row->cycle) > 1)
        BROKEN(v, "a second fee for %s", step);
    Trial t = books_trial(&play->books, after, after->account.business_date, code);
    if (amount <= 0 || amount > play->world->fee_most || t.overdue_charges <= 0)
        BROKEN(v, "a fee of %" G_GINT64_FORMAT " on %" G_GINT64_FORMAT, amount, t.overdue_charges);
    if (play->world->fee_share)
        check_equal(v, "a fee in per cent", code, amount,
                    half_up(t.overdue_charges, play->world->fee_share, 10000));
    int64_t greatest = 0;
    BOOKS_EACH(play->books.debts, Debt, debt)
    greatest = MAX(greatest, debt->charge && strcmp(debt->code, code) == 0 ? debt->most : 0);
    g_autofree char *all = g_strdup_printf("%s sum", row->cycle);
    int64_t sum = *tally(play, all) += amount;
    if (play->world->by_law && sum > MIN(LAW_FIXED, greatest * LAW_PERMILLE / 1000))
        BROKEN(v, "fees of %s come to %" G_GINT64_FORMAT, row->cycle, sum);
}

/* Once, and of a fee that still stands. */
static void check_waiver(const Driver *v, const Reason *reason)
{
    const Play *play = v->look;
    g_autoptr(json_t) detail = json_loads(reason->detail, 0, NULL);
    const char *invoice = json_string_value(json_object_get(detail, "invoice"));
    const Debt *debt = books_debt(&play->books, invoice);
    if (!debt || debt->status != INVOICE_OPEN ||
        books_money(&play->books, arena_printf(v->arena, "correction:%s", invoice), true))
        BROKEN(v, "%s is waived, which is not charged any more", invoice);
}

/* Simple interest of all charges since they fell overdue, as if nobody had paid: never more. */
static void check_interest(const Driver *v, Date today)
{
    const Play *play = v->look;
    for (size_t i = 0; i < BOOKS_CURRENCIES; i++) {
        int64_t most = 0, booked = 0;
        BOOKS_EACH(play->books.debts, Debt, debt)
        {
            if (strcmp(debt->code, books_codes[i]) != 0)
                continue;
            if (debt->charge && debt->overdue_on <= today)
                most += half_up(debt->most, (int64_t)RATE * (today - debt->overdue_on + 1),
                                365 * INT64_C(10000));
            booked += g_str_has_prefix(debt->id, "interest") ? debt->amount : 0;
        }
        BOOKS_EACH(play->books.money, Inflow, money)
        booked -= money->interest && strcmp(money->code, books_codes[i]) == 0 ? money->amount : 0;
        if (booked > most)
            BROKEN(v,
                   "interest of %" G_GINT64_FORMAT " where %" G_GINT64_FORMAT " can have accrued",
                   booked, most);
    }
}

static void check_plan(const Driver *v, const AccountState *state, const Plan *plan)
{
    int64_t sum = 0, n = 0, part = plan->amount / plan->instalments;
    Date last = DATE_NONE;
    STATE_FOREACH (state, KIND_INSTALMENT, const Instalment, row) {
        if (strcmp(row->plan, plan->id) != 0)
            continue;
        if (row->due_on <= last || row->amount < part || (n > 0 && row->amount != part))
            BROKEN(v, "instalment %" G_GINT64_FORMAT " of plan %s is out of line", row->number,
                   plan->id);
        last = row->due_on;
        sum += row->amount;
        n++;
    }
    check_equal(v, "the instalments of a plan", plan->currency.code, sum, plan->amount);
    check_equal(v, "their number", plan->id, n, plan->instalments);
}

/* What was undisputed and open on the invoices that it names. */
static void check_new_plan(const Driver *v, const AccountState *before, const PlanRequest *request,
                           const Plan *plan)
{
    const Play *play = v->look;
    int64_t sum = 0;
    books_settle(&play->books, before);
    g_auto(GStrv) ids = g_strsplit(request->invoices, ",", -1);
    for (char **id = ids; *id; id++) {
        const Debt *debt = books_debt(&play->books, *id);
        sum += debt->amount - debt->taken - books_disputed(&play->books, debt);
    }
    check_equal(v, "the sum of a plan", plan->currency.code, plan->amount, sum);
}

static void watch(Driver *v, const DecideIn *in)
{
    Play *play = v->look;
    const AccountState *after = &v->out.after;
    size_t n_plans = STATE_COUNT(in->state, KIND_PLAN);
    if (in->event->kind == EVENT_PLAN_CREATED && STATE_COUNT(after, KIND_PLAN) > n_plans)
        check_new_plan(v, in->state, in->event->payload,
                       &STATE_ROWS(after, KIND_PLAN, const Plan)[n_plans]);
    for (size_t i = 0; i < v->out.n_reasons; i++) {
        const Reason *reason = &v->out.reasons[i];
        if (strcmp(reason->event, "fee_charged") == 0)
            check_fee(v, after, reason);
        if (strcmp(reason->event, "fee_reversed") == 0)
            check_waiver(v, reason);
        books_told(&play->books, v->arena, after, reason);
    }
    if (in->event->kind == EVENT_WAKE && v->out.n_changes == 0)
        return;
    check_balances(v, after);
    check_interest(v, after->account.business_date);
    STATE_FOREACH (after, KIND_PLAN, const Plan, plan)
        check_plan(v, after, plan);
}

/* ---- what may happen to a ledger ------------------------------------------------------------------ */

typedef struct {
    Driver *v;
    Play *play;
    int n;
    Date today;
} Turn;

static gint32 draw(const Turn *turn, gint32 from, gint32 below)
{
    return g_rand_int_range(turn->play->rand, from, below);
}

static const char *any_code(const Turn *turn)
{
    static const char *const often[] = {"USD", "USD", "USD", "EUR", "GBP"};
    return often[draw(turn, 0, G_N_ELEMENTS(often))];
}

static int64_t any_amount(const Turn *turn)
{
    return draw(turn, 1, 12000);
}

static Debt *any_debt(const Turn *turn)
{
    GArray *debts = turn->play->books.debts;
    return debts->len ? &g_array_index(debts, Debt, (guint)draw(turn, 0, (gint32)debts->len))
                      : NULL;
}

static Inflow *any_inflow(const Turn *turn)
{
    GArray *money = turn->play->books.money;
    return money->len ? &g_array_index(money, Inflow, (guint)draw(turn, 0, (gint32)money->len))
                      : NULL;
}

/* Told twice: what is known already changes nothing. */
static void tell_twice(const Turn *turn, EventKind kind, const void *payload,
                       const char *const *fields)
{
    Driver *v = turn->v;
    driver_fact(v, kind, payload, fields);
    driver_run_every(v, v->now, false);
    g_autofree char *once = state_fingerprint(&v->state);
    driver_fact(v, kind, payload, fields);
    g_autofree char *twice = state_fingerprint(&v->state);
    if (strcmp(once, twice) != 0)
        BROKEN(v, "a %s that is repeated changes something", event_types[kind].name);
}

static void new_invoice(const Turn *turn)
{
    Driver *v = turn->v;
    Invoice *row = arena_new0(v->arena, Invoice, 1);
    record_init(&invoice_type, row);
    row->id = arena_printf(v->arena, "X%d", turn->n);
    row->amount = any_amount(turn);
    const char *code = any_code(turn);
    row->currency = currency(code);
    row->issued_on = turn->today - draw(turn, 0, 30);
    bool due = draw(turn, 0, 3) == 0;
    row->due_on = due ? row->issued_on + draw(turn, 0, 30) : DATE_NONE;
    row->status = draw(turn, 0, 8) == 0 ? INVOICE_DRAFT : INVOICE_OPEN;
    books_charge(&turn->play->books, (Debt){.id = row->id,
                                            .code = code,
                                            .amount = row->amount,
                                            .issued_on = row->issued_on,
                                            .overdue_on = due ? row->due_on + 1 : DATE_NONE,
                                            .status = row->status,
                                            .charge = true});
    tell_twice(turn, EVENT_INVOICE_UPDATED, row,
               (const char *const[]){"id", "amount", "currency", "issued_on", "status",
                                     due ? "due_on" : "id", NULL});
}

/* Also what the hub has charged: a ledger that takes a fee back does so like this. */
static void change_status(const Turn *turn)
{
    static const int often[] = {INVOICE_VOID, INVOICE_WRITTEN_OFF, INVOICE_OPEN, INVOICE_OPEN};
    Debt *debt = any_debt(turn);
    if (!debt)
        return;
    Invoice *row = arena_new0(turn->v->arena, Invoice, 1);
    record_init(&invoice_type, row);
    row->id = debt->id;
    row->status = debt->status = often[draw(turn, 0, G_N_ELEMENTS(often))];
    Inflow *correction = books_money(&turn->play->books,
                                     arena_printf(turn->v->arena, "correction:%s", debt->id), true);
    if (correction && row->status == INVOICE_VOID) /* the ledger has taken the fee back itself */
        correction->counts = false;
    tell_twice(turn, EVENT_INVOICE_UPDATED, row, (const char *const[]){"id", "status", NULL});
}

static void change_amount(const Turn *turn)
{
    Debt *debt = any_debt(turn);
    if (!debt || !debt->charge)
        return;
    Invoice *row = arena_new0(turn->v->arena, Invoice, 1);
    record_init(&invoice_type, row);
    row->id = debt->id;
    row->amount = debt->amount = any_amount(turn);
    debt->most = MAX(debt->most, debt->amount);
    tell_twice(turn, EVENT_INVOICE_UPDATED, row, (const char *const[]){"id", "amount", NULL});
}

static const char *plan_of(const Turn *turn)
{
    const AccountState *state = &turn->v->state;
    STATE_FOREACH (state, KIND_PLAN, const Plan, plan)
        if (draw(turn, 0, 2) == 0)
            return plan->id;
    return NULL;
}

/* Of nobody in particular, of an invoice, of one that is not known yet, of a plan; all of it, a part, or too much. */
static void new_payment(const Turn *turn)
{
    Driver *v = turn->v;
    Payment *row = arena_new0(v->arena, Payment, 1);
    record_init(&payment_type, row);
    const Debt *debt = any_debt(turn);
    bool named = debt && draw(turn, 0, 2) == 0;
    row->id = arena_printf(v->arena, "P%d", turn->n);
    row->amount = debt && draw(turn, 0, 3) == 0 ? debt->amount : any_amount(turn);
    const char *code = debt && draw(turn, 0, 6) ? debt->code : any_code(turn);
    row->currency = currency(code);
    row->state = draw(turn, 0, 4) == 0 ? PAYMENT_PENDING : PAYMENT_SETTLED;
    row->plan = plan_of(turn);
    row->invoice =
        row->plan ? NULL
        : named   ? debt->id
                : (draw(turn, 0, 8) == 0 ? arena_printf(v->arena, "X%d", turn->n + draw(turn, 1, 9))
                                         : NULL);
    row->effective_on = turn->today - draw(turn, 0, 20);
    Inflow money = {.id = row->id,
                    .code = code,
                    .invoice = row->invoice,
                    .plan = row->plan,
                    .amount = row->amount,
                    .counts = row->state == PAYMENT_SETTLED};
    g_array_append_val(turn->play->books.money, money);
    const char *fields[10] = {"id", "amount", "currency", "state"};
    size_t n = 4;
    if (row->plan)
        fields[n++] = "plan";
    if (row->invoice)
        fields[n++] = "invoice";
    if (draw(turn, 0, 2) == 0)
        fields[n++] = "effective_on";
    tell_twice(turn, EVENT_PAYMENT_UPDATED, row, fields);
}

/* Settles, fails, is taken back, comes again; a credit is cancelled. */
static void change_money(const Turn *turn)
{
    Inflow *money = any_inflow(turn);
    if (!money || g_str_has_prefix(money->id, "credit") || g_str_has_prefix(money->id, "corr"))
        return;
    money->counts = !money->counts;
    if (money->credit) {
        Credit *credit = arena_new0(turn->v->arena, Credit, 1);
        record_init(&credit_type, credit);
        credit->id = money->id;
        credit->cancelled = !money->counts;
        tell_twice(turn, EVENT_CREDIT_UPDATED, credit,
                   (const char *const[]){"id", "cancelled", NULL});
        return;
    }
    Payment *row = arena_new0(turn->v->arena, Payment, 1);
    record_init(&payment_type, row);
    row->id = money->id;
    row->state = money->counts      ? PAYMENT_SETTLED
                 : draw(turn, 0, 2) ? PAYMENT_REVERSED
                                    : PAYMENT_FAILED;
    tell_twice(turn, EVENT_PAYMENT_UPDATED, row, (const char *const[]){"id", "state", NULL});
}

static void new_credit(const Turn *turn)
{
    Driver *v = turn->v;
    const Debt *debt = draw(turn, 0, 2) ? any_debt(turn) : NULL;
    Credit *row = arena_new0(v->arena, Credit, 1);
    record_init(&credit_type, row);
    row->id = arena_printf(v->arena, "C%d", turn->n);
    row->amount = any_amount(turn);
    const char *code = debt ? debt->code : any_code(turn);
    row->currency = currency(code);
    row->invoice = debt ? debt->id : NULL;
    Inflow money = {.id = row->id,
                    .code = code,
                    .invoice = row->invoice,
                    .amount = row->amount,
                    .credit = true,
                    .counts = true,
                    .on = turn->today};
    g_array_append_val(turn->play->books.money, money);
    tell_twice(turn, EVENT_CREDIT_UPDATED, row,
               (const char *const[]){"id", "amount", "currency", debt ? "invoice" : "id", NULL});
}

static void quarrel(const Turn *turn)
{
    const Debt *debt = any_debt(turn);
    if (!debt)
        return;
    Quarrel *known = NULL;
    BOOKS_EACH(turn->play->books.quarrels, Quarrel, q)
    known = strcmp(q->invoice, debt->id) == 0 ? q : known;
    Dispute *row = arena_new0(turn->v->arena, Dispute, 1);
    record_init(&dispute_type, row);
    if (!known) {
        Quarrel fresh = {.id = arena_printf(turn->v->arena, "D%d", turn->n),
                         .invoice = debt->id,
                         .opened_on = turn->today};
        g_array_append_val(turn->play->books.quarrels, fresh);
        known = &g_array_index(turn->play->books.quarrels, Quarrel,
                               turn->play->books.quarrels->len - 1);
    }
    *row = (Dispute){.id = known->id,
                     .invoice = known->invoice,
                     .amount = any_amount(turn),
                     .outcome = draw(turn, DISPUTE_OPEN, DISPUTE_WITHDRAWN + 1)};
    known->amount = row->amount;
    known->outcome = row->outcome;
    tell_twice(turn, EVENT_DISPUTE_UPDATED, row,
               (const char *const[]){"id", "invoice", "amount", "outcome", NULL});
}

static void new_plan(const Turn *turn)
{
    const Debt *one = any_debt(turn), *other = any_debt(turn);
    if (!one)
        return;
    PlanRequest *plan = arena_new0(turn->v->arena, PlanRequest, 1);
    *plan = (PlanRequest){
        .id = arena_printf(turn->v->arena, "plan%d", turn->n),
        .invoices =
            one == other ? one->id : arena_printf(turn->v->arena, "%s,%s", one->id, other->id),
        .instalments = draw(turn, 2, 7),
        .first_on = turn->today + draw(turn, 0, 20),
        .by = "maria"};
    driver_event(turn->v, EVENT_PLAN_CREATED, plan);
}

static void exclude(const Turn *turn)
{
    Debt *debt = any_debt(turn);
    if (!debt)
        return;
    debt->excluded = !debt->excluded;
    ExclusionRequest *request = arena_new0(turn->v->arena, ExclusionRequest, 1);
    *request = (ExclusionRequest){.invoice = debt->id, .excluded = debt->excluded, .by = "maria"};
    driver_event(turn->v, EVENT_INVOICE_EXCLUDED, request);
}

static void hold_or_flag(const Turn *turn)
{
    HoldRequest *hold = arena_new0(turn->v->arena, HoldRequest, 1);
    *hold = (HoldRequest){.from = DATE_NONE,
                          .kind = draw(turn, HOLD_HELP, HOLD_PAUSE + 1),
                          .by = "maria",
                          .until = turn->today + draw(turn, 1, 6),
                          .petition_on = DATE_NONE};
    FlagRequest *flag = arena_new0(turn->v->arena, FlagRequest, 1);
    *flag = (FlagRequest){.by = "maria", .currency = currency("USD")};
    if (draw(turn, 0, 2))
        driver_event(turn->v, EVENT_HOLD_SET, hold);
    else
        driver_event(turn->v, EVENT_ACCOUNT_FLAGGED, flag);
}

/* A fee is waived, suspended days are credited: what is proposed is approved. */
static void approve(const Turn *turn)
{
    ApprovalDecision *decision = arena_new0(turn->v->arena, ApprovalDecision, 1);
    *decision = (ApprovalDecision){.what = "backdated_correction", .by = "erik"};
    driver_event(turn->v, EVENT_APPROVAL_DECIDED, decision);
}

static void (*const turns[])(const Turn *turn) = {
    new_invoice, new_invoice,  new_invoice,  new_invoice,  new_payment,   new_payment,
    new_payment, change_money, change_money, new_credit,   change_status, change_amount,
    quarrel,     new_plan,     exclude,      hold_or_flag, approve,       approve,
};

/* ---- playing -------------------------------------------------------------------------------------- */

static void under_law(Driver *v)
{
    g_autoptr(Diags) diags = diags_new();
    const Node *root = tree_parse(law, strlen(law), "law.yaml", v->arena, diags);
    g_assert_true(root && rules_load(node_get(root, "rules"), v->arena, diags, &v->book.rules));
    v->state.account.kind = ACCOUNT_TENANT;
    v->state.account.is_consumer = true;
    v->state.account.jurisdiction = "US/NY";
}

static void play(const World *world, guint32 seed)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    g_autoptr(GHashTable) fees = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    Play now = {.world = world, .seed = seed, .rand = rand, .fees = fees};
    Driver v;
    driver_open(&v, world->policies, world->settings, world->policy, "2026-01-05 08:00");
    if (world->by_law)
        under_law(&v);
    v.state.account.subscription_price_minor = 3100;
    books_open(&now.books);
    now.books.days_to_overdue = due_rules(&v, &v.state).days_to_overdue;
    v.decided = watch;
    v.look = &now;
    for (int n = 1; n < EVENTS; n++) {
        driver_run_every(&v, v.now + g_rand_int_range(rand, 1, 80) * INSTANT_HOUR, false);
        Turn turn = {&v, &now, n, zone_date(v.book.zone, v.now)};
        turns[g_rand_int_range(rand, 0, G_N_ELEMENTS(turns))](&turn);
    }
    books_close(&now.books);
    driver_close(&v);
}

static guint32 from_environment(const char *name, guint32 otherwise)
{
    const char *text = g_getenv(name);
    return text ? (guint32)g_ascii_strtoull(text, NULL, 10) : otherwise;
}

static void test_laws(gconstpointer data)
{
    guint32 first = from_environment("DUNHUB_SEED", 1);
    guint32 n = from_environment("DUNHUB_LEDGERS", LEDGERS);
    g_test_message("seeds %u to %u", first, first + n - 1);
    for (guint32 seed = first; seed < first + n; seed++)
        play(data, seed);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(worlds); i++) {
        g_autofree char *path = g_strdup_printf("/money/laws/%s", worlds[i].name);
        g_test_add_data_func(path, &worlds[i], test_laws);
    }
    return g_test_run();
}
