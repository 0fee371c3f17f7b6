/* Actions, channels and routes: who does what, named once or written in place. */
#include "escalation/rulebook_load.h"

#include <string.h>

#include "compliance/fair.h"

typedef struct {
    ActionRule rule;
    const char *label; /* name of an action that is written in place */
    const Node *when, *input, *undo;
} Source;

typedef struct {
    const char *verb;
    const char *const *via;
} ChannelSource;

typedef struct {
    const char *event;
    const Node *when, *acts;
} RouteSource;

static const char *const effect_names[] = {"read", "write", "contact", "legal", NULL};

#define RULE(member, TYPE)                                                                         \
    .name = #member, .type = KEY_##TYPE, .offset = offsetof(Source, rule.member)

const Key action_keys[] = {
    {.name = "name",
     .type = KEY_NAME,
     .offset = offsetof(Source, label),
     .doc = "Name of an action written in place; default its verb."},
    {RULE(verb, TEXT), .flags = KEY_REQUIRED,
     .doc = "What is done: one of docs/reference/verbs.md, or a verb of a plugin."},
    {RULE(via, TEXTS), .doc = "Instances; the first carries it. Absent: the hub itself, or the "
                              "channel for message.… verbs."},
    {.name = "template",
     .type = KEY_NAME,
     .offset = offsetof(Source, rule.template_name),
     .doc = "Template that is rendered into the input."},
    {RULE(effect, CHOICE), .choices = effect_names,
     .doc = "What it does to the world; default that of the verb."},
    {RULE(adverse, BOOL), .doc = "Runs only after the step's notice was accepted and the ledger "
                                 "was read again; default that of the verb."},
    {RULE(required, BOOL), .default_text = "false",
     .doc = "The step stays executing until this is done."},
    {.name = "undo",
     .type = KEY_NODE,
     .offset = offsetof(Source, undo),
     .doc =
         "Verb that takes it back when the account leaves; default that of the verb, null: none."},
    {RULE(object_of, NAME),
     .doc = "Action whose object (case, message, envelope) this verb works on."},
    {.name = "when",
     .type = KEY_NODE,
     .offset = offsetof(Source, when),
     .doc = "Condition; absent: always."},
    {.name = "input",
     .type = KEY_NODE,
     .offset = offsetof(Source, input),
     .doc = "Map merged into the verb's input."},
};
const size_t n_action_keys = G_N_ELEMENTS(action_keys);

const Key channel_keys[] = {
    {.name = "verb",
     .type = KEY_TEXT,
     .offset = offsetof(ChannelSource, verb),
     .doc = "Verb that carries it; default message.<channel>, call.voice for voice."},
    {.name = "via",
     .type = KEY_TEXTS,
     .offset = offsetof(ChannelSource, via),
     .flags = KEY_REQUIRED,
     .doc = "Instances; the first carries it."},
};
const size_t n_channel_keys = G_N_ELEMENTS(channel_keys);

const Key route_keys[] = {
    {.name = "event",
     .type = KEY_TEXT,
     .offset = offsetof(RouteSource, event),
     .flags = KEY_REQUIRED,
     .doc = "One of the hub's own events, docs/reference/events.md."},
    {.name = "when",
     .type = KEY_NODE,
     .offset = offsetof(RouteSource, when),
     .doc = "Condition; absent: always."},
    {.name = "do",
     .type = KEY_NODE,
     .offset = offsetof(RouteSource, acts),
     .flags = KEY_REQUIRED,
     .doc = "List of names of actions, or of actions written in place."},
};
const size_t n_route_keys = G_N_ELEMENTS(route_keys);

