/* What of an account waits for a person. Every rule below adds the items of one kind; an item's name stays
 * the same from day to day, so that it can be given to somebody. */
#include "escalation/work.h"

#include <string.h>

#include "escalation/meaning.h"

typedef struct {
    const AccountState *state;
    const Rulebook *book;
    const AccountView *view;
    Arena *arena;
    WorkItem *items; /* NULL, or room for WORK_ITEMS_MAX */
    size_t n;
} Gathering;

static const char *assignee_of(const Gathering *g, const char *item)
{
    const Duty *duty = state_find(g->state, KIND_DUTY, item);
    return duty && duty->to ? duty->to : g->state->account.assignee;
}

static void add(Gathering *g, WorkItem item)
{
    if (g->n == WORK_ITEMS_MAX)
        return;
    if (!g->items) /* most accounts have none */
        g->items = arena_new0(g->arena, WorkItem, WORK_ITEMS_MAX);
    item.assignee = assignee_of(g, item.item);
    item.property = g->state->account.property;
    item.source = g->state->account.source;
    g->items[g->n++] = item;
}

static const char *account_id(const Gathering *g)
{
    return g->state->account.id;
}

static const char *amount_text(const Gathering *g, int64_t minor, Currency currency)
{
    g_autofree char *text = money_to_text((Money){minor, currency});
    return arena_strdup(g->arena, text);
}

/* ---- reasons, what is awaited, what is proposed ----------------------------------------------- */

static void add_words(Gathering *g, const char *words, const char *kind, const char *prefix,
                      const Meaning *(*meaning_of)(const char *word), Date due)
{
    g_auto(GStrv) parts = g_strsplit(words ? words : "", ",", -1);
    for (char **word = parts; *word && **word; word++) {
        const Meaning *meaning = meaning_of(*word);
        WorkItem item = {
            .item = arena_printf(g->arena, "%s:%s", prefix, *word),
            .kind = kind,
            .reason = arena_strdup(g->arena, *word),
            .urgency = meaning ? meaning->urgency : URGENCY_ROUTINE,
            .due = due,
            .text = meaning ? meaning->text : "a person has to look at it",
            .deed = meaning
                        ? meaning_deed(meaning, account_id(g), g->arena)
                        : arena_printf(g->arena, "'dunhub explain %s' says more", account_id(g)),
        };
        add(g, item);
    }
}

/* A reply, and the channel that it holds, are items of their own. */
static void add_reasons(Gathering *g)
{
    const char *words = g->view->reasons;
    words = words_remove(g->arena, words, "reply");
    words = words_remove(g->arena, words, "held_for_review");
    add_words(g, words, "intervention", "reason", meaning_of_reason, g->view->step_due);
    add_words(g, g->view->awaiting, "approval", "awaiting", meaning_of_awaited, DATE_NONE);
    add_words(g, g->view->proposals, "approval", "proposal", meaning_of_proposal, DATE_NONE);
}

static void add_requests(Gathering *g)
{
    STATE_FOREACH (g->state, KIND_REQUEST, const Request, request) {
        if (request->state != REQUEST_OPEN)
            continue;
        WorkItem item = {
            .item = arena_printf(g->arena, "request:%s", request->id),
            .kind = "approval",
            .reason = request->what,
            .urgency = URGENCY_WAITED,
            .due = request->expires_on,
            .text =
                arena_printf(g->arena, "%s asks for the approval %s", request->by, request->what),
            .deed = arena_printf(g->arena,
                                 "someone other than %s: 'dunhub approve %s %s', or the same with "
                                 "--refuse",
                                 request->by, account_id(g), request->what),
        };
        add(g, item);
    }
}

/* ---- replies ----------------------------------------------------------------------------------- */

static bool is_of_law(int class_)
{
    return class_ == REPLY_BANKRUPTCY || class_ == REPLY_DECEASED || class_ == REPLY_ATTORNEY ||
           class_ == REPLY_CEASE;
}

/* A hold that ends by itself should be looked at before it does. */
static Date reply_due(const Gathering *g, const Reply *reply)
{
    STATE_FOREACH (g->state, KIND_HOLD, const Hold, hold)
        if (words_have(reply->holds, hold->id) && hold->until != DATE_NONE)
            return hold->until;
    return reply->received_on;
}

