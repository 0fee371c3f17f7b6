/* Stages and steps: what they do, what carries their notice, how severe they are. */
#include "escalation/policy_load.h"

#include <inttypes.h>
#include <string.h>

bool wrong_shape(const Loader *loader, const Node *node, const char *what)
{
    diags_add(loader->diags, "C030", node->place, "'%s' must be %s, not %s",
              node->key ? node->key : "this entry", what, node_kind_name(node->kind));
    return false;
}

int index_in(const char *const *names, const char *name)
{
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

bool read_words(const Loader *loader, const Node *node, const char *const *names, const char *what,
                unsigned *ret_bits)
{
    const char *const *words = NULL;
    const Key key = {.name = node->key, .type = KEY_TEXTS};
    if (!tree_read_value(node, &key, loader->arena, loader->diags, &words))
        return false;
    bool good = true;
    const Node *item = node->kind == NODE_LIST ? node->first : node;
    for (size_t i = 0; words[i]; i++, item = item->next) {
        int index = index_in(names, words[i]);
        if (index >= 0) {
            *ret_bits |= 1u << index;
            continue;
        }
        g_autofree char *allowed = g_strjoinv(", ", (char **)names);
        const char *near = diag_nearest(words[i], names);
        diags_add(loader->diags, "C036", item->place, "%s must be one of %s, not '%s'%s%s%s", what,
                  allowed, words[i], near ? ", did you mean '" : "", near ? near : "",
                  near ? "'?" : "");
        good = false;
    }
    return good;
}

static int default_severity(const Step *step)
{
    static const struct {
        const char *name;
        int severity;
    } known[] = {{"final_notice", SEVERITY_MEDIUM},
                 {"suspended", SEVERITY_HIGH},
                 {"disconnected", SEVERITY_HIGH},
                 {"formal_notice", SEVERITY_HIGH},
                 {"pre_collections", SEVERITY_HIGH}};
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        if (strcmp(known[i].name, step->name) == 0)
            return known[i].severity;
    return step->suspends || step->collections || step->legal || step->disconnects ? SEVERITY_HIGH
                                                                                   : SEVERITY_LOW;
}

static void derive(Step *step)
{
    for (size_t i = 0; i < step->n_on_enter; i++) {
        const Verb *verb = verb_by_name(step->on_enter[i].verb);
        unsigned flags = verb ? verb->flags : 0;
        step->suspends = step->suspends || flags & VERB_SUSPENDS;
        step->collections = step->collections || flags & VERB_COLLECTS;
        step->disconnects = step->disconnects || flags & VERB_DISCONNECTS;
    }
    step->collections = step->collections || strcmp(step->name, "collections") == 0;
    step->legal =
        step->legal || strcmp(step->name, "legal") == 0 || step->needs & NEED_LEGAL_APPROVAL;
}

/* The notice's carriers leave the list of actions: they are one notice, whichever channel takes it.
 */
static void part_deliveries(const Loader *loader, const ActionRule *rules, size_t n, Step *step)
{
    ActionRule *acts = arena_new0(loader->arena, ActionRule, n),
               *deliveries = arena_new0(loader->arena, ActionRule, n);
    for (size_t i = 0; i < n; i++) {
        const Verb *verb = verb_by_name(rules[i].verb);
        if (!verb || !(verb->flags & VERB_MESSAGE)) {
            acts[step->n_on_enter++] = rules[i];
            continue;
        }
        ActionRule *delivery = &deliveries[step->n_deliveries++];
        *delivery = rules[i];
        const char *channel = strchr(rules[i].verb, '.') + 1;
        for (size_t c = 0; c < loader->book->n_message_channels; c++)
            if (strcmp(loader->book->message_channels[c].verb, rules[i].verb) == 0)
                channel = loader->book->message_channels[c].name;
        delivery->name = channel;
    }
    step->on_enter = acts;
    step->deliveries = deliveries;
}

static bool read_undo(const Loader *loader, const Node *undo, Step *step)
{
    const char *const *undone = NULL;
    const Key key = {.name = "undo", .type = KEY_TEXTS};
    if (!tree_read_value(undo, &key, loader->arena, loader->diags, &undone))
        return false;
    bool good = true;
    ActionRule *rules = (ActionRule *)step->on_enter; /* the step's own copy */
    for (size_t i = 0; i < step->n_on_enter; i++)
        if (rules[i].undo && index_in(undone, rules[i].undo) < 0)
            rules[i].undo = NULL;
    const Node *item = undo->kind == NODE_LIST ? undo->first : undo;
    for (size_t u = 0; undone[u]; u++, item = item->next) {
        bool used = false;
        for (size_t i = 0; i < step->n_on_enter; i++)
            used = used || g_strcmp0(rules[i].undo, undone[u]) == 0;
        if (!used) {
            diags_add(loader->diags, "C056", item->place,
                      "'%s' takes back nothing that 'on_enter' of step '%s' does", undone[u],
                      step->name);
            good = false;
        }
    }
    return good;
}

static bool read_minimum(const Loader *loader, const StepSource *source, const Settings *settings,
                         Step *step)
{
    const Limit *limits = NULL;
    size_t n = 0;
    if (!limits_read(loader, source->minimum_cents, source->minimum, settings->currency, &limits,
                     &n))
        return false;
    step->minimum = n > 0 ? limits[0] : (Limit){.minor = AMOUNT_NONE};
    step->minimums = n > 1 ? limits + 1 : NULL;
    step->n_minimums = n > 1 ? n - 1 : 0;
    return true;
}

static void name_notice(const StepSource *source, bool has_notice, Step *step)
{
    if (source->notice && strcmp(source->notice, "none") == 0)
        has_notice = false;
    else if (source->notice || source->template_name || step->n_deliveries > 0)
        has_notice = true;
    if (!has_notice)
        return;
    step->notice = source->notice ? source->notice : step->name;
    step->notice_template = source->template_name ? source->template_name : step->notice;
    for (size_t i = step->n_deliveries; i-- > 0 && !source->template_name;)
        if (step->deliveries[i].template_name)
            step->notice_template = step->deliveries[i].template_name;
}

/* names: those of `also`. */
bool build_step(const Loader *loader, const StepSource *source, const Settings *settings,
                bool has_notice, Step *step)
{
    *step = (Step){.name = source->name,
                   .place = step->place,
                   .count_from = MAX(source->count_from, 0),
                   .from = source->from,
                   .to = source->to,
                   .wait = source->wait,
                   .skippable = source->skippable,
                   .final = source->final,
                   .executes_by = source->executes_by};
    const ActionRule *rules;
    size_t n;
    bool good = action_list_read(loader, source->also, source->acts, &rules, &n);
    part_deliveries(loader, rules, n, step);
    if (source->undo)
        good = read_undo(loader, source->undo, step) && good;
    if (source->needs)
        good = read_words(loader, source->needs, need_names, "a need", &step->needs) && good;
    if (source->executes_by)
        good = action_named(loader, source->executes_by, step->place) && good;
    good = read_minimum(loader, source, settings, step) && good;
    if (source->when) {
        step->when = condition_read(loader, source->when, &step->when_text);
        good = step->when && good;
    }
    if (source->fee)
        good = fee_read(loader, source->fee, settings->currency, &step->fee) && good;
    derive(step);
    name_notice(source, has_notice && !step->legal, step);
    step->severity = source->severity >= 0 ? source->severity : default_severity(step);
    return good;
}

bool step_name_is_free(const Loader *loader, const Step *steps, size_t n, const char *name,
                       DiagPlace place)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(steps[i].name, name) != 0)
            continue;
        diags_add(loader->diags, "C059", place, "a step called '%s' stands at %d:%d already", name,
                  steps[i].place.line, steps[i].place.column);
        return false;
    }
    return true;
}

bool step_count_is_good(const Loader *loader, const Node *node, size_t n)
{
    if (n >= 1 && n <= POLICY_MAX_STEPS)
        return true;
    diags_add(loader->diags, "C033", node->place, "a policy has 1 to %d steps, not %zu",
              POLICY_MAX_STEPS, n);
    return false;
}

bool find_step(const Loader *loader, const Policy *policy, const char *name, DiagPlace place,
               size_t *ret_index)
{
    const Step *step = policy_step(policy, name);
    if (step) {
        *ret_index = (size_t)(step - policy->steps);
        return true;
    }
    const char **names = arena_new0(loader->arena, const char *, policy->n_steps + 1);
    for (size_t i = 0; i < policy->n_steps; i++)
        names[i] = policy->steps[i].name;
    loader_unknown(loader, "C054", place, "step", name, (const char *const *)names);
    return false;
}
