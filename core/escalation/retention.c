#include "escalation/retention.h"

#include <string.h>

/* ---- since when -------------------------------------------------------------------------------- */

static Date later(Date a, Date b)
{
    return b == DATE_NONE || (a != DATE_NONE && a >= b) ? a : b;
}

static Date last_of_deliveries(const AccountState *state)
{
    Date last = DATE_NONE;
    STATE_FOREACH (state, KIND_NOTICE, const Notice, notice)
        last = later(later(last, notice->handed_on), notice->accepted_on);
    STATE_FOREACH (state, KIND_ACT, const Act, act)
        last = later(last, act->done_on);
    STATE_FOREACH (state, KIND_PHONE_CALL, const PhoneCall, call)
        last = later(last, call->placed_on);
    return last;
}

Date retention_last_act(const AccountState *state)
{
    Date last = later(last_of_deliveries(state), state->account.service_suspended_on);
    STATE_FOREACH (state, KIND_INVOICE, const Invoice, invoice)
        last = later(later(last, invoice->issued_on), invoice->changed_on);
    STATE_FOREACH (state, KIND_PAYMENT, const Payment, payment)
        last = later(later(last, payment->settled_on), payment->ended_on);
    STATE_FOREACH (state, KIND_CREDIT, const Credit, credit)
        last = later(later(last, credit->issued_on), credit->cancelled_on);
    STATE_FOREACH (state, KIND_CYCLE, const Cycle, cycle)
        last = later(later(last, cycle->opened_on), cycle->closed_on);
    STATE_FOREACH (state, KIND_HOLD, const Hold, hold)
        last = later(last, hold->over_on);
    STATE_FOREACH (state, KIND_PLAN, const Plan, plan)
        last = later(last, plan->ended_on);
    STATE_FOREACH (state, KIND_DISPUTE, const Dispute, dispute)
        last = later(last, dispute->closed_on);
    return last;
}

/* ---- rows -------------------------------------------------------------------------------------- */

