/* Calls to real hosts, as processes and as threads: what goes well. */
#include "rig.h"

#include "model/event.h"

#include <string.h>
#include <zmq.h>

static const int isolations[] = {ISOLATE_PROCESS, ISOLATE_THREAD};

static void test_echo(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(isolations); i++) {
        g_autoptr(Rig) rig = rig_new(NULL);
        rig_add(rig, "one", "unruly", isolations[i], NULL);
        g_assert_cmpuint(bus_credit(rig->bus, "one"), ==, 0);
        rig_wait_up(rig, "one");
        g_assert_cmpuint(bus_credit(rig->bus, "one"), ==, 32);
        const RigResult *result =
            rig_call(rig, "one", 1, CALL_ACTION, "test.echo", "{\"a\":\"ü\"}");
        g_assert_cmpint(result->outcome, ==, OUTCOME_OK);
        g_assert_cmpstr(result->external_id, ==, "key-1");
        g_assert_cmpstr(result->message, ==, "test.echo");
        g_assert_cmpstr(result->data, ==, "{\"a\":\"ü\"}");
        g_assert_null(result->code);
        g_assert_false(result->made_by_hub);
    }
}

typedef struct {
    int kind;
    const char *verb, *input;
    int outcome;
    const char *code, *message;
} CallRow;

static const CallRow call_rows[] = {
    {CALL_ACTION, "test.options", "{}", OUTCOME_OK, "clean", "hello"},
    {CALL_ACTION, "test.speak", "{\"outcome\":1,\"after\":1500}", OUTCOME_RETRY, NULL,
     "a\xef\xbf\xbd"
     "b"},
    {CALL_ACTION, "test.speak", "{\"outcome\":2}", OUTCOME_PERMANENT, NULL,
     "a\xef\xbf\xbd"
     "b"},
    {CALL_ACTION, "test.speak", "{\"outcome\":3}", OUTCOME_AUTH, NULL, NULL},
    {CALL_ACTION, "test.speak", "{\"outcome\":4}", OUTCOME_UNCERTAIN, NULL, NULL},
    {CALL_ACTION, "test.speak", "{\"outcome\":5}", OUTCOME_UNCERTAIN, "plugin",
     NULL}, /* only a look-up may */
    {CALL_ACTION, "test.speak", "{\"outcome\":77}", OUTCOME_UNCERTAIN, "plugin", NULL},
    {CALL_ACTION, "test.huge", "{\"bytes\":1000000}", OUTCOME_OK, NULL, NULL},
    {CALL_ACTION, "test.huge", "{\"bytes\":1100000}", OUTCOME_OK, NULL, NULL},
    {CALL_ACTION, "test.huge", "{\"bytes\":30000000}", OUTCOME_OK, NULL, NULL},
    {CALL_ACTION, "test.memory", "{}", OUTCOME_OK, "exactly", NULL},
    {CALL_ACTION, "test.unknown", "{}", OUTCOME_PERMANENT, "not_offered",
     "plugin 'unruly' offers no action 'test.unknown'"},
    {CALL_LOOKUP, "test.findable", "{}", OUTCOME_ABSENT, NULL, NULL},
    {CALL_LOOKUP, "test.echo", "{}", OUTCOME_PERMANENT, "not_offered", NULL},
    {CALL_POLL, "elsewhere", "{}", OUTCOME_PERMANENT, "not_offered", NULL},
    {CALL_CHECK, NULL, NULL, OUTCOME_OK, "unchecked", NULL},
    {CALL_ACTION, "test.talk", "{}", OUTCOME_OK, "no_emit", NULL},
};