static void add_replies(Gathering *g)
{
    STATE_FOREACH (g->state, KIND_REPLY, const Reply, reply) {
        if (reply->state != REPLY_OPEN)
            continue;
        const char *word = reply_class_words[reply->class_];
        WorkItem item = {
            .item = arena_printf(g->arena, "reply:%s", reply->id),
            .kind = "reply",
            .reason = word,
            .urgency = is_of_law(reply->class_) ? URGENCY_HARM : URGENCY_WAITED,
            .due = reply_due(g, reply),
            .text = arena_printf(g->arena, "a reply by %s was read as %s%s%s%s",
                                 reply->channel ? reply->channel : "an unknown channel", word,
                                 reply->rules ? " (" : "", reply->rules ? reply->rules : "",
                                 reply->rules ? ")" : ""),
            .deed = arena_printf(g->arena,
                                 "read it ('dunhub show %s') and say what it means: 'dunhub reply "
                                 "%s %s --class CLASS'",
                                 account_id(g), account_id(g), reply->id),
        };
        add(g, item);
    }
}

/* ---- promises and plans ------------------------------------------------------------------------ */

static bool is_running(const Gathering *g, const char *cycle)
{
    const Cycle *own = cycle ? state_find(g->state, KIND_CYCLE, cycle) : NULL;
    return own && own->step && own->closed_on == DATE_NONE;
}

static void add_promise(Gathering *g, const Promise *promise, bool latest)
{
    bool open = promise->state == PROMISE_OPEN;
    if (!open && (promise->state != PROMISE_BROKEN || !latest || !is_running(g, promise->cycle)))
        return;
    char day[16];
    const char *sum = amount_text(g, promise->amount, promise->currency);
    WorkItem item = {
        .item = arena_printf(g->arena, "promise:%s", promise->id),
        .kind = "promise",
        .reason = open ? "due" : "broken",
        .urgency = open ? URGENCY_ROUTINE : URGENCY_STUCK,
        .due = promise->promised_on,
        .text = arena_printf(g->arena,
                             open ? "%s is promised for %s" : "%s promised for %s did not come",
                             sum, date_format(promise->promised_on, day)),
        .deed = open ? "nothing before that day; a payment keeps it by itself"
                     : arena_printf(g->arena,
                                    "speak with the customer: a plan ('dunhub plan %s'), another "
                                    "promise, or the next step",
                                    account_id(g)),
    };
    add(g, item);
}

static void add_promises(Gathering *g)
{
    size_t n = STATE_COUNT(g->state, KIND_PROMISE);
    for (size_t i = 0; i < n; i++)
        add_promise(g, &STATE_ROWS(g->state, KIND_PROMISE, const Promise)[i], i + 1 == n);
}

static bool owes(const Gathering *g, Currency currency)
{
    for (size_t i = 0; i < g->view->n_currencies; i++)
        if (currency_equal(g->view->currencies[i].currency, currency))
            return g->view->currencies[i].overdue > 0;
    return false;
}

/* A plan that failed waits for a person while its money is owed and no newer one runs. */
static void add_plans(Gathering *g)
{
    size_t n = STATE_COUNT(g->state, KIND_PLAN);
    const Plan *plan = n > 0 ? &STATE_ROWS(g->state, KIND_PLAN, const Plan)[n - 1] : NULL;
    if (!plan || plan->state != PLAN_DEFAULTED || !owes(g, plan->currency))
        return;
    WorkItem item = {
        .item = arena_printf(g->arena, "plan:%s", plan->id),
        .kind = "plan",
        .reason = "defaulted",
        .urgency = URGENCY_STUCK,
        .due = plan->ended_on,
        .text = arena_printf(g->arena, "the payment plan over %s failed: all of its rest is due",
                             amount_text(g, plan->amount, plan->currency)),
        .deed = arena_printf(g->arena,
                             "choose how to go on: a new plan ('dunhub plan %s'), or the next step "
                             "('dunhub move %s STEP')",
                             account_id(g), account_id(g)),
    };
    add(g, item);
}

/* ---- ways to the customer ---------------------------------------------------------------------- */

static void add_contacts(Gathering *g)
{
    size_t n = STATE_COUNT(g->state, KIND_CONTACT_POINT);
    for (size_t i = 0; i < n; i++) {
        const ContactPoint *point =
            &STATE_ROWS(g->state, KIND_CONTACT_POINT, const ContactPoint)[i];
        if (!point->undeliverable)
            continue;
        bool matters = g->view->status != STATUS_CURRENT;
        WorkItem item = {
            .item = arena_printf(g->arena, "contact:%zu", i + 1),
            .kind = "contact",
            .reason = "undeliverable",
            .urgency = matters ? URGENCY_STUCK : URGENCY_TIDY,
            .due = DATE_NONE,
            .text = arena_printf(g->arena, "messages by %s come back", point->channel),
            .deed = "find the right address and correct it in the ledger; it is used again then",
        };
        add(g, item);
    }
}

