#include "cases/chronicle.h"

#include <string.h>

#include "base/json.h"
#include "cases/ops.h"

void chronicle_init(Chronicle *ret_chronicle, Arena *arena, const Zone *zone, bool verbose)
{
    *ret_chronicle = (Chronicle){
        .arena = arena,
        .handovers = g_array_new(FALSE, TRUE, sizeof(Handover)),
        .deeds = g_array_new(FALSE, TRUE, sizeof(Deed)),
        .done = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .timeline = verbose ? g_string_new(NULL) : NULL,
        .zone = zone,
    };
}

void chronicle_done(Chronicle *chronicle)
{
    g_array_free(chronicle->handovers, TRUE);
    g_array_free(chronicle->deeds, TRUE);
    g_hash_table_unref(chronicle->done);
    if (chronicle->timeline != NULL)
        g_string_free(chronicle->timeline, TRUE);
}

void chronicle_line(Chronicle *chronicle, Instant at, const char *format, ...)
{
    if (chronicle->timeline == NULL)
        return;
    LocalTime local = zone_local(chronicle->zone, at);
    char date[16];
    g_string_append_printf(chronicle->timeline, "    %s %02d:%02d  ", date_format(local.date, date),
                           local.minute / 60, local.minute % 60);
    va_list arguments;
    va_start(arguments, format);
    g_string_append_vprintf(chronicle->timeline, format, arguments);
    va_end(arguments);
    g_string_append_c(chronicle->timeline, '\n');
}

/* ["I1", …] out of the JSON that a released notice keeps. */
static const char **shown_invoices(Arena *arena, const char *json)
{
    g_autoptr(json_t) list = json != NULL ? json_parse(json, strlen(json), 1 << 20, NULL) : NULL;
    size_t n = json_array_size(list);
    const char **ret = arena_new0(arena, const char *, n + 1);
    for (size_t i = 0; i < n; i++) {
        const char *id = json_string_value(json_object_get(json_array_get(list, i), "id"));
        ret[i] = arena_strdup(arena, id != NULL ? id : "");
    }
    return ret;
}

void chronicle_handover(Chronicle *chronicle, Instant at, const AccountState *state, const Act *act)
{
    const Notice *notice = state_find(state, KIND_NOTICE, act->notice);
    if (notice == NULL)
        return;
    Arena *arena = chronicle->arena;
    Handover handover = {
        .at = at,
        .account = arena_strdup(arena, state->account.id),
        .act = arena_strdup(arena, act->key),
        .notice_key = arena_strdup(arena, notice->key),
        .notice = arena_strdup(arena, notice->name),
        .channel = arena_strdup(arena, act->channel),
        .address = arena_strdup(arena, act->address),
        .currency = notice->currency,
        .amount = notice->amount,
        .invoices = shown_invoices(arena, notice->invoices),
        .answered_at = INSTANT_NONE,
    };
    if (handover.channel != NULL && strcmp(handover.channel, "letter") != 0) {
        handover.outcome = "accepted";
        handover.answered_at = at;
    }
    g_array_append_val(chronicle->handovers, handover);
    chronicle_line(chronicle, at, "%s  sent %s by %s, %s %" G_GINT64_FORMAT, handover.account,
                   handover.notice, handover.channel != NULL ? handover.channel : "?",
                   handover.currency.code, handover.amount == AMOUNT_NONE ? 0 : handover.amount);
}

const Handover *chronicle_answer(Chronicle *chronicle, Instant at, const char *account,
                                 const char *channel, const char *outcome)
{
    for (guint i = chronicle->handovers->len; i > 0; i--) {
        Handover *handover = &g_array_index(chronicle->handovers, Handover, i - 1);
        if (strcmp(handover->account, account) != 0 || g_strcmp0(handover->channel, channel) != 0)
            continue;
        handover->outcome = arena_strdup(chronicle->arena, outcome);
        handover->answered_at = at;
        return handover;
    }
    return NULL;
}

void chronicle_effect(Chronicle *chronicle, Instant at, const char *account, const char *platform,
                      const char *op, const char *purpose)
{
    Arena *arena = chronicle->arena;
    /* What an event of the hub led to is called as what a step led to. */
    if (purpose != NULL && g_str_has_prefix(purpose, "case."))
        purpose += strlen("case.");
    Deed deed = {at, arena_strdup(arena, account), arena_strdup(arena, platform),
                 arena_strdup(arena, op), arena_strdup(arena, purpose)};
    g_array_append_val(chronicle->deeds, deed);
    chronicle_line(chronicle, at, "%s  %s%s%s done (%s)", account, platform != NULL ? platform : "",
                   platform != NULL ? "." : "", op, purpose != NULL ? purpose : "-");
}

void chronicle_reason(Chronicle *chronicle, Instant at, const char *account, const Reason *reason)
{
    chronicle_line(chronicle, at, "%s  %s %s %s: %s [%s]", account, reason->event,
                   reason->subject != NULL ? reason->subject : "",
                   reason->reason != NULL ? reason->reason : "",
                   reason->text != NULL ? reason->text : "",
                   reason->rule != NULL ? reason->rule : "");
}

void chronicle_look(Chronicle *chronicle, Instant at, const AccountState *state)
{
    STATE_FOREACH (state, KIND_ACT, const Act, act) {
        if (act->state != ACT_DONE || act->instance != NULL || act->notice != NULL)
            continue;
        char *key = g_strconcat(state->account.id, " ", act->key, NULL);
        if (!g_hash_table_add(chronicle->done, key))
            continue;
        const Op *op = op_of_act(act->action, NULL, act->verb);
        chronicle_effect(chronicle, at, state->account.id, NULL, op != NULL ? op->op : act->verb,
                         act->purpose);
    }
}
