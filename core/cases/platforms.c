#include "cases/platforms.h"

#include <string.h>

#include "cases/ops.h"
#include "cases/shape.h"

void platforms_init(Platforms *ret_platforms, const Case *c, Arena *arena, Chronicle *chronicle)
{
    *ret_platforms = (Platforms){
        .arena = arena,
        .chronicle = chronicle,
        .scripts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                         (GDestroyNotify)g_ptr_array_unref),
        .held = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };
    const Node *connected = node_get(c->given, "connected");
    if (connected == NULL)
        return;
    ret_platforms->connected = g_hash_table_new(g_str_hash, g_str_equal);
    for (const Node *item = connected->first; item != NULL; item = item->next)
        g_hash_table_add(ret_platforms->connected, (char *)item->text);
}

void platforms_done(Platforms *platforms)
{
    g_hash_table_unref(platforms->scripts);
    g_hash_table_unref(platforms->held);
    g_clear_pointer(&platforms->connected, g_hash_table_unref);
}

bool platforms_connected(const Platforms *platforms, const char *platform)
{
    for (size_t i = 0; i < n_case_carriers; i++)
        if (strcmp(case_carriers[i].platform, platform) == 0)
            return true; /* the providers of the channels always are */
    return platforms->connected == NULL || g_hash_table_contains(platforms->connected, platform);
}

void platforms_behave(Platforms *platforms, const char *platform, const Node *script)
{
    GPtrArray *words = g_ptr_array_new();
    for (const Node *item = script->first; item != NULL; item = item->next)
        g_ptr_array_add(words, (char *)item->text);
    g_hash_table_replace(platforms->scripts, g_strdup(platform), words);
}

/* The word that decides this call; it is used up, except an outage that still lasts. */
static const char *next_word(Platforms *platforms, const char *platform, Instant now,
                             Instant *ret_until)
{
    GPtrArray *words = g_hash_table_lookup(platforms->scripts, platform);
    while (words != NULL && words->len > 0) {
        const char *word = words->pdata[0];
        if (!g_str_has_prefix(word, "down_until_")) {
            g_ptr_array_remove_index(words, 0);
            return word;
        }
        *ret_until = case_instant(word + strlen("down_until_"), platforms->chronicle->zone);
        if (now < *ret_until)
            return word;
        g_ptr_array_remove_index(words, 0);
    }
    return "ok";
}

static void apply(Platforms *platforms, Instant now, const AccountState *state, const Act *act)
{
    char *held = g_strconcat(act->instance, " ", state->account.id, " ", act->key, NULL);
    if (!g_hash_table_add(platforms->held, held))
        return;
    if (act->notice != NULL) {
        chronicle_handover(platforms->chronicle, now, state, act);
        return;
    }
    const Op *op = op_of_act(act->action, act->instance, act->verb);
    chronicle_effect(platforms->chronicle, now, state->account.id, act->instance,
                     op != NULL ? op->op : act->verb, act->purpose);
}

static ActResult answer(Platforms *platforms, const Act *act, int outcome)
{
    return (ActResult){
        .key = act->key,
        .outcome = outcome,
        .retry_at = INSTANT_NONE,
        .external_id = outcome == OUTCOME_OK ? arena_printf(platforms->arena, "%s-%u",
                                                            act->instance, g_str_hash(act->key))
                                             : NULL,
        .attempt = act->attempts,
    };
}

static ActResult look_up(Platforms *platforms, const AccountState *state, const Act *act)
{
    g_autofree char *held = g_strconcat(act->instance, " ", state->account.id, " ", act->key, NULL);
    ActResult result = answer(
        platforms, act, g_hash_table_contains(platforms->held, held) ? OUTCOME_OK : OUTCOME_ABSENT);
    result.lookup = true;
    return result;
}

ActResult platforms_call(Platforms *platforms, Instant now, const AccountState *state,
                         const Act *act, bool lookup)
{
    Instant until = INSTANT_NONE;
    const char *word = next_word(platforms, act->instance, now, &until);
    ActResult result;
    if (g_str_has_prefix(word, "down_until_")) {
        result = answer(platforms, act, OUTCOME_RETRY);
        result.retry_at = until;
        result.message = "down";
    } else if (strcmp(word, "rate_limited_30s") == 0) {
        result = answer(platforms, act, OUTCOME_RETRY);
        result.retry_at = now + 30 * 1000;
        result.code = "429";
    } else if (lookup) {
        result = look_up(platforms, state, act);
    } else if (strcmp(word, "timeout_after_accept") == 0) {
        apply(platforms, now, state, act);
        result = answer(platforms, act, OUTCOME_UNCERTAIN);
        result.retry_at = now + 60 * 1000;
        result.message = "no answer";
    } else {
        apply(platforms, now, state, act);
        result = answer(platforms, act, OUTCOME_OK);
    }
    chronicle_line(platforms->chronicle, now, "%s  %s %s on %s: %s", state->account.id,
                   lookup ? "look-up of" : "call", act->verb, act->instance, word);
    return result;
}

size_t platforms_messages(const Platforms *platforms, const char *platform)
{
    size_t n = 0;
    g_autofree char *prefix = g_strconcat(platform, " ", NULL);
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, platforms->held);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        n += g_str_has_prefix(key, prefix) ? 1 : 0;
    return n;
}
