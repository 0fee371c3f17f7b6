/* A person, or the schedule by a row of retention, has the personal data of an account erased. */
#include <string.h>

#include "escalation/deciding.h"
#include "escalation/retention.h"

/* The reason stays readable for good: it must not name whom it is about. */
static bool names_person(const AccountState *state, const char *text)
{
    if (text == NULL)
        return false;
    g_autofree char *folded = g_utf8_casefold(text, -1);
    const char *name = state->account.name;
    g_autofree char *folded_name = g_utf8_casefold(name != NULL ? name : "", -1);
    if (folded_name[0] != '\0' && strstr(folded, folded_name) != NULL)
        return true;
    STATE_FOREACH (state, KIND_CONTACT_POINT, const ContactPoint, point) {
        g_autofree char *address = g_utf8_casefold(point->address, -1);
        if (strstr(folded, address) != NULL)
            return true;
    }
    return false;
}

static bool owes(const Deciding *d)
{
    for (size_t i = 0; i < d->before.n_currencies; i++)
        if (d->before.currencies[i].balance > 0)
            return true;
    return false;
}

void apply_erasure(Deciding *d)
{
    const ErasureRequest *request = d->in->event->payload;
    const char *by = deciding_actor(d, request->by);
    const Obstacle *obstacle = erasure_obstacle(d->state, d->book, owes(d), by, d->today, d->arena);
    if (names_person(d->state, request->reason)) {
        reject(d, "reason_personal", NULL,
               "the reason stays for good: write it without name and address");
        return;
    }
    if (obstacle != NULL) {
        reject(d, obstacle->code,
               json_pack("{s:s?,s:s?}", "rule", obstacle->rule, "citation", obstacle->citation),
               "%s", obstacle->text);
        return;
    }
    const Retention *due = erasure_due(d->state, d->book, d->today);
    erasure_apply(d->state, d->arena, d->today);
    reason_add(
        d, "erased", due != NULL ? due->name : "request", NULL, NULL,
        json_pack("{s:s,s:s?,s:s?}", "by", by, "reason", request->reason, "citation",
                  due != NULL ? due->citation : NULL),
        "personal data was erased: name, addresses, free texts, messages, what was taken in");
}