static bool lies_under(const char *path, const char *place)
{
    size_t n = strlen(place);
    return path != NULL && strncmp(path, place, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

static bool concerns(const Retention *row, const Account *account)
{
    bool right_kind = row->accounts == RETENTION_ALL ||
                      (row->accounts == RETENTION_CONSUMERS) == account->is_consumer;
    return right_kind &&
           (row->jurisdiction == NULL || lies_under(account->jurisdiction, row->jurisdiction));
}

/* Through this day, counted from the last act; February 29 ends on the 28th of a common year. */
static Date years_after(Date date, int64_t years)
{
    return date_add_months(date, (int)years * 12, 0);
}

/* The row that keeps longest; NULL: none keeps. */
static const Retention *keeper(const AccountState *state, const Rulebook *book)
{
    const Retention *longest = NULL;
    for (size_t i = 0; i < book->n_retention; i++) {
        const Retention *row = &book->retention[i];
        if (row->keep_years > 0 && concerns(row, &state->account) &&
            (longest == NULL || row->keep_years > longest->keep_years))
            longest = row;
    }
    return longest;
}

static bool holds_personal_data(const AccountState *state)
{
    if (state->account.erased_on == DATE_NONE || state->account.name != NULL)
        return true;
    STATE_FOREACH (state, KIND_CONTACT_POINT, const ContactPoint, point)
        if (!g_str_has_prefix(point->address, ERASED_ADDRESS))
            return true;
    return false;
}

const Retention *erasure_due(const AccountState *state, const Rulebook *book, Date today)
{
    const Retention *due = NULL;
    Date last = retention_last_act(state);
    if (book->n_retention == 0 || last == DATE_NONE || !holds_personal_data(state))
        return NULL;
    for (size_t i = 0; i < book->n_retention; i++) {
        const Retention *row = &book->retention[i];
        if (row->erase_after_years > 0 && concerns(row, &state->account) &&
            today > years_after(last, row->erase_after_years) &&
            (due == NULL || row->erase_after_years < due->erase_after_years))
            due = row;
    }
    return due;
}

/* ---- what stands in the way -------------------------------------------------------------------- */

static const Obstacle *obstacle(Arena *arena, const char *code, const char *text)
{
    Obstacle *made = arena_new0(arena, Obstacle, 1);
    *made = (Obstacle){.code = code, .text = text, .until = DATE_NONE};
    return made;
}

static const Obstacle *running_record(const AccountState *state, Arena *arena)
{
    STATE_FOREACH (state, KIND_CYCLE, const Cycle, cycle)
        if (cycle->closed_on == DATE_NONE)
            return obstacle(arena, "case_open", "its case is open");
    STATE_FOREACH (state, KIND_HOLD, const Hold, hold)
        if (hold->over_on == DATE_NONE)
            return obstacle(arena, "hold",
                            arena_printf(arena, "a hold runs: %s", hold_kind_words[hold->kind]));
    STATE_FOREACH (state, KIND_DISPUTE, const Dispute, dispute)
        if (dispute->outcome == DISPUTE_OPEN)
            return obstacle(arena, "dispute", "a dispute is open");
    STATE_FOREACH (state, KIND_PLAN, const Plan, plan)
        if (plan->state == PLAN_ACTIVE)
            return obstacle(arena, "plan", "a payment plan runs");
    STATE_FOREACH (state, KIND_PROMISE, const Promise, promise)
        if (promise->state == PROMISE_OPEN)
            return obstacle(arena, "promise", "a promise is open");
    STATE_FOREACH (state, KIND_REPLY, const Reply, reply)
        if (reply->state == REPLY_OPEN)
            return obstacle(arena, "reply", "a reply waits for a person's decision");
    return NULL;
}

static bool is_over(const Act *act)
{
    return act->state == ACT_DONE || act->state == ACT_DEAD || act->state == ACT_SUPPRESSED;
}

/* A legal act that was done and not taken back; an agency's case of which no outcome is known. */
static const Obstacle *running_matter(const AccountState *state, Arena *arena)
{
    bool closed = state->account.collections_case_on == DATE_NONE;
    STATE_FOREACH (state, KIND_CYCLE, const Cycle, cycle)
        closed = closed || cycle->outcome != NULL;
    STATE_FOREACH (state, KIND_ACT, const Act, act) {
        if (!is_over(act))
            return obstacle(arena, "act", arena_printf(arena, "an act is not over: %s", act->key));
        if (act->effect == EFFECT_LEGAL && act->state == ACT_DONE && !act->undo && !closed)
            return obstacle(arena, "legal_matter", "a legal matter runs: no outcome is known");
    }
    return closed ? NULL
                  : obstacle(arena, "legal_matter", "a collections case runs: no outcome is known");
}

static const Obstacle *kept_by_law(const AccountState *state, const Rulebook *book, Date today,
                                   Arena *arena)
{
    const Retention *row = keeper(state, book);
    Date last = retention_last_act(state);
    if (row == NULL || last == DATE_NONE)
        return NULL;
    Date until = years_after(last, row->keep_years);
    if (today > until)
        return NULL;
    char day[16];
    Obstacle *made = arena_new0(arena, Obstacle, 1);
    *made = (Obstacle){
        .code = "retention",
        .text = arena_printf(arena, "it must be kept through %s by %s%s%s", date_format(until, day),
                             row->name, row->citation != NULL ? ", " : "",
                             row->citation != NULL ? row->citation : ""),
        .rule = row->name,
        .citation = row->citation,
        .until = until,
    };
    return made;
}

static bool is_approved(const AccountState *state, const char *by, Date today)
{
    STATE_FOREACH (state, KIND_APPROVAL, const Approval, approval)
        if (g_strcmp0(approval->what, "erasure") == 0 && g_strcmp0(approval->by, by) != 0 &&
            (approval->valid_through == DATE_NONE || approval->valid_through >= today) &&
            (state->account.erased_on == DATE_NONE ||
             approval->given_on > state->account.erased_on))
            return true;
    return false;
}

static const Obstacle *wants_approval(const AccountState *state, const Rulebook *book,
                                      const char *by, Date today, Arena *arena)
{
    for (size_t i = 0; i < book->n_retention; i++) {
        const Retention *row = &book->retention[i];
        if (!row->approval || !concerns(row, &state->account) || is_approved(state, by, today))
            continue;
        Obstacle *made = arena_new0(arena, Obstacle, 1);
        *made = (Obstacle){.code = "approval",
                           .text = "another person has to approve it: dunhub approve ACCOUNT "
                                   "erasure --requested-by PERSON",
                           .rule = row->name,
                           .until = DATE_NONE};
        return made;
    }
    return NULL;
}

const Obstacle *erasure_obstacle(const AccountState *state, const Rulebook *book, bool owes,
                                 const char *by, Date today, Arena *arena)
{
    const Obstacle *found = NULL;
    if (!holds_personal_data(state))
        return obstacle(arena, "nothing_to_erase",
                        "it was erased, and nothing personal came since");
    if (owes)
        return obstacle(arena, "owes", "something is still owed");
    found = running_record(state, arena);
    if (found == NULL)
        found = running_matter(state, arena);
    if (found == NULL)
        found = kept_by_law(state, book, today, arena);
    return found != NULL ? found : wants_approval(state, book, by, today, arena);
}

/* ---- erasing ----------------------------------------------------------------------------------- */

/* Facts of the account that tell of a person without being its name. */
static const char *const telling[] = {"property",           "lease",       "tags", "zones",
                                      "inconvenient_times", "active_duty", NULL};

static void clear_field(const Field *field, void *record)
{
    void *at = (char *)record + field->offset;
    if (field->type == FIELD_BOOL)
        *(bool *)at = false;
    else
        *(const char **)at = NULL;
}

static void clear_record(const RecordType *type, void *record)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        const Field *field = &type->fields[i];
        bool tells = type == &account_type && g_strv_contains(telling, field->name);
        if (tells || ((field->flags & FIELD_PERSONAL) && !(field->flags & FIELD_KEY)))
            clear_field(field, record);
    }
}

void erasure_apply(AccountState *state, Arena *arena, Date today)
{
    size_t n = 0;
    clear_record(&account_type, &state->account);
    for (int kind = KIND_ACCOUNT + 1; kind < N_KINDS; kind++) {
        const RecordType *type = record_types[kind];
        char *rows = state_own(state, (RecordKind)kind);
        for (size_t i = 0; i < STATE_COUNT(state, kind); i++)
            clear_record(type, rows + i * type->size);
    }
    STATE_FOREACH (state, KIND_CONTACT_POINT, ContactPoint, point) {
        point->address = arena_printf(arena, ERASED_ADDRESS "%zu", ++n);
        point->consent = CONSENT_NONE;
        point->consent_wording = NULL;
        point->undeliverable = true;
    }
    STATE_FOREACH (state, KIND_ACT, Act, act)
        act->error = NULL;
    state->account.erased_on = today;
}
