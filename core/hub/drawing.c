/* Letters become PDFs between the lease of their act and its call (docs/adr/0012-letters.md). The lease is held while the
 * letter is drawn elsewhere; nothing waits for it but the account's own later acts of the same instance. What comes back is kept
 * by its hash and journalled as act.document before the act is sent, so a replay needs no font. */
#include "hub/loop.h"

#include <string.h>

enum { AGAIN_AFTER_MS = 60 * 1000 };

void drawing_free(Drawing *drawing)
{
    if (!drawing)
        return;
    g_free(drawing->account);
    g_free(drawing->key);
    g_free(drawing->instance);
    g_free(drawing->verb);
    g_free(drawing);
}

size_t drawing_count(const Hub *hub, const char *instance)
{
    size_t n = 0;
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, hub->drawings);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        n += !instance || strcmp(((Drawing *)value)->instance, instance) == 0;
    return n;
}

static void push_drawn(Hub *hub, Drawing *drawing, GBytes *pdf, int pages, bool refused,
                       const char *why)
{
    Input *input = input_new(INPUT_DRAWN);
    input->drawing = drawing;
    input->pdf = pdf ? g_bytes_ref(pdf) : NULL;
    input->pages = pages;
    input->outcome = pdf ? OUTCOME_OK : refused ? OUTCOME_PERMANENT : OUTCOME_RETRY;
    input->message = g_strdup(why);
    intake_push(hub, input);
}

void hub_drawn(Hub *hub, uint64_t job, GBytes *pdf, int pages, bool refused, const char *why)
{
    Drawing *drawing = g_hash_table_lookup(hub->drawings, &job);
    if (!drawing)
        return;
    g_hash_table_steal(hub->drawings, &job);
    push_drawn(hub, drawing, pdf, pages, refused, why);
}

/* ---- beginning ---- */

typedef struct {
    Deed deed;
    const Lease *lease;
    const char *document;
} Begun;

static void begin(Hub *hub, Deed *deed)
{
    const Begun *begun = (const Begun *)deed;
    const Lease *lease = begun->lease;
    g_autoptr(GError) problem = NULL;
    Drawing *drawing = g_new0(Drawing, 1);
    *drawing = (Drawing){
        .id = hub_reserve_call(hub),
        .account = g_strdup(lease->account),
        .key = g_strdup(lease->key),
        .instance = g_strdup(lease->instance),
        .verb = g_strdup(lease->verb),
        .fence = lease->fence,
        .attempt = lease->attempt,
    };
    if (hub->setup.ports.draw(hub->setup.ports.data, drawing->id, begun->document, &problem))
        g_hash_table_insert(hub->drawings, &drawing->id, drawing);
    else
        push_drawn(hub, drawing, NULL, 0, false, problem ? problem->message : "not drawn");
}

/* The document of the kept message; NULL without an error: it has none. Caller frees. */
static char *document_of(Store *store, const char *content, GError **error)
{
    g_autoptr(GBytes) bytes = NULL;
    if (!store_blob_get(store, content, &bytes, error) || !bytes)
        return NULL;
    gsize n = 0;
    const char *text = g_bytes_get_data(bytes, &n);
    g_autoptr(json_t) message = json_loadb(text, n, 0, NULL);
    const json_t *document = json_object_get(message, "document");
    return json_is_object(document) ? json_canonical(document) : NULL;
}

static bool may_have_letter(const Act *act)
{
    return act && act->content && !act->document &&
           (g_strcmp0(act->channel, "letter") == 0 ||
            (act->verb && g_str_has_prefix(act->verb, "document.")));
}

bool drawing_begin(Group *group, const Lease *lease, const Act *act, bool *ret_begun,
                   GError **error)
{
    Hub *hub = group->hub;
    g_autoptr(GError) problem = NULL;
    *ret_begun = false;
    if (!hub->setup.ports.draw || hub->setup.dry || lease->lookup || !may_have_letter(act))
        return true;
    g_autofree char *document = document_of(hub->setup.store, act->content, &problem);
    if (problem) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    if (!document)
        return true;
    Begun *begun = group_deed(group, sizeof *begun, begin);
    Lease *copy = arena_dup(group->arena, lease, sizeof *lease);
    copy->account = arena_strdup(group->arena, lease->account);
    copy->key = arena_strdup(group->arena, lease->key);
    copy->instance = arena_strdup(group->arena, lease->instance);
    copy->verb = arena_strdup(group->arena, lease->verb);
    begun->lease = copy;
    begun->document = arena_strdup(group->arena, document);
    *ret_begun = true;
    return true;
}

/* ---- going on ---- */

static bool keep_drawn(Group *group, const Lease *lease, Input *input, GError **error)
{
    char hash[HASH_HEX];
    gsize n = 0;
    const void *bytes = g_bytes_get_data(input->pdf, &n);
    if (!store_blob_put(group->hub->setup.store, "document", bytes, n, hash, error))
        return false;
    ActDocument drawn = {.key = lease->key, .document = hash, .pages = input->pages};
    return engine_own(group, lease->account, "hub", EVENT_ACT_DOCUMENT,
                      own_data(EVENT_ACT_DOCUMENT, &drawn), NULL, error) &&
           outbox_take(group, lease, error);
}

/* It never left: refused for good, or tried again in a minute. */
static bool not_drawn(Group *group, const Lease *lease, const Input *input, GError **error)
{
    Hub *hub = group->hub;
    ActResult result;
    if (!outbox_give_back(hub, lease, error))
        return false;
    record_init(event_types[EVENT_ACT_RESULT].payload, &result);
    result.key = lease->key;
    result.outcome = input->outcome;
    result.retry_at = input->outcome == OUTCOME_RETRY ? hub->now + AGAIN_AFTER_MS : INSTANT_NONE;
    result.code = input->outcome == OUTCOME_RETRY ? "not_drawn" : "render_failed";
    result.message = input->message;
    result.attempt = lease->attempt;
    return engine_own(group, lease->account, "hub", EVENT_ACT_RESULT,
                      own_data(EVENT_ACT_RESULT, &result), NULL, error);
}

bool drawing_take(Group *group, Input *input, GError **error)
{
    const Drawing *drawing = input->drawing;
    const Lease lease = {
        .account = drawing->account,
        .key = drawing->key,
        .instance = drawing->instance,
        .verb = drawing->verb,
        .fence = drawing->fence,
        .attempt = drawing->attempt,
    };
    return input->pdf ? keep_drawn(group, &lease, input, error)
                      : not_drawn(group, &lease, input, error);
}