static void test_results(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    rig_add(rig, "one", "unruly", ISOLATE_PROCESS, NULL);
    rig_wait_up(rig, "one");
    for (size_t i = 0; i < G_N_ELEMENTS(call_rows); i++) {
        const CallRow *row = &call_rows[i];
        const RigResult *result = rig_call(rig, "one", i + 1, row->kind, row->verb, row->input);
        g_test_message("%s %s: %s", row->verb, row->input, result->message);
        g_assert_cmpint(result->outcome, ==, row->outcome);
        g_assert_cmpstr(result->code, ==, row->code);
        g_assert_false(result->made_by_hub);
        if (row->message != NULL) {
            g_assert_cmpstr(result->message, ==, row->message);
        }
    }
    g_assert_cmpint(rig_result(rig, 2)->retry_after_ms, ==, 1500);
    /* Data too large to carry is dropped; what was applied stays applied. */
    g_assert_cmpuint(strlen(rig_result(rig, 8)->data), ==, 1000000);
    g_assert_null(rig_result(rig, 9)->data);
    g_assert_cmpstr(rig_result(rig, 10)->external_id, ==, "made");
    g_assert_cmpuint(rig->downs->len, ==, 0);
}

static void test_options(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    rig_add(rig, "one", "unruly", ISOLATE_PROCESS,
            "{\"greeting\":7,\"token\":\"s3cret\",\"columns\":{\"a\":\"b\"},\"undeclared\":1}");
    rig_wait_up(rig, "one");
    const RigResult *result = rig_call(rig, "one", 1, CALL_ACTION, "test.options", "{}");
    g_assert_cmpstr(result->message, ==, "7");
    g_assert_cmpstr(result->external_id, ==, "s3cret");
    g_assert_cmpstr(result->data, ==, "{\"a\":\"b\"}");
    g_assert_cmpstr(result->code, ==, "clean");
    /* Nobody reads a secret off the process. */
    g_autofree char *path = g_strdup_printf("/proc/%d/cmdline", rig_status(rig, "one").pid);
    g_autofree char *line = NULL;
    size_t n = 0;
    g_assert_true(g_file_get_contents(path, &line, &n, NULL));
    g_assert_null(g_strstr_len(line, (gssize)n, "s3cret"));
}

static void test_bodies(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    rig_add(rig, "one", "unruly", ISOLATE_PROCESS, NULL);
    rig_wait_up(rig, "one");
    g_autoptr(GBytes) small = g_bytes_new_static("%PDF-1.5", 8);
    g_autoptr(GBytes) large = g_bytes_new_take(g_malloc0(3000000), 3000000);
    GBytes *bodies[] = {small, large};
    BusCall call = {.id = 1, .verb = "test.bodies", .key = "k", .bodies = bodies, .n_bodies = 2};
    g_autoptr(GError) error = NULL;
    g_assert_true(bus_send(rig->bus, "one", &call, &error));
    rig_wait_results(rig, 1);
    g_assert_cmpstr(rig_result(rig, 1)->message, ==, "2 bodies, 3000008 bytes");
    g_autoptr(GBytes) too_large = g_bytes_new_take(g_malloc0(17 << 20), 17 << 20);
    bodies[1] = too_large;
    call.id = 2;
    g_assert_false(bus_send(rig->bus, "one", &call, &error));
    g_assert_nonnull(error);
    g_assert_cmpuint(bus_in_flight(rig->bus), ==, 0);
}

static void test_pages(void)
{
    static const struct {
        int kind;
        const char *input;
        unsigned refuse_after, pages, events;
        int outcome;
        const char *last;
    } rows[] = {
        {CALL_POLL, "{\"pages\":3,\"events\":10}", 0, 4, 40, OUTCOME_OK, "-"},
        {CALL_POLL, "{\"pages\":2,\"events\":0}", 0, 2, 0, OUTCOME_OK, "page 1"},
        {CALL_POLL, "{\"pages\":1,\"events\":2500}", 0, 6, 5000, OUTCOME_OK,
         "-"}, /* full pages go by themselves */
        {CALL_READ, "{\"pages\":3,\"events\":10}", 0, 4, 40, OUTCOME_OK, "-"},
        {CALL_POLL, "{\"pages\":5,\"events\":10}", 2, 2, 20, OUTCOME_RETRY, "page 1"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Rig) rig = rig_new(NULL);
        rig->refuse_after = rows[i].refuse_after;
        rig_add(rig, "one", "unruly", ISOLATE_PROCESS, NULL);
        rig_wait_up(rig, "one");
        const RigResult *result = rig_call(rig, "one", 1, rows[i].kind, "ledger", rows[i].input);
        g_assert_cmpint(result->outcome, ==, rows[i].outcome);
        g_assert_cmpuint(rig->pages, ==, rows[i].pages);
        g_assert_cmpuint(rig->events, ==, rows[i].events);
        g_assert_cmpstr(g_ptr_array_index(rig->cursors, rig->cursors->len - 1), ==, rows[i].last);
        if (rows[i].kind == CALL_READ) {
            g_assert_cmpstr(g_ptr_array_index(rig->cursors, 0), ==, "-");
        }
    }
}

