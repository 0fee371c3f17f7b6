/* From a released notice to the bytes that are sent and kept. */
#include "hub/loop.h"
#include "hub/preview.h"

#include <string.h>

static const char *account_zone(const Configuration *configuration, const Account *account)
{
    return account->zone ? account->zone : zone_name(configuration->book.zone);
}

static const char *tone_of(const Configuration *configuration, const char *segment)
{
    for (size_t i = 0; segment && i < configuration->n_tones; i++)
        if (strcmp(configuration->tones[i].segment, segment) == 0)
            return configuration->tones[i].tone;
    return NULL;
}

/* ---- what a document shows that carries no notice ---- */

static const CurrencyView *view_of(const AccountView *view, Currency currency)
{
    const CurrencyView *best = NULL;
    for (size_t i = 0; i < view->n_currencies; i++) {
        const CurrencyView *row = &view->currencies[i];
        if (currency.code[0] != '\0' ? currency_equal(row->currency, currency)
                                     : !best || row->days_overdue > best->days_overdue)
            best = row;
    }
    return best;
}

static json_t *shown(const InvoiceBalance *b)
{
    char due[16];
    const Invoice *invoice = b->invoice;
    Date on = invoice->due_on != DATE_NONE ? invoice->due_on : b->overdue_on - 1;
    return json_pack("{s:s,s:s,s:I,s:s,s:I}", "id", invoice->id, "number",
                     invoice->number ? invoice->number : invoice->id, "open", (json_int_t)b->rest,
                     "due_on", date_format(on, due), "days_overdue", (json_int_t)b->days_overdue);
}

void preview_figures(const AccountState *state, const Rulebook *book, Instant now,
                     Currency currency, Arena *arena, Notice *ret_notice)
{
    AccountView view = {0};
    account_view(state, book, now, arena, &view);
    const CurrencyView *row = view_of(&view, currency);
    record_init(&notice_type, ret_notice);
    if (!row)
        return;
    g_autoptr(json_t) list = json_array();
    for (size_t i = 0; i < view.n_invoices; i++)
        if (view.invoices[i].counted &&
            currency_equal(view.invoices[i].invoice->currency, row->currency))
            json_array_append_new(list, shown(&view.invoices[i]));
    g_autofree char *text = json_canonical(list);
    ret_notice->currency = row->currency;
    ret_notice->amount = row->overdue;
    ret_notice->invoices = arena_strdup(arena, text);
}

static const Notice *figures_for(const Configuration *configuration, const AccountState *state,
                                 const Act *act, Instant now, Arena *arena)
{
    const Cycle *cycle = act->cycle ? state_find(state, KIND_CYCLE, act->cycle) : NULL;
    if (!cycle || !act->verb || !g_str_has_prefix(act->verb, "document."))
        return NULL;
    Notice *notice = arena_new0(arena, Notice, 1);
    preview_figures(state, &configuration->book, now, cycle->currency, arena, notice);
    notice->step = act->step;
    return notice;
}

json_t *preview_render(const Configuration *configuration, const AccountState *state,
                       const Notice *notice, const Act *act, Instant now, GError **error)
{
    const char *name = account_zone(configuration, &state->account);
    const Zone *zone = zone_get(name, error);
    g_autoptr(Arena) arena = arena_new();
    if (!zone)
        return NULL;
    NoticeIn in = {
        .state = state,
        .notice = notice ? notice : figures_for(configuration, state, act, now, arena),
        .act = act,
        .organisation = configuration->book.organisation,
        .language = configuration->book.language,
        .letterhead = configuration->letterhead,
        .tone = tone_of(configuration, state->account.segment),
        .zone = name,
        .today = zone_date(zone, now),
    };
    return notice_render(configuration->templates, &in, error);
}

static bool keep(Store *store, const json_t *message, Arena *arena, const char **ret_hash,
                 GError **error)
{
    g_autofree char *text = json_canonical(message);
    char hash[HASH_HEX];
    if (!store_blob_put(store, "notice", text, strlen(text), hash, error))
        return false;
    *ret_hash = arena_strdup(arena, hash);
    return true;
}

