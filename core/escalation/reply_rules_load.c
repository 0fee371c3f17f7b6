/* The section replies: an organisation's own phrases, in its own languages, beside the rules that always hold. */
#include "escalation/rulebook_load.h"

#include <string.h>

enum { RULES_MAX = 500, PHRASES_MAX = 200 };

typedef struct {
    int class_;
    bool whole, doubt;
    const char *channel;
    const char *const *phrases;
    const char *const *unless;
} Source;

const Key reply_keys[] = {
    {.name = "class",
     .type = KEY_CHOICE,
     .offset = offsetof(Source, class_),
     .flags = KEY_REQUIRED,
     .choices = reply_class_words,
     .doc = "What a reply says in which one of the phrases stands."},
    {.name = "phrases",
     .type = KEY_TEXTS,
     .offset = offsetof(Source, phrases),
     .flags = KEY_REQUIRED,
     .doc = "Words that stand in the reply in this order; case, accents and punctuation are not "
            "looked at; bankrupt* begins a word."},
    {.name = "unless",
     .type = KEY_TEXTS,
     .offset = offsetof(Source, unless),
     .doc = "With one of these in the reply the rule is only a hint, and a person decides."},
    {.name = "whole",
     .type = KEY_BOOL,
     .offset = offsetof(Source, whole),
     .default_text = "false",
     .doc = "A phrase must be the whole reply, as STOP is."},
    {.name = "doubt",
     .type = KEY_BOOL,
     .offset = offsetof(Source, doubt),
     .default_text = "false",
     .doc = "The rule is always only a hint: the channel is held until a person decides."},
    {.name = "channel",
     .type = KEY_NAME,
     .offset = offsetof(Source, channel),
     .doc = "Class channel: the channel that is not wanted; absent: the one the reply came on."},
};
const size_t n_reply_keys = G_N_ELEMENTS(reply_keys);

static bool read_phrases(const Loader *loader, const Node *map, const char *key,
                         const char *const *texts, const char *const **ret_needles)
{
    size_t n = 0;
    while (texts && texts[n])
        n++;
    if (n > PHRASES_MAX) {
        diags_add(loader->diags, "C033", node_get(map, key)->place,
                  "'%s' has %zu phrases; at most %d are taken", key, n, PHRASES_MAX);
        return false;
    }
    const char **needles = arena_new0(loader->arena, const char *, n + 1);
    for (size_t i = 0; i < n; i++) {
        needles[i] = reply_needle(texts[i], loader->arena);
        if (needles[i])
            continue;
        diags_add(loader->diags, "C033", node_get(map, key)->place,
                  "'%s' has no letter or digit, so it would stand in every reply", texts[i]);
        return false;
    }
    *ret_needles = needles;
    return true;
}

static bool read_rule(const Loader *loader, const Node *map, ReplyRule *ret_rule)
{
    Source source = {0};
    if (!tree_read(map, reply_keys, n_reply_keys, loader->arena, loader->diags, &source))
        return false;
    ReplyRule rule = {.name = arena_strdup(loader->arena, map->key),
                      .class_ = source.class_,
                      .whole = source.whole,
                      .doubt = source.doubt || source.class_ == REPLY_UNCLEAR,
                      .channel = source.channel};
    if (!read_phrases(loader, map, "phrases", source.phrases, &rule.phrases) ||
        !read_phrases(loader, map, "unless", source.unless, &rule.unless))
        return false;
    *ret_rule = rule;
    return true;
}

/* A rule of the same name takes the place of the one that always holds. */
static ReplyRule *place_for(ReplyRule *rules, size_t *n, const char *name)
{
    for (size_t i = 0; i < *n; i++)
        if (strcmp(rules[i].name, name) == 0)
            return &rules[i];
    return &rules[(*n)++];
}

bool replies_read(const Loader *loader, const Node *map, Rulebook *book)
{
    if (node_is_null(map))
        return true;
    if (map->kind != NODE_MAP) {
        diags_add(loader->diags, "C030", map->place, "'replies' must be a map of rules, not %s",
                  node_kind_name(map->kind));
        return false;
    }
    if (map->n > RULES_MAX) {
        diags_add(loader->diags, "C033", map->place,
                  "'replies' has %zu rules; at most %d are taken", map->n, RULES_MAX);
        return false;
    }
    ReplyRule *rules = arena_new0(loader->arena, ReplyRule, book->replies.n + map->n);
    size_t n = book->replies.n;
    memcpy(rules, book->replies.rules, n * sizeof *rules);
    bool good = true;
    for (const Node *entry = map->first; entry; entry = entry->next) {
        ReplyRule rule;
        if (read_rule(loader, entry, &rule))
            *place_for(rules, &n, rule.name) = rule;
        else
            good = false;
    }
    book->replies = (ReplyRules){rules, n};
    return good;
}
