/* The catalogue of events. */
#include <string.h>

#include "model/event.h"

static void test_catalogue_is_complete(void)
{
    for (size_t i = 0; i < N_EVENTS; i++) {
        const EventType *type = &event_types[i];
        g_assert_cmpuint(type->kind, ==, i);
        g_assert_true(event_type_by_name(type->name) == type);
        g_assert_true(g_str_has_suffix(type->doc, "."));
        g_assert_cmpint(type->payload != NULL, ==, type->example != NULL);
    }
    g_assert_null(event_type_by_name("invoice.exploded"));
}

static void test_examples_decode_and_encode(void)
{
    for (size_t i = 0; i < N_EVENTS; i++) {
        const EventType *type = &event_types[i];
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(GError) error = NULL;
        g_autoptr(json_t) data = type->example ? json_loads(type->example, 0, NULL) : NULL;
        Event event;
        if (!event_decode(type->name, data, arena, &event, &error))
            g_error("%s", error->message);
        g_assert_cmpuint(event.kind, ==, i);
        g_autoptr(json_t) again = event_encode(&event);
        if (!data) {
            g_assert_null(again);
            continue;
        }
        g_autofree char *before = json_canonical(data), *after = json_canonical(again);
        g_assert_cmpstr(before, ==, after);
    }
}

static void test_present_tells_what_came(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(json_t) data =
        json_loads("{\"id\":\"I-1\",\"ledger_open\":0,\"due_on\":null,\"number\":\"7\"}", 0, NULL);
    Event event;
    g_assert_true(event_decode("invoice.updated", data, arena, &event, NULL));
    g_assert_true(event_has(&event, "ledger_open"));
    g_assert_true(event_has(&event, "due_on"));
    g_assert_false(event_has(&event, "amount"));
    g_assert_false(event_has(&event, "nonsense"));
    const Invoice *invoice = event.payload;
    g_assert_cmpint(invoice->due_on, ==, DATE_NONE);
    g_autoptr(json_t) again = event_encode(&event);
    g_assert_true(json_equal(data, again));
}

static void test_act_sent_is_a_short_result(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(json_t) data = json_loads("{\"key\":\"k\",\"lookup\":true,\"attempt\":2}", 0, NULL);
    Event event;
    g_assert_true(event_decode("act.sent", data, arena, &event, NULL));
    const ActResult *sent = event.payload;
    g_assert_cmpstr(sent->key, ==, "k");
    g_assert_true(sent->lookup);
    g_assert_cmpint(sent->attempt, ==, 2);
}

typedef struct {
    const char *type;
    const char *data; /* NULL: none */
    EventError code;
    const char *message;
} Refusal;

static const Refusal refusals[] = {
    {"invoice.updatde", "{}", EVENT_ERROR_TYPE,
     "unknown event type 'invoice.updatde', did you mean 'invoice.updated'?"},
    {"hold.set", "{\"kind\":\"vacation\"}", EVENT_ERROR_FIELD,
     "hold.set: hold_set.kind: expected one of pending, grace, promise, plan, dispute, help, "
     "breathing_space, bankruptcy, attorney, cease, deceased, pause, got \"vacation\""},
    {"payment.attempted", NULL, EVENT_ERROR_FORM,
     "payment.attempted: needs a JSON object as data, such as "
     "{\"invoice\":\"I-1\",\"outcome\":\"declined\",\"code\":\"card_expired\"}"},
    {"payment.attempted", "{\"code\":\"1\"}", EVENT_ERROR_FIELD,
     "payment.attempted: attempt.outcome: is missing; expected one of declined, paid"},
    {"wake", "{\"a\":1}", EVENT_ERROR_FORM, "wake: carries no data; leave it out"},
    {"account.updated", "{\"id\":\"A\"}", EVENT_ERROR_FIELD,
     "account.updated: account.id: is kept by the hub and cannot be set from outside; leave it "
     "out"},
};

static void test_refuses(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
        const Refusal *refusal = &refusals[i];
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(GError) error = NULL;
        g_autoptr(json_t) data = refusal->data ? json_loads(refusal->data, 0, NULL) : NULL;
        Event event;
        g_assert_false(event_decode(refusal->type, data, arena, &event, &error));
        g_assert_error(error, EVENT_ERROR, (gint)refusal->code);
        g_assert_cmpstr(error->message, ==, refusal->message);
    }
}

static void test_empty_data_is_no_data(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(json_t) empty = json_object();
    Event event;
    g_assert_true(event_decode("evaluate.requested", empty, arena, &event, NULL));
    g_assert_true(event_decode("evaluate.requested", NULL, arena, &event, NULL));
    g_assert_null(event.payload);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/event/catalogue", test_catalogue_is_complete);
    g_test_add_func("/event/examples", test_examples_decode_and_encode);
    g_test_add_func("/event/present", test_present_tells_what_came);
    g_test_add_func("/event/act-sent", test_act_sent_is_a_short_result);
    g_test_add_func("/event/refuses", test_refuses);
    g_test_add_func("/event/empty", test_empty_data_is_no_data);
    return g_test_run();
}
