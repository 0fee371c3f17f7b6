/* The inside of decide, shared by the files of this room and by nobody else.
 *
 * One decision works on a copy of the account's state in a fixed sequence: the event is applied, the books are read, each
 * currency is judged, acts that are due are released, the next instant is found. A rule is a small function over Deciding;
 * it changes the copy, and says why with reason_add. Pointers to rows die when a row of that kind is added. */
#ifndef DUNHUB_ESCALATION_DECIDING_H
#define DUNHUB_ESCALATION_DECIDING_H

#include "base/json.h"
#include "base/text.h"
#include "compliance/gate.h"
#include "escalation/decide.h"
#include "ledger/age.h"

typedef struct {
    const DecideIn *in;
    Arena *arena;
    AccountState *state; /* the copy */
    const AccountState *look; /* the same, to look only: rows that nobody writes stay shared, which is what makes it fast */
    const Rulebook *book;
    const Zone *zone;
    Instant now;
    LocalTime local;
    Date today;               /* business date: never goes back (§6.11) */
    bool daily;               /* this is the day's evaluation */
    const Policy *policy;     /* newest version for the segment of this moment */
    Account picked_for;       /* as the account was when policy, settings and calendar were picked */
    const Settings *settings; /* of that policy, with what differs for the account */
    const Calendar *calendar; /* of the account's property, else the organisation's */
    Ledger ledger, before;    /* now; before the event */
    LedgerFacts read_from;    /* what `ledger` was read from */
    const char *reversed;     /* currencies in which this event took money back, comma separated */
    const char *included;     /* currencies of invoices that this event takes in again, comma separated */
    const char *stepped;      /* currencies that entered a step in this decision, comma separated */
    const char *entered;      /* currencies that entered at a first step in this decision, comma separated */
    const char *cause;        /* what a way out that this event opens is called: "payment" "credit" "void" … */
    Reason *reasons; size_t n_reasons, most_reasons; /* in the arena */
    Wish *wishes; size_t n_wishes, most_wishes;
    const Rejection *rejection;
    const char *result;
} Deciding;

/* ---- reasons.c ------------------------------------------------------------------------------- */
/* detail is consumed and may be NULL. event must be in the catalogue. Of a bare decision neither detail nor text is made. */
#define reason_add(d, event, rule, subject, reason, detail, ...)                                                     \
    ((d)->in->bare ? reason_add_bare((d), (event), (rule), (subject), (reason))                                      \
                   : reason_add_whole((d), (event), (rule), (subject), (reason), (detail), __VA_ARGS__))
void reason_add_whole(Deciding *d, const char *event, const char *rule, const char *subject, const char *reason,
                      json_t *detail, const char *format, ...) G_GNUC_PRINTF(7, 8);
void reason_add_bare(Deciding *d, const char *event, const char *rule, const char *subject, const char *reason);
void wish_add(Deciding *d, WishKind kind, const char *key, Instant after, const char *detail);
/* An event of the hub for another account; data is consumed. */
void tell_add(Deciding *d, const char *account, const char *event, json_t *data);
void reject(Deciding *d, const char *code, json_t *detail, const char *format, ...) G_GNUC_PRINTF(4, 5);
/* Canonical JSON as arena text; consumes. */
const char *json_text(Deciding *d, json_t *json);
/* Puts a word into a set of open reasons or takes it out, and tells of the change. */
void intervene(Deciding *d, const char **words, const char *word, bool wanted, const char *rule, const char *text);
typedef struct { const char *event, *doc; } ReasonType;
extern const ReasonType reason_types[];
extern const size_t n_reason_types;

/* ---- decide.c -------------------------------------------------------------------------------- */
void deciding_init(Deciding *d, const DecideIn *in, Arena *arena, AccountState *copy);
/* Reads the books again where something they are made of is not what it was at the latest reading. */
void deciding_read_ledger(Deciding *d);
/* The rows of all invoices, to be written: the books that were read show them from now on. Invoices are written through this
 * alone, and added with state_add. */
Invoice *deciding_invoices(Deciding *d);
/* One of them, found by looking; NULL for NULL. */
Invoice *deciding_invoice(Deciding *d, const Invoice *seen);
/* Policy and settings of the account's segment. */
void deciding_pick_policy(Deciding *d);
/* First day that a period starting with this event holds: today's evaluation has been or is to come. */
Date deciding_first_held_day(const Deciding *d);
const char *deciding_actor(const Deciding *d, const char *by);
const char *deciding_next_id(Deciding *d, const char *prefix);
DueRules deciding_due_rules(const Settings *settings);