void loader_unknown(const Loader *loader, const char *code, DiagPlace place, const char *what,
                    const char *word, const char *const *names)
{
    const char *near = diag_nearest(word, names);
    if (near) {
        diags_add(loader->diags, code, place, "unknown %s '%s', did you mean '%s'?", what, word,
                  near);
        return;
    }
    size_t n = g_strv_length((char **)names);
    g_autofree char *known = n > 0 && n <= 12 ? g_strjoinv(", ", (char **)names) : NULL;
    if (known)
        diags_add(loader->diags, code, place, "unknown %s '%s'; there are: %s", what, word, known);
    else
        diags_add(loader->diags, code, place, "unknown %s '%s'", what, word);
}

/* ---- conditions ---- */

/* Where columns inside the text cannot be told, the finding stands at the value and says which
 * character is meant. */
static void repeat_findings(const Loader *loader, const Diags *from, DiagPlace place)
{
    for (size_t i = 0; i < diags_length(from); i++) {
        const Diag *diag = diags_get(from, i);
        diags_add(loader->diags, diag->code, place, "%s (at character %d of the condition)",
                  diag->message, diag->place.column);
    }
}

const Condition *condition_read(const Loader *loader, const Node *scalar, const char **ret_text)
{
    if (scalar->kind != NODE_SCALAR) {
        diags_add(loader->diags, "C030", scalar->place, "a condition must be a text, not %s",
                  node_kind_name(scalar->kind));
        return NULL;
    }
    if (ret_text)
        *ret_text = arena_strdup(loader->arena, scalar->text);
    bool exact;
    DiagPlace place = node_text_place(scalar, &exact);
    if (!fair_check(scalar->text, place, loader->diags))
        return NULL;
    if (exact)
        return condition_compile(scalar->text, place, condition_names, n_condition_names,
                                 loader->arena, loader->diags);
    g_autoptr(Diags) inner = diags_new();
    const Condition *condition =
        condition_compile(scalar->text, (DiagPlace){place.file, 1, 1}, condition_names,
                          n_condition_names, loader->arena, inner);
    repeat_findings(loader, inner, place);
    return condition;
}

/* ---- one action ---- */

static const char *const *verb_names(const Loader *loader)
{
    const char **names = arena_new0(loader->arena, const char *, n_verbs + 1);
    for (size_t i = 0; i < n_verbs; i++)
        names[i] = verbs[i].name;
    return (const char *const *)names;
}

static bool is_verb(const char *text)
{
    const char *dot = strchr(text, '.');
    return dot && dot != text && dot[1] &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_.")] == '\0';
}

/* A verb that the core does not know may be a plugin's own: then the instance must be named, and
 * `check` asks it. */
static bool check_verb(const Loader *loader, const char *verb, bool has_via, DiagPlace place)
{
    if (verb_by_name(verb) || (has_via && is_verb(verb)))
        return true;
    loader_unknown(loader, "C056", place, "verb", verb, verb_names(loader));
    return false;
}

static const ActionRule *channel_by_verb(const Rulebook *book, const char *verb)
{
    for (size_t i = 0; i < book->n_message_channels; i++)
        if (strcmp(book->message_channels[i].verb, verb) == 0)
            return &book->message_channels[i];
    return NULL;
}

static bool read_undo(const Loader *loader, const Node *map, const Node *undo, ActionRule *rule)
{
    if (!node_get(map, "undo"))
        return true;
    rule->undo = NULL;
    if (!undo)
        return true;
    if (undo->kind != NODE_SCALAR) {
        diags_add(loader->diags, "C030", undo->place, "'undo' must be a verb, not %s",
                  node_kind_name(undo->kind));
        return false;
    }
    rule->undo = arena_strdup(loader->arena, undo->text);
    rule->undo_written = true;
    return check_verb(loader, undo->text, rule->via[0] != NULL, undo->place);
}

static bool read_input(const Loader *loader, const Node *input, ActionRule *rule)
{
    if (input->kind != NODE_MAP) {
        diags_add(loader->diags, "C030", input->place, "'input' must be a map, not %s",
                  node_kind_name(input->kind));
        return false;
    }
    g_autoptr(json_t) json = node_to_json(input);
    g_autofree char *text = json_canonical(json);
    rule->input = arena_strdup(loader->arena, text);
    return true;
}