/* ---- acts -------------------------------------------------------------------------------------- */

static bool plans_only(const Gathering *g, const Act *act)
{
    const Cycle *cycle = act->cycle ? state_find(g->state, KIND_CYCLE, act->cycle) : NULL;
    const Policy *policy =
        cycle ? rulebook_policy(g->book, cycle->policy, cycle->policy_hash) : NULL;
    if (!policy)
        policy = rulebook_policy(g->book, cycle ? cycle->policy : g->view->policy, NULL);
    return policy && policy->mode == MODE_PLAN && !act->undo &&
           g_strcmp0(act->reason, "released") != 0;
}

static WorkItem act_item(const Gathering *g, const Act *act, const char *kind, int urgency)
{
    return (WorkItem){
        .item = arena_printf(g->arena, "act:%s", act->key),
        .kind = kind,
        .reason = act->action,
        .urgency = urgency,
        .due = act->planned_on,
    };
}

static void add_held(Gathering *g, const Act *act)
{
    WorkItem item = act_item(g, act, "held", URGENCY_HARM);
    item.text = arena_printf(g->arena, "%s may have been applied and nobody can tell%s%s",
                             act->action, act->error ? ": " : "", act->error ? act->error : "");
    item.deed = arena_printf(g->arena,
                             "look at %s, then 'dunhub retry %s --close' if it was, 'dunhub retry "
                             "%s' if not",
                             act->instance ? act->instance : "the platform", act->key, act->key);
    add(g, item);
}

/* A delivery that died went to the next channel, or its message is unreachable. */
static void add_dead(Gathering *g, const Act *act)
{
    if (act->notice)
        return;
    WorkItem item =
        act_item(g, act, "dead", act->required || act->adverse ? URGENCY_STUCK : URGENCY_TIDY);
    item.text = arena_printf(g->arena, "%s failed for good%s%s", act->action,
                             act->error ? ": " : "", act->error ? act->error : "");
    item.deed = arena_printf(g->arena,
                             "put its cause right and 'dunhub retry %s', or give it up with "
                             "--close",
                             act->key);
    add(g, item);
}

static void add_planned(Gathering *g, const Act *act)
{
    if (!plans_only(g, act))
        return;
    WorkItem item = act_item(g, act, "release", URGENCY_WAITED);
    item.text = arena_printf(g->arena, "%s is planned and its policy acts on a person's word alone",
                             act->action);
    item.deed = arena_printf(g->arena, "'dunhub retry %s --release' lets it go, --close drops it",
                             act->key);
    add(g, item);
}

static void add_acts(Gathering *g)
{
    STATE_FOREACH (g->state, KIND_ACT, const Act, act) {
        if (act->state == ACT_HELD)
            add_held(g, act);
        else if (act->state == ACT_DEAD)
            add_dead(g, act);
        else if (act->state == ACT_PLANNED)
            add_planned(g, act);
    }
}

/* A step that the account manager executes by speaking with the customer (§7 VIP). */
static void add_outreach(Gathering *g)
{
    STATE_FOREACH (g->state, KIND_CYCLE, const Cycle, cycle) {
        if (!cycle->step || cycle->closed_on != DATE_NONE || cycle->executed_on != DATE_NONE)
            continue;
        const Policy *policy = rulebook_policy(g->book, cycle->policy, cycle->policy_hash);
        const Step *step = policy ? policy_step(policy, cycle->step) : NULL;
        if (!step || !step->executes_by)
            continue;
        WorkItem item = {
            .item =
                arena_printf(g->arena, "outreach:%s/%" G_GINT64_FORMAT, cycle->id, cycle->entry),
            .kind = "outreach",
            .reason = step->name,
            .urgency = URGENCY_ROUTINE,
            .due = cycle->step_since,
            .text = arena_printf(g->arena, "step %s waits for the account manager's outreach",
                                 step->name),
            .deed = arena_printf(g->arena,
                                 "speak with the customer, then report it: 'dunhub outreach %s'",
                                 account_id(g)),
        };
        add(g, item);
    }
}

/* ---- all of it --------------------------------------------------------------------------------- */

void work_items(const AccountState *state, const Rulebook *book, const AccountView *view,
                Arena *arena, const WorkItem **ret_items, size_t *ret_n)
{
    Gathering g = {.state = state, .book = book, .view = view, .arena = arena};
    add_replies(&g);
    add_requests(&g);
    add_reasons(&g);
    add_acts(&g);
    add_promises(&g);
    add_plans(&g);
    add_contacts(&g);
    add_outreach(&g);
    *ret_items = g.items;
    *ret_n = g.n;
}