/* ---- apply_*.c: what an event does to the records -------------------------------------------- */
void apply_event(Deciding *d);
void apply_account(Deciding *d), apply_invoice(Deciding *d), apply_payment(Deciding *d), apply_credit(Deciding *d),
    apply_dispute(Deciding *d), apply_contact(Deciding *d), apply_attempt(Deciding *d), apply_ledger_read(Deciding *d);
void apply_flag(Deciding *d), apply_status(Deciding *d), apply_assignment(Deciding *d), apply_step_change(Deciding *d),
    apply_grace(Deciding *d), apply_hold(Deciding *d), apply_hold_move(Deciding *d), apply_hold_end(Deciding *d),
    apply_exclusion(Deciding *d), apply_confirmation(Deciding *d),
    apply_promise(Deciding *d), apply_plan(Deciding *d), apply_outreach(Deciding *d), apply_collections(Deciding *d),
    apply_approval(Deciding *d), apply_approval_request(Deciding *d), apply_approval_withdrawal(Deciding *d),
    apply_migration(Deciding *d), apply_erasure(Deciding *d);
void requests_expire(Deciding *d);
void apply_act_decision(Deciding *d), apply_act_result(Deciding *d), apply_act_sent(Deciding *d), apply_act_document(Deciding *d),
    apply_message_accepted(Deciding *d), apply_message_delivered(Deciding *d), apply_message_failed(Deciding *d),
    apply_reply(Deciding *d), apply_reply_decision(Deciding *d), apply_shared_consent(Deciding *d), apply_call(Deciding *d),
    apply_document_signed(Deciding *d), apply_document_declined(Deciding *d);
/* A call of the hub counts from the moment the instance took it; its report only says how it ended. */
void call_placed(Deciding *d, const Act *act);

/* Acts that wait for a read of the ledger ask for one again after a while. */
void ledger_unread(Deciding *d);

/* ---- family.c -------------------------------------------------------------------------------- */
void apply_family_placed(Deciding *d), apply_family_facts(Deciding *d), apply_family_left(Deciding *d),
    apply_family_service(Deciding *d);
/* The last thing of a decision: what the account that collects this one has to know. */
void family_tell(Deciding *d);
/* True, and the command is rejected: it belongs to the account that collects this one. */
bool family_refuses(Deciding *d);
void family_tell_service(Deciding *d, bool suspended);
/* The ledgers of the members are read as well (§6.6). */
void family_ask_freshness(Deciding *d);
bool family_is_read_since(const AccountState *state, Instant after);
/* Name of a member as people know it; NULL for NULL. */
const char *family_name(const AccountState *state, const char *child);

/* ---- segment.c ------------------------------------------------------------------------------- */
void segment_judge(Deciding *d);
const char *segment_judged(const AccountState *state, const Rulebook *book, const Ledger *ledger);
/* The cycle goes on under the policy of today's segment, if its step exists there (§7). */
void segment_follow(Deciding *d, Cycle *cycle);

/* ---- cycle.c --------------------------------------------------------------------------------- */
/* Open and not parked by a running plan; NULL. */
Cycle *cycle_current(AccountState *state, Currency currency);
/* Latest of that currency, open or closed; NULL. */
Cycle *cycle_latest(AccountState *state, Currency currency);
Cycle *cycle_by_id(AccountState *state, const char *id);
bool cycle_is_running(const Cycle *cycle); /* delinquent: in a step */
Cycle *cycle_new(Deciding *d, Currency currency);
void cycle_close(Deciding *d, Cycle *cycle, const char *reason);
/* The running cycle a command means: by its currency, else the only one; NULL. */
Cycle *cycle_meant(const Deciding *d, Currency currency);
/* The policy version the cycle stands on. */
const Policy *cycle_policy(const Deciding *d, const Cycle *cycle);
const Step *cycle_step(const Deciding *d, const Cycle *cycle);
size_t step_index(const Policy *policy, const Step *step);