/* name NULL: written in place. */
static bool read_action(const Loader *loader, const char *name, const Node *map,
                        ActionRule *ret_rule)
{
    static const char *const nobody[] = {NULL};
    const Node *verb_node = node_get(map, "verb");
    const Verb *verb =
        verb_node && verb_node->kind == NODE_SCALAR ? verb_by_name(verb_node->text) : NULL;
    Source source = {.rule = {.via = nobody,
                              .effect = verb ? verb->effect : EFFECT_WRITE,
                              .adverse = verb && verb->flags & VERB_ADVERSE,
                              .undo = verb ? verb->undo : NULL,
                              .place = map->place}};
    if (!tree_read(map, action_keys, n_action_keys, loader->arena, loader->diags, &source))
        return false;
    ActionRule *rule = &source.rule;
    if (name && source.label) {
        diags_add(loader->diags, "C037", node_get(map, "name")->key_place,
                  "'name' is the key of an entry of 'actions'; remove it");
        return false;
    }
    rule->name = name           ? arena_strdup(loader->arena, name)
                 : source.label ? source.label
                                : rule->verb;
    bool good = check_verb(loader, rule->verb, rule->via[0] != NULL, verb_node->place);
    good = read_undo(loader, map, source.undo, rule) && good;
    if (source.when) {
        rule->when = condition_read(loader, source.when, NULL);
        good = rule->when && good;
    }
    if (source.input)
        good = read_input(loader, source.input, rule) && good;
    const ActionRule *channel = rule->via[0] ? NULL : channel_by_verb(loader->book, rule->verb);
    if (channel)
        rule->via = channel->via;
    *ret_rule = *rule;
    return good;
}

/* ---- sections ---- */

static bool must_be_map(const Loader *loader, const Node *node)
{
    if (node->kind == NODE_MAP || node_is_null(node))
        return true;
    diags_add(loader->diags, "C030", node->place, "'%s' must be a map, not %s", node->key,
              node_kind_name(node->kind));
    return false;
}

bool channels_read(const Loader *loader, const Node *map, Rulebook *book)
{
    if (!must_be_map(loader, map))
        return false;
    ActionRule *channels = arena_new0(loader->arena, ActionRule, map->n);
    bool good = true;
    size_t n = 0;
    for (const Node *entry = map->first; entry; entry = entry->next) {
        ChannelSource source = {0};
        if (!tree_read(entry, channel_keys, n_channel_keys, loader->arena, loader->diags,
                       &source)) {
            good = false;
            continue;
        }
        const char *fallback = strcmp(entry->key, "voice") == 0
                                   ? "call.voice"
                                   : arena_printf(loader->arena, "message.%s", entry->key);
        channels[n++] = (ActionRule){.name = arena_strdup(loader->arena, entry->key),
                                     .verb = source.verb ? source.verb : fallback,
                                     .via = source.via,
                                     .effect = EFFECT_CONTACT,
                                     .place = entry->key_place};
    }
    book->message_channels = channels;
    book->n_message_channels = n;
    return good;
}

bool actions_read(const Loader *loader, const Node *map, Rulebook *book)
{
    if (!must_be_map(loader, map))
        return false;
    ActionRule *actions = arena_new0(loader->arena, ActionRule, map->n);
    bool good = true;
    size_t n = 0;
    for (const Node *entry = map->first; entry; entry = entry->next) {
        if (!read_action(loader, entry->key, entry, &actions[n])) {
            /* the name is kept, so that those who use it are not reported as well */
            actions[n] = (ActionRule){.name = arena_strdup(loader->arena, entry->key), .verb = ""};
            good = false;
        }
        n++;
    }
    book->actions = actions;
    book->n_actions = n;
    return good;
}

