#include "wire/wire.h"

#include <glib.h>
#include <string.h>

#define CALL_ID "\0\0\0\0\0\0\0\7"

typedef struct {
    const char *bytes;
    size_t n;
} Part;

#define PART(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

typedef struct {
    const char *what;
    Part parts[8];
    size_t n;
    WireSide from;
    int expect; /* -1: decodes; else WireError */
} DecodeRow;

static const DecodeRow decode_rows[] = {
    {"a result",
     {PART("DHP1"), PART("RESULT"), PART(CALL_ID), PART("{\"outcome\":0}"), PART("{}")},
     5,
     WIRE_FROM_HOST,
     -1},
    {"two bodies",
     {PART("DHP1"), PART("RESULT"), PART(CALL_ID), PART("{\"outcome\":0}"), PART("{}"), PART("[]")},
     6,
     WIRE_FROM_HOST,
     -1},
    {"a newer side's extra field",
     {PART("DHP1"), PART("RESULT"), PART(CALL_ID), PART("{\"outcome\":0,\"mood\":[1]}"), PART("")},
     5,
     WIRE_FROM_HOST,
     -1},
    {"nothing in a ping",
     {PART("DHP1"), PART("PING"), PART("\0\0\0\0\0\0\0\0"), PART(""), PART("")},
     5,
     WIRE_FROM_HUB,
     -1},
    {"four frames",
     {PART("DHP1"), PART("PING"), PART(CALL_ID), PART("")},
     4,
     WIRE_FROM_HUB,
     WIRE_ERROR_FRAMES},
    {"another protocol",
     {PART("DHP2"), PART("PING"), PART(CALL_ID), PART(""), PART("")},
     5,
     WIRE_FROM_HUB,
     WIRE_ERROR_FRAMES},
    {"an unknown verb",
     {PART("DHP1"), PART("PINGS"), PART(CALL_ID), PART(""), PART("")},
     5,
     WIRE_FROM_HUB,
     WIRE_ERROR_VERB},
    {"a verb of the other side",
     {PART("DHP1"), PART("PING"), PART(CALL_ID), PART(""), PART("")},
     5,
     WIRE_FROM_HOST,
     WIRE_ERROR_VERB},
    {"a short call id",
     {PART("DHP1"), PART("PING"), PART("7"), PART(""), PART("")},
     5,
     WIRE_FROM_HUB,
     WIRE_ERROR_FRAMES},
    {"no call id",
     {PART("DHP1"), PART("RESULT"), PART("\0\0\0\0\0\0\0\0"), PART("{\"outcome\":0}"), PART("")},
     5,
     WIRE_FROM_HOST,
     WIRE_ERROR_FRAMES},
    {"an empty head",
     {PART("DHP1"), PART("RESULT"), PART(CALL_ID), PART(""), PART("")},
     5,
     WIRE_FROM_HOST,
     WIRE_ERROR_HEAD},
    {"a field missing",
     {PART("DHP1"), PART("RESULT"), PART(CALL_ID), PART("{}"), PART("")},
     5,
     WIRE_FROM_HOST,
     WIRE_ERROR_HEAD},
    {"a wrong type",
     {PART("DHP1"), PART("RESULT"), PART(CALL_ID), PART("{\"outcome\":\"0\"}"), PART("")},
     5,
     WIRE_FROM_HOST,
     WIRE_ERROR_HEAD},
    {"an array for a head",
     {PART("DHP1"), PART("RESULT"), PART(CALL_ID), PART("[]"), PART("")},
     5,
     WIRE_FROM_HOST,
     WIRE_ERROR_HEAD},
    {"a key twice",
     {PART("DHP1"), PART("RESULT"), PART(CALL_ID), PART("{\"outcome\":0,\"outcome\":1}"), PART("")},
     5,
     WIRE_FROM_HOST,
     WIRE_ERROR_HEAD},
    {"a deep head",
     {PART("DHP1"), PART("RESULT"), PART(CALL_ID), PART("{\"outcome\":0,\"x\":[[[[[[[[]]]]]]]]}"),
      PART("")},
     5,
     WIRE_FROM_HOST,
     WIRE_ERROR_LIMIT},
    {"a body where none belongs",
     {PART("DHP1"), PART("PING"), PART(CALL_ID), PART(""), PART("x")},
     5,
     WIRE_FROM_HUB,
     WIRE_ERROR_LIMIT},
    {"one body too many",
     {PART("DHP1"), PART("RESULT"), PART(CALL_ID), PART("{\"outcome\":0}"), PART(""), PART(""),
      PART("")},
     7,
     WIRE_FROM_HOST,
     WIRE_ERROR_FRAMES},
};