/* ---- entry.c --------------------------------------------------------------------------------- */
bool entry_meets_e1(const Deciding *d, const InvoiceBalance *b);
bool entry_e1(const Deciding *d, Currency currency);
bool entry_e2(const Deciding *d, Currency currency);
/* E1 to E5 for an account outside; cycle must be open. */
bool entry_holds(Deciding *d, Cycle *cycle);
/* The first day from `from` on which E1 and E2 would hold if nothing else happened; DATE_NEVER. */
Date entry_date(const Deciding *d, Currency currency, Date from);
void entry_by_rule(Deciding *d, Cycle *cycle);
void entry_by_hand(Deciding *d, Currency currency, const char *by, const char *why);
void entry_judge(Deciding *d, Currency currency);

/* ---- exit.c ---------------------------------------------------------------------------------- */
bool exit_due(const Deciding *d, const Cycle *cycle);
void exit_judge(Deciding *d, Cycle *cycle);
void exit_leave(Deciding *d, Cycle *cycle, const char *reason);
void exit_by_staff(Deciding *d, Cycle *cycle, const char *by);
const char *exit_suppression(const char *exit_reason);

/* ---- step.c ---------------------------------------------------------------------------------- */
void step_enter(Deciding *d, Cycle *cycle, const Policy *policy, const Step *step, const char *how);
/* Back to the step held before, nothing repeated, dwell from today. */
void step_resume(Deciding *d, Cycle *cycle, const char *how);
/* Its notice was accepted (or it has none): its actions follow. */
void step_execute(Deciding *d, Cycle *cycle);
/* The acceptance turned out to be none. */
void step_unexecute(Deciding *d, Cycle *cycle);
/* What a step that is entered still lacks: its notice or its task. */
void step_ensure(Deciding *d, Cycle *cycle);
void step_judge_reasons(Deciding *d, Cycle *cycle);
bool step_asks_suspension(const Deciding *d, const Cycle *cycle);
Date step_due(const Deciding *d, const Cycle *cycle);

/* ---- moves.c --------------------------------------------------------------------------------- */
void moves_judge(Deciding *d, Cycle *cycle);
/* Where an account that enters at this age would go; NULL: the policy has no steps. */
const Step *moves_first_step(const Deciding *d, const Policy *policy, const Cycle *cycle);
/* The same, done: steps in between are recorded as skipped. */
const Step *moves_entry_step(Deciding *d, const Policy *policy, Cycle *cycle);
/* Amount, cost-benefit and approvals of a step; tells in awaiting and reasons what is missing. */
bool moves_guard(Deciding *d, Cycle *cycle, const Step *step);
/* Lowers the step at once where the setting says so (§6.2). */
void moves_recompute(Deciding *d, Cycle *cycle);

/* ---- holds.c, pending.c, grace.c, promise.c, plan.c ------------------------------------------ */
enum { BLOCKS_ENTRY = 1, BLOCKS_MESSAGES = 2, BLOCKS_SUSPENSION = 4, BLOCKS_COLLECTIONS = 8, BLOCKS_FEES = 16 };
/* Not over, and begun if it was set ahead. */
bool hold_is_running(const Hold *hold, Date today);
/* "messages, fees" as "messages,fees"; NULL where nothing is named. False: *ret_unknown is no such word. */
bool hold_read_blocks(Arena *arena, const char *text, const char **ret_blocks, const char **ret_unknown);
bool hold_reaches(const Hold *hold, const Ledger *ledger, Currency currency);
/* Effects of all running holds on that currency together; grace, pending, plans and disputes have their own rules. */
unsigned holds_block(const Deciding *d, Currency currency);
/* The same without holds of that kind: a promise lets its own reminder through, not what another hold blocks. */
unsigned holds_block_besides(const Deciding *d, Currency currency, int kind);
/* What the event that left an invoice out, or took it in, is the cause of. */
void invoice_exclusion_changed(Deciding *d, const Invoice *invoice);
Hold *hold_add(Deciding *d, int kind, const char *author, const char *reason);
void hold_finish(Deciding *d, Hold *hold, bool by_person);
void holds_expire(Deciding *d);
/* Kinds in force, comma separated in the order of §5. */
const char *holds_words(const Deciding *d);
/* Where messages may go: NULL the payer, else "attorney" or "estate". */
const char *holds_role(const Deciding *d);
bool holds_cease(const Deciding *d);

bool pending_blocks_entry(Deciding *d, Cycle *cycle);
/* effect: "suspension" "disconnection" "collections" "legal". */
bool pending_blocks_act(Deciding *d, Cycle *cycle, const char *effect);
bool pending_covers(const Deciding *d, const InvoiceBalance *invoice);