const ActionRule *action_named(const Loader *loader, const char *name, DiagPlace place)
{
    const Rulebook *book = loader->book;
    const char **names = arena_new0(loader->arena, const char *, book->n_actions + 1);
    for (size_t i = 0; i < book->n_actions; i++) {
        if (strcmp(book->actions[i].name, name) == 0)
            return &book->actions[i];
        names[i] = book->actions[i].name;
    }
    loader_unknown(loader, "C055", place, "action", name, (const char *const *)names);
    return NULL;
}

static bool read_entry(const Loader *loader, const Node *item, ActionRule *ret_rule)
{
    if (item->kind == NODE_LIST) {
        diags_add(loader->diags, "C030", item->place, "an action is a name or a map, not a list");
        return false;
    }
    if (item->kind == NODE_MAP)
        return read_action(loader, NULL, item, ret_rule);
    const ActionRule *named = action_named(loader, item->text, item->place);
    if (named)
        *ret_rule = *named;
    return named != NULL;
}

static bool name_is_free(const Loader *loader, const ActionRule *rules, size_t n,
                         const ActionRule *rule, DiagPlace place)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rules[i].name, rule->name) != 0)
            continue;
        diags_add(loader->diags, "C059", place,
                  "two actions are called '%s' here; give one of them a 'name'", rule->name);
        return false;
    }
    return true;
}

static size_t count_of(const Node *node)
{
    return !node || node_is_null(node) ? 0 : node->kind == NODE_LIST ? node->n : 1;
}

bool action_list_read(const Loader *loader, const Node *names, const Node *list,
                      const ActionRule **ret_rules, size_t *ret_n)
{
    ActionRule *rules = arena_new0(loader->arena, ActionRule, count_of(names) + count_of(list));
    const Node *parts[] = {names, list};
    bool good = true;
    size_t n = 0;
    for (size_t p = 0; p < G_N_ELEMENTS(parts); p++) {
        if (count_of(parts[p]) == 0)
            continue;
        bool single = parts[p]->kind != NODE_LIST;
        for (const Node *item = single ? parts[p] : parts[p]->first; item;
             item = single ? NULL : item->next) {
            if (read_entry(loader, item, &rules[n]) &&
                name_is_free(loader, rules, n, &rules[n], item->place))
                n++;
            else
                good = false;
        }
    }
    *ret_rules = rules;
    *ret_n = n;
    return good;
}

static bool check_event(const Loader *loader, const char *event, DiagPlace place)
{
    const char **names = arena_new0(loader->arena, const char *, n_hub_events + 1);
    for (size_t i = 0; i < n_hub_events; i++) {
        if (strcmp(hub_events[i].name, event) == 0)
            return true;
        names[i] = hub_events[i].name;
    }
    loader_unknown(loader, "C057", place, "event", event, (const char *const *)names);
    return false;
}

static bool read_route(const Loader *loader, const Node *map, Route *route)
{
    RouteSource source = {0};
    if (!tree_read(map, route_keys, n_route_keys, loader->arena, loader->diags, &source))
        return false;
    *route = (Route){.event = source.event, .place = map->place};
    bool good = check_event(loader, source.event, node_get(map, "event")->place);
    if (source.when) {
        route->when = condition_read(loader, source.when, NULL);
        good = route->when && good;
    }
    return action_list_read(loader, NULL, source.acts, &route->actions, &route->n_actions) && good;
}

bool routes_read(const Loader *loader, const Node *list, Rulebook *book)
{
    if (node_is_null(list))
        return true;
    if (list->kind != NODE_LIST) {
        diags_add(loader->diags, "C030", list->place, "'routes' must be a list, not %s",
                  node_kind_name(list->kind));
        return false;
    }
    Route *routes = arena_new0(loader->arena, Route, list->n);
    bool good = true;
    size_t n = 0;
    for (const Node *item = list->first; item; item = item->next)
        good = read_route(loader, item, &routes[n++]) && good;
    book->routes = routes;
    book->n_routes = n;
    return good;
}