bool render_wishes(Store *store, const Configuration *configuration, DecideOut *out, Instant now,
                   Arena *arena, GPtrArray *ret_unrendered, bool *ret_changed, GError **error)
{
    for (size_t i = 0; i < out->n_wishes; i++) {
        if (out->wishes[i].kind != WISH_RENDER)
            continue;
        Act *act = state_find(&out->after, KIND_ACT, out->wishes[i].key);
        if (!act)
            continue;
        Notice *notice = state_find(&out->after, KIND_NOTICE, act->notice);
        g_autoptr(GError) problem = NULL;
        g_autoptr(json_t) message =
            preview_render(configuration, &out->after, notice, act, now, &problem);
        if (!message) {
            Unrendered *failed = arena_new0(arena, Unrendered, 1);
            *failed = (Unrendered){.key = act->key, .why = arena_strdup(arena, problem->message)};
            g_ptr_array_add(ret_unrendered, failed);
            continue;
        }
        if (!keep(store, message, arena, &act->content, error))
            return false;
        if (notice)
            notice->content = act->content;
        *ret_changed = true;
    }
    return true;
}

static bool get_kept(Store *store, const char *hash, GBytes **ret_bytes, GError **error)
{
    if (!store_blob_get(store, hash, ret_bytes, error))
        return false;
    if (*ret_bytes)
        return true;
    g_set_error(error, STORE_ERROR, STORE_ERROR_CORRUPT,
                "the kept text %s is missing from the store", hash);
    return false;
}

/* A message is a JSON object and becomes part of the input; a document is handed over as bytes. What a letter was drawn
 * from stays here: the platform gets the PDF. */
static bool take_content(Store *store, const char *hash, json_t *input, GBytes **ret_document,
                         GError **error)
{
    g_autoptr(GBytes) bytes = NULL;
    if (!get_kept(store, hash, &bytes, error))
        return false;
    gsize n = 0;
    const char *text = g_bytes_get_data(bytes, &n);
    g_autoptr(json_t) message = json_loadb(text, n, 0, NULL);
    if (json_is_object(message))
        json_object_update(input, message);
    if (json_is_object(message))
        json_object_del(input, "document");
    else
        *ret_document = g_steal_pointer(&bytes);
    return true;
}

/* "C-1001-final_notice.pdf" */
static bool attach_letter(Store *store, const Act *act, const Account *account, json_t *input,
                          GBytes **ret_document, GError **error)
{
    const char *notice = json_string_value(json_object_get(input, "notice"));
    const char *number = account->external_id ? account->external_id : account->id;
    g_autofree char *name = g_strdup_printf("%s-%s.pdf", number, notice ? notice : act->action);
    if (!get_kept(store, act->document, ret_document, error))
        return false;
    json_object_set_new(
        input, "attachments",
        json_pack("[{s:s,s:s,s:i}]", "name", name, "type", "application/pdf", "body", 0));
    return true;
}

static bool set_today(const Configuration *configuration, const Account *account, Instant now,
                      json_t *input, GError **error)
{
    const Zone *zone = zone_get(account_zone(configuration, account), error);
    char date[16];
    if (!zone)
        return false;
    json_object_set_new(input, "today", json_string(date_format(zone_date(zone, now), date)));
    return true;
}

char *render_input(Store *store, const Configuration *configuration, const AccountState *state,
                   const Act *act, Instant now, GBytes **ret_document, GError **error)
{
    json_t *given = act->input ? json_loads(act->input, 0, NULL) : NULL;
    g_autoptr(json_t) input = json_is_object(given) ? given : json_object();
    if (input != given)
        json_decref(given);
    const Act *object = act->object ? state_find(state, KIND_ACT, act->object) : NULL;
    if (object && object->external_id)
        json_object_set_new(input, "object_id", json_string(object->external_id));
    if (!json_object_get(input, "account"))
        json_object_set_new(input, "account", json_string(state->account.id));
    if (!set_today(configuration, &state->account, now, input, error) ||
        (act->content && !take_content(store, act->content, input, ret_document, error)) ||
        (act->document && !attach_letter(store, act, &state->account, input, ret_document, error)))
        return NULL;
    subject_add(configuration, state, act, now, input);
    return json_canonical(input);
}