bool grace_runs(const Deciding *d, Currency currency);
Date grace_until(const AccountState *state, Currency currency, Date today); /* extended date; DATE_NONE */
int64_t grace_days_used(const AccountState *state, Currency currency);
bool grace_grant(Deciding *d, Currency currency, Date extended_to, const char *by, const char *reason);
void grace_judge(Deciding *d);

void promises_judge(Deciding *d);
int64_t promise_paid(const AccountState *state, const Promise *promise);
void promises_remind(Deciding *d);
void plans_judge(Deciding *d);
/* After all currencies were judged: what leaving in this very decision makes possible. */
void plans_lift(Deciding *d);
void plans_remind(Deciding *d);
int64_t instalment_open(const AccountState *state, const Instalment *instalment);
bool plan_failed(const Deciding *d, const Cycle *cycle);

/* ---- fee.c, proration.c, backdated.c, reversal.c --------------------------------------------- */
void fee_on_entry(Deciding *d, Cycle *cycle, bool by_rule);
/* After the step was entered, not when it is gone back to. */
void fee_on_step(Deciding *d, Cycle *cycle, const Step *step);
void fee_judge(Deciding *d, Cycle *cycle);
typedef struct {
    const Rulebook *book;
    const AccountState *state;
    const Ledger *ledger;
    const Settings *settings;
} FeeScene;
/* Those whose fee waits for its day, comma separated; NULL: none does. */
const char *fee_waiting(const Cycle *cycle);
/* What the law of this day says of one of them; false: nothing is configured, or nothing overdue could bear it. */
bool fee_by_law(const FeeScene *scene, const Cycle *cycle, const char *word, LateFeeAnswer *ret_answer);
/* ---- interest.c */
/* On the day on which a step was entered; at the end of a month and when a debt is settled. */
void interest_on_step(Deciding *d, const Cycle *cycle);
void interest_judge(Deciding *d);
/* DATE_NEVER: nothing waits for time alone. */
Date interest_wakes_on(const Deciding *d);
/* What accrued by today in that currency and is no invoice yet; negative: more was booked. */
int64_t interest_unbooked(const AccountState *state, const Rulebook *book, const Settings *settings, const Ledger *ledger,
                          Currency currency);
/* ---- booking.c */
/* What the hub has just booked leaves for the ledger, where one carries it out; sets the row's key then. */
void booking_of_invoice(Deciding *d, Invoice *invoice);
void booking_of_credit(Deciding *d, Credit *credit);
/* A credit for a fee that is on its way waits for it; it is suppressed when that never arrives. */
bool booking_waits(Deciding *d, Act *act);
/* The ledger has taken it: its id there is kept. */
void booking_done(Deciding *d, const Act *act);
/* The ledger has taken back what the hub charged. */
void booking_voided(Deciding *d, const Invoice *invoice);
/* The hub's own booking that a ledger tells of under that id or key; NULL: none. */
const Invoice *booked_invoice(const Deciding *d, const char *id, const char *key);
Credit *booked_credit(const Deciding *d, const char *id, const char *key);
void proration_book(Deciding *d, Date from, Date before, const char *kind);
void backdated_judge(Deciding *d);
void backdated_correct(Deciding *d, Cycle *cycle, const char *by);
bool reversal_happened(const Deciding *d, Currency currency);
void reversal_notice(Deciding *d, Currency currency, Cycle *cycle);
/* What a hold kept back goes when the block ends, if it still has something to say. */
void remembered_follow(Deciding *d);

/* ---- notices.c, release.c, delivery.c -------------------------------------------------------- */
enum { NOTICE_SEVERITY_COURTESY = 1, NOTICE_SEVERITY_REMINDER, NOTICE_SEVERITY_PROMISE, NOTICE_SEVERITY_OVERDUE,
       NOTICE_SEVERITY_STEP, NOTICE_SEVERITY_RETURNED, NOTICE_SEVERITY_NONE = 0 /* outside the limit of one a day */ };