static void test_state(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    rig_add(rig, "one", "unruly", ISOLATE_PROCESS, NULL);
    rig_wait_up(rig, "one");
    const RigResult *result = rig_call(rig, "one", 1, CALL_ACTION, "test.state", "{}");
    g_assert_cmpstr(result->message, ==, "0 0 1 1 1 one -1");
    result = rig_call(rig, "one", 2, CALL_ACTION, "test.state", "{}");
    g_assert_cmpstr(result->message, ==, "1 0 1 1 2 one -1");
}

static void test_findings_are_counted(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    rig_add(rig, "one", "unruly", ISOLATE_PROCESS, NULL);
    rig_wait_up(rig, "one");
    rig_call(rig, "one", 1, CALL_ACTION, "test.talk", "{\"findings\":1200}");
    g_assert_cmpuint(rig->findings->len, ==, 1001);
    g_assert_cmpstr(g_ptr_array_index(rig->findings, 0), ==,
                    "file.csv:7: amount '12,34.5' is no number");
    g_assert_cmpstr(g_ptr_array_index(rig->findings, 1000), ==,
                    ": 200 more findings of this call are not shown");
}

static void test_many_at_once(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    const char *names[] = {"a", "b", "c"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        rig_add(rig, names[i], "unruly", i == 2 ? ISOLATE_THREAD : ISOLATE_PROCESS, NULL);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        rig_wait_up(rig, names[i]);
    }
    unsigned sent = 0;
    while (rig->results->len < 200) {
        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
            while (sent < 200 && bus_credit(rig->bus, names[i]) > 0) {
                rig_send(rig, names[i], ++sent, CALL_ACTION, "test.rest", "{\"ms\":2}");
            }
            g_assert_cmpuint(rig_status(rig, names[i]).in_flight, <=, 32);
        }
        rig_turn(rig);
    }
    for (uint64_t id = 1; id <= 200; id++) {
        g_assert_cmpint(rig_result(rig, id)->outcome, ==, OUTCOME_OK);
    }
    g_assert_cmpuint(bus_in_flight(rig->bus), ==, 0);
}

static void test_credit(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    rig_add(rig, "one", "unruly", ISOLATE_PROCESS, NULL);
    rig_wait_up(rig, "one");
    g_autoptr(GError) error = NULL;
    for (uint64_t id = 1; id <= 32; id++) {
        rig_send(rig, "one", id, CALL_ACTION, "test.slow", "{}");
    }
    g_assert_cmpuint(bus_credit(rig->bus, "one"), ==, 0);
    BusCall call = {.id = 33, .verb = "test.slow"};
    g_assert_false(bus_send(rig->bus, "one", &call, &error));
    g_assert_error(error, BUS_ERROR, BUS_ERROR_CREDIT);
    for (uint64_t id = 1; id <= 32; id++) {
        bus_cancel(rig->bus, "one", id);
    }
    rig_wait_results(rig, 32);
    g_assert_cmpstr(rig_result(rig, 32)->code, ==, "cancelled");
    g_assert_cmpint(rig_result(rig, 32)->outcome, ==, OUTCOME_RETRY);
    g_assert_cmpuint(bus_credit(rig->bus, "one"), ==, 32);
    g_clear_error(&error);
    call.id = 0;
    g_assert_false(bus_send(rig->bus, "one", &call, &error));
    g_assert_error(error, BUS_ERROR, BUS_ERROR_CALL);
}