static void test_decode(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(decode_rows); i++) {
        const DecodeRow *row = &decode_rows[i];
        g_test_message("%s", row->what);
        WireFrame frames[8];
        for (size_t k = 0; k < row->n; k++) {
            frames[k] = (WireFrame){row->parts[k].bytes, row->parts[k].n, NULL};
        }
        g_autoptr(GError) error = NULL;
        g_autoptr(WireMessage) message = wire_decode(frames, row->n, row->from, &error);
        if (row->expect < 0) {
            g_assert_no_error(error);
            g_assert_nonnull(message);
        } else {
            g_assert_null(message);
            g_assert_error(error, WIRE_ERROR, row->expect);
        }
    }
}

/* Every verb of the table survives the way there and back with all its fields. */
static void test_round_trip(void)
{
    for (size_t verb = 0; verb < N_WIRE_VERBS; verb++) {
        const WireRow *row = &wire_verbs[verb];
        g_autoptr(WireMessage) out = wire_message_new((WireVerb)verb, UINT64_C(0xfedcba9876543210));
        for (const WireField *field = row->fields; field->name != NULL; field++) {
            if (field->type == WIRE_TEXT) {
                wire_put_text(out, field->name,
                              "Gr\xc3\xbc\xc3\x9f"
                              "e",
                              7, WIRE_TEXT_MAX);
            } else if (field->type == WIRE_INT) {
                wire_put_int(out, field->name, INT64_MIN + 1);
            } else {
                wire_put_bool(out, field->name, true);
            }
        }
        for (size_t i = 0; i < row->bodies_max; i++) {
            wire_add_bytes(out, "\0body", 5);
        }
        g_auto(WireEncoded) encoded = {.n = 0};
        g_autoptr(GError) error = NULL;
        g_assert_true(wire_encode(out, &encoded, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(encoded.n, ==, 4 + MAX(1, row->bodies_max));
        WireSide from = (row->from & WIRE_FROM_HUB) != 0 ? WIRE_FROM_HUB : WIRE_FROM_HOST;
        g_autoptr(WireMessage) in = wire_decode(encoded.frames, encoded.n, from, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(in->verb, ==, verb);
        g_assert_cmpuint(in->call, ==, out->call);
        for (const WireField *field = row->fields; field->name != NULL; field++) {
            g_assert_cmpstr(wire_text(in, field->name), ==, wire_text(out, field->name));
            g_assert_cmpint(wire_int(in, field->name, 0), ==, wire_int(out, field->name, 0));
        }
        g_assert_cmpuint(in->n_bodies, ==, row->bodies_max);
    }
}

static void test_texts_are_cleaned(void)
{
    static const struct {
        const char *text;
        size_t n, max;
        const char *expect;
    } rows[] = {
        {"plain", 5, 100, "plain"},
        {"a\0b", 3, 100,
         "a\xef\xbf\xbd"
         "b"},
        {"a\xff", 2, 100, "a\xef\xbf\xbd"},
        {"\xc3\xbc\xc3\xbc", 4, 3, "\xc3\xbc"},
        {"\xc3\xbc", 2, 1, ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(WireMessage) message = wire_message_new(WIRE_BYE, 0);
        wire_put_text(message, "why", rows[i].text, rows[i].n, rows[i].max);
        g_assert_cmpstr(wire_text(message, "why"), ==, rows[i].expect);
    }
    g_autoptr(WireMessage) message = wire_message_new(WIRE_BYE, 0);
    wire_put_text(message, "why", NULL, 0, 10);
    g_assert_null(wire_text(message, "why"));
}

static void test_limits_when_sending(void)
{
    g_autofree char *large = g_malloc0(WIRE_BODY_MAX + 1);
    static const struct {
        WireVerb verb;
        size_t sizes[3];
        bool fits;
    } rows[] = {
        {WIRE_CALL, {WIRE_BODY_MAX, 0, 0}, true},
        {WIRE_CALL, {WIRE_BODY_MAX + 1, 0, 0}, false},
        {WIRE_CALL, {WIRE_BODY_MAX, WIRE_BODY_MAX, 0}, true},
        {WIRE_CALL, {WIRE_BODY_MAX, WIRE_BODY_MAX, 1}, false},
        {WIRE_STATE_PUT, {WIRE_STATE_MAX, 0, 0}, true},
        {WIRE_STATE_PUT, {WIRE_STATE_MAX + 1, 0, 0}, false},
        {WIRE_PING, {1, 0, 0}, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(WireMessage) message = wire_message_new(rows[i].verb, 1);
        for (size_t k = 0; k < 3 && rows[i].sizes[k] > 0; k++) {
            g_autoptr(GBytes) body = g_bytes_new_static(large, rows[i].sizes[k]);
            wire_add_body(message, body);
        }
        g_auto(WireEncoded) encoded = {.n = 0};
        g_autoptr(GError) error = NULL;
        g_assert_cmpint(wire_encode(message, &encoded, &error), ==, rows[i].fits);
        if (!rows[i].fits) {
            g_assert_error(error, WIRE_ERROR, WIRE_ERROR_LIMIT);
        }
    }
}

/* Good messages, bent at random: decoding never crashes and what it takes is within the table. */
static void test_bent_messages(void)
{
    GRand *rand = g_rand_new_with_seed(4711);
    unsigned taken = 0;
    for (int round = 0; round < 20000; round++) {
        char head[] = "{\"outcome\":0,\"code\":\"x\",\"seq\":1,\"ok\":true,\"name\":\"n\"}";
        char call[] = CALL_ID;
        const char *verb = wire_verbs[g_rand_int_range(rand, 0, N_WIRE_VERBS)].name;
        for (int bends = g_rand_int_range(rand, 0, 3); bends > 0; bends--) {
            head[g_rand_int_range(rand, 0, (gint)sizeof head - 1)] =
                (char)g_rand_int_range(rand, 0, 256);
        }
        size_t n = (size_t)g_rand_int_range(rand, 3, 8);
        WireFrame frames[8];
        for (size_t i = 0; i < n; i++) {
            const void *bytes[] = {WIRE_SIGNATURE, verb, call, head};
            size_t sizes[] = {4, strlen(verb), 8, sizeof head - 1};
            size_t body = (size_t)g_rand_int_range(rand, 0, 9);
            frames[i] =
                i < 4 ? (WireFrame){bytes[i], sizes[i], NULL} : (WireFrame){head, body, NULL};
        }
        WireSide from = g_rand_boolean(rand) ? WIRE_FROM_HUB : WIRE_FROM_HOST;
        g_autoptr(GError) error = NULL;
        g_autoptr(WireMessage) message = wire_decode(frames, n, from, &error);
        g_assert_true((message == NULL) == (error != NULL));
        if (message != NULL) {
            taken++;
            g_assert_true((wire_verbs[message->verb].from & from) != 0);
            g_assert_cmpuint(message->n_bodies, <=, wire_verbs[message->verb].bodies_max);
        }
    }
    g_assert_cmpuint(taken, >, 100);
    g_rand_free(rand);
}

/* The scanner and jansson agree on what is JSON, whatever is done to a document. */
static void test_scan_agrees(void)
{
    static const char *const documents[] = {
        "{\"a\":[1,-2.5,0,true,false,null,\"x\\n\\u00e9\\ud83d\\ude00\"],\"b\":{\"c\":{}}}",
        " [ [ ] , { \"k\" : \"\\\"\\\\\\/\" } , 7 , \"Gr\xc3\xbc\xc3\x9f"
        "e\" ] ",
    };
    static const char bends[] = "{}[]\",:\\0123.eE+-tfnul u\x80\xc3\n\1";
    GRand *rand = g_rand_new_with_seed(99);
    unsigned good = 0;
    for (int round = 0; round < 40000; round++) {
        g_autofree char *text = g_strdup(documents[round % 2]);
        size_t n = strlen(text);
        for (int k = g_rand_int_range(rand, 0, 3); k > 0; k--) {
            text[g_rand_int_range(rand, 0, (gint)n)] =
                bends[g_rand_int_range(rand, 0, sizeof bends - 1)];
        }
        n -= g_rand_int_range(rand, 0, 10) == 0 ? (size_t)g_rand_int_range(rand, 1, (gint)n) : 0;
        json_t *json = json_loadb(text, n, 0, NULL);
        bool taken = wire_json_scan(text, n, 1000, 64, '{', NULL, 0, NULL) ||
                     wire_json_scan(text, n, 1000, 64, '[', NULL, 0, NULL);
        /* jansson also refuses numbers that no machine holds; the bends are too short to make one.
         */
        if (taken != (json != NULL)) {
            g_error("%.*s: jansson %d, scan %d", (int)n, text, json != NULL, taken);
        }
        good += taken;
        json_decref(json);
    }
    g_assert_cmpuint(good, >, 10000);
    g_rand_free(rand);
}

static void test_texts_survive(void)
{
    GRand *rand = g_rand_new_with_seed(5);
    for (int round = 0; round < 2000; round++) {
        g_autoptr(GString) text = g_string_new(NULL);
        for (int k = g_rand_int_range(rand, 0, 20); k > 0; k--) {
            gunichar c = (gunichar)g_rand_int_range(rand, 1, g_rand_boolean(rand) ? 128 : 0x2ffff);
            g_string_append_unichar(text, c >= 0xD800 && c <= 0xDFFF ? 'x' : c);
        }
        g_autoptr(GString) json = g_string_new("{\"t\":");
        wire_json_quote(json, text->str, text->len);
        g_string_append_c(json, '}');
        WireMember member = {"t", NULL, 0};
        g_assert_true(wire_json_scan(json->str, json->len, 10000, 2, '{', &member, 1, NULL));
        g_autofree char *back = wire_json_text(&member);
        g_assert_cmpstr(back, ==, text->str);
        json_t *also = json_loads(json->str, 0, NULL);
        g_assert_cmpstr(json_string_value(json_object_get(also, "t")), ==, text->str);
        char *escaped = json_dumps(also, JSON_ENSURE_ASCII);
        WireMember again = {"t", NULL, 0};
        g_assert_true(wire_json_scan(escaped, strlen(escaped), 10000, 2, '{', &again, 1, NULL));
        g_autofree char *unescaped = wire_json_text(&again);
        g_assert_cmpstr(unescaped, ==, text->str);
        free(escaped);
        json_decref(also);
    }
    g_rand_free(rand);
}

static void test_json_limits(void)
{
    static const struct {
        const char *text;
        size_t max;
        int depth;
        bool good;
    } rows[] = {
        {"{\"a\":[1]}", 100, 2, true},
        {"{\"a\":[1]}", 100, 1, false},
        {"{\"a\":\"[[[[\\\"[[\"}", 100, 1, true},
        {"{\"a\":1}", 6, 9, false},
        {"{\"a\":1,\"a\":2}", 100, 9, false},
        {"", 100, 9, false},
        {"[1] x", 100, 9, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        json_t *json =
            wire_json(rows[i].text, strlen(rows[i].text), rows[i].max, rows[i].depth, &error);
        g_assert_cmpint(json != NULL, ==, rows[i].good);
        g_assert_cmpint(error == NULL, ==, rows[i].good);
        json_decref(json);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/wire/decode", test_decode);
    g_test_add_func("/wire/round_trip", test_round_trip);
    g_test_add_func("/wire/texts_are_cleaned", test_texts_are_cleaned);
    g_test_add_func("/wire/limits_when_sending", test_limits_when_sending);
    g_test_add_func("/wire/bent_messages", test_bent_messages);
    g_test_add_func("/wire/scan_agrees", test_scan_agrees);
    g_test_add_func("/wire/texts_survive", test_texts_survive);
    g_test_add_func("/wire/json_limits", test_json_limits);
    return g_test_run();
}