typedef struct {
    const char *name, *template_name, *target; /* target: what distinguishes it among its name */
    Cycle *cycle;                              /* NULL outside */
    const Step *step;                          /* whose execution it is; NULL */
    Currency currency;
    const char *invoice;
    int severity;
    const char *channel, *address;             /* an answer goes there and nowhere else; NULL */
} NoticePlan;
/* NULL: one like it is planned, out, or done; or it has nothing to say now. */
Notice *notice_plan(Deciding *d, const NoticePlan *plan);
void notice_suppress(Deciding *d, Notice *notice, const char *reason);
bool notice_is_live(const Notice *notice);
/* Told of an event that will not come again: when a hold stands in its way, the row itself, suppressed, remembers that it
 * is to follow (§5 "what is blocked waits"). The others are planned anew by the rules that asked for them. */
bool notice_is_remembered(const Notice *notice);
/* A live notice of that name and target; NULL. */
const Notice *notice_find(const Deciding *d, const char *stem);
const char *notice_stem(Deciding *d, const NoticePlan *plan);
void notices_judge(Deciding *d);
void notices_suppress_cycle(Deciding *d, const Cycle *cycle, const char *reason);
/* NULL: it still has something to say; else why not: paid, void, dispute, hold, lapsed. */
const char *notice_obsolete(const Deciding *d, const Notice *notice);
void notice_show(Deciding *d, Notice *notice);
void notice_accept(Deciding *d, Notice *notice);
bool notice_of_stay_is_open(const Deciding *d, const Cycle *cycle);

/* Keeps or changes channel and address of the act to the first that is allowed now. False: none left. */
bool delivery_choose(Deciding *d, const Notice *notice, Act *act);
/* fixed: an answer goes to that point and nowhere else; NULL: the first allowed one. NULL: nobody can be reached. */
Act *delivery_plan(Deciding *d, Notice *notice, const ContactPoint *fixed);
void delivery_next(Deciding *d, Notice *notice);
bool delivery_possible(Deciding *d, const Notice *notice);
void delivery_lost(Deciding *d, Notice *notice);

void release_due(Deciding *d);
/* When what this decision produced goes out. */
Instant release_hour(const Deciding *d);
GateAnswer release_gate(const Deciding *d, const Act *act, const Notice *notice);
/* What the law wants before a step with that effect (GuardEffect) is entered. */
GateAnswer release_guard(const Deciding *d, const Cycle *cycle, int effect);
bool person_decided(const Deciding *d, const Cycle *cycle, int effect);

/* ---- acts.c ---------------------------------------------------------------------------------- */
typedef struct {
    const ActionRule *rule;
    Cycle *cycle;         /* NULL: of the account itself */
    const char *purpose, *target;
    bool undo;
    const char *object;   /* act it works on */
    json_t *data;         /* merged into the input; borrowed, NULL none */
} ActPlan;
Act *act_plan(Deciding *d, const ActPlan *plan);
void act_suppress(Deciding *d, Act *act, const char *reason);
void act_finish(Deciding *d, Act *act);
void acts_suppress_cycle(Deciding *d, const Cycle *cycle, const char *reason);
void acts_undo_cycle(Deciding *d, Cycle *cycle);
void acts_undo_one(Deciding *d, const char *key);
void acts_redo_cycle(Deciding *d, Cycle *cycle);
bool acts_required_done(const Deciding *d, const Cycle *cycle);
bool act_is_open(const Act *act); /* neither done nor given up */
bool act_suspends(const Act *act);
/* One of the hub's own events: published, and routed. detail is consumed. */
#define hub_event(d, cycle, name, detail) hub_event_with((d), (cycle), (name), (d)->in->bare ? NULL : (detail))
void hub_event_with(Deciding *d, Cycle *cycle, const char *name, json_t *detail);
ActionRule action_of_verb(const Deciding *d, const char *verb);
bool any_cycle_asks_suspension(const Deciding *d);
void service_lift(Deciding *d, Cycle *cycle);

/* ---- values.c, wake.c ------------------------------------------------------------------------ */
typedef struct {
    const Deciding *d;
    Cycle *cycle; /* NULL: of the account */
    Currency currency;
} ScopeContext;
ConditionScope scope_of(const ScopeContext *context);
bool rule_applies(const Deciding *d, Cycle *cycle, const Condition *when);
/* The days of notice of the contract have passed; for a tenant also: the statutory period of the step's notice ran out, by the law of the day it was served (§9 pay_or_quit). */
bool statutory_period_over(const Deciding *d, const Cycle *cycle);
bool approval_valid(const Deciding *d, const Cycle *cycle, const char *what);
Instant wake_instant(const Deciding *d);

#endif