/* 30 a minute: three at once, then one in a while, never 31 within 60 seconds. */
static void test_pace(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    rig_add(rig, "one", "needy", ISOLATE_THREAD, "{\"account\":\"me\"}");
    rig_wait_up(rig, "one");
    g_assert_cmpuint(bus_credit(rig->bus, "one"), ==, 3);
    uint64_t sent = 0;
    unsigned in_first_minute = 0;
    for (int second = 0; second < 60; second++) {
        while (bus_credit(rig->bus, "one") > 0) {
            rig_call(rig, "one", ++sent, CALL_ACTION, "test.echo", "{}");
            in_first_minute++;
        }
        g_assert_cmpint(bus_wait_ms(rig->bus), <=, 2300);
        rig_advance(rig, 1000);
    }
    g_assert_cmpuint(in_first_minute, <=, 30);
    g_assert_cmpuint(in_first_minute, >=, 28);
}

static void test_vintages(void)
{
    static const struct {
        const char *plugin, *code;
    } rows[] = {{"older", "known"}, {"newer", "older_host"}};
    g_autoptr(Rig) rig = rig_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        rig_add(rig, rows[i].plugin, rows[i].plugin, ISOLATE_PROCESS,
                "{\"greeting\":\"well met\"}");
        rig_wait_up(rig, rows[i].plugin);
        g_assert_cmpuint(bus_credit(rig->bus, rows[i].plugin), ==, 3);
        const RigResult *result =
            rig_call(rig, rows[i].plugin, i + 1, CALL_ACTION, "test.greet", "{}");
        g_assert_cmpint(result->outcome, ==, OUTCOME_OK);
        g_assert_cmpstr(result->code, ==, rows[i].code);
        g_assert_cmpstr(result->message, ==, "well met");
        g_assert_cmpstr(result->external_id, ==, "key-1");
    }
}

static void test_publish(void)
{
    g_autofree char *dir = g_dir_make_tmp("dunhub-pub-XXXXXX", NULL);
    g_autofree char *endpoint = g_strdup_printf("ipc://%s/events", dir);
    g_autoptr(Rig) rig = rig_new(endpoint);
    void *context = zmq_ctx_new();
    void *subscriber = zmq_socket(context, ZMQ_SUB);
    const int patience_ms = 50;
    zmq_setsockopt(subscriber, ZMQ_SUBSCRIBE, "case.", 5);
    zmq_setsockopt(subscriber, ZMQ_RCVTIMEO, &patience_ms, sizeof patience_ms);
    g_assert_cmpint(zmq_connect(subscriber, endpoint), ==, 0);
    char type[64] = "", position[64] = "", event[64] = "";
    uint64_t said = 0;
    while (zmq_recv(subscriber, type, sizeof type - 1, 0) < 0) {
        bus_publish(rig->bus, "invoice.updated", ++said, "{\"id\":\"x\"}");
        bus_publish(rig->bus, "case.opened", ++said, "{\"id\":\"e\"}");
        g_assert_cmpuint(said, <, 1000);
    }
    zmq_recv(subscriber, position, sizeof position - 1, 0);
    zmq_recv(subscriber, event, sizeof event - 1, 0);
    g_assert_cmpstr(type, ==, "case.opened");
    g_assert_cmpuint(g_ascii_strtoull(position, NULL, 10) % 2, ==, 0);
    g_assert_cmpstr(event, ==, "{\"id\":\"e\"}");
    zmq_close(subscriber);
    zmq_ctx_term(context);
    g_clear_pointer(&rig, rig_free);
    g_autofree char *path = g_build_filename(dir, "events", NULL);
    g_assert_cmpint(remove(path) | remove(dir), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bus/calls/echo", test_echo);
    g_test_add_func("/bus/calls/results", test_results);
    g_test_add_func("/bus/calls/options", test_options);
    g_test_add_func("/bus/calls/bodies", test_bodies);
    g_test_add_func("/bus/calls/pages", test_pages);
    g_test_add_func("/bus/calls/state", test_state);
    g_test_add_func("/bus/calls/findings_are_counted", test_findings_are_counted);
    g_test_add_func("/bus/calls/many_at_once", test_many_at_once);
    g_test_add_func("/bus/calls/credit", test_credit);
    g_test_add_func("/bus/calls/pace", test_pace);
    g_test_add_func("/bus/calls/vintages", test_vintages);
    g_test_add_func("/bus/calls/publish", test_publish);
    return g_test_run();
}
