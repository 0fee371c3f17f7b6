#include "wire/wire.h"

#include <string.h>

G_DEFINE_QUARK(dunhub - wire - error, wire_error)

WireMessage *wire_message_new(WireVerb verb, uint64_t call)
{
    WireMessage *message = g_new0(WireMessage, 1);
    message->verb = verb;
    message->call = call;
    return message;
}

void wire_message_free(WireMessage *message)
{
    if (message == NULL) {
        return;
    }
    json_decref(message->head);
    for (size_t i = 0; i < message->n_bodies; i++) {
        g_bytes_unref(message->bodies[i]);
    }
    g_free(message);
}

static void put(WireMessage *message, const char *name, json_t *value)
{
    if (message->head == NULL) {
        message->head = json_object();
    }
    json_object_set_new_nocheck(message->head, name, value);
}

/* Cuts between code points, so that a cut text is still text. */
static size_t cut(const char *text, size_t n, size_t max)
{
    if (n <= max) {
        return n;
    }
    size_t end = max;
    while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80) {
        end--;
    }
    return end;
}

/* A NUL is valid UTF-8 but no text: it and everything that is not UTF-8 become U+FFFD. */
static char *clean_text(const char *text, size_t n)
{
    g_autofree char *copy = g_strndup(text, n);
    for (size_t i = 0; i < n; i++) {
        copy[i] = text[i] == '\0' ? '\xff' : text[i];
    }
    return g_utf8_make_valid(copy, (gssize)n);
}

void wire_put_text(WireMessage *message, const char *name, const char *text, size_t n, size_t max)
{
    if (text == NULL) {
        return;
    }
    n = cut(text, n, max);
    if (g_utf8_validate_len(text, n, NULL)) {
        put(message, name, json_stringn_nocheck(text, n));
        return;
    }
    g_autofree char *valid = clean_text(text, n);
    put(message, name, json_stringn_nocheck(valid, cut(valid, strlen(valid), max)));
}

void wire_put_int(WireMessage *message, const char *name, int64_t value)
{
    put(message, name, json_integer(value));
}

void wire_put_bool(WireMessage *message, const char *name, bool value)
{
    put(message, name, json_boolean(value));
}

void wire_add_body(WireMessage *message, GBytes *body)
{
    g_assert(message->n_bodies < WIRE_BODIES_MAX);
    message->bodies[message->n_bodies++] =
        body != NULL ? g_bytes_ref(body) : g_bytes_new_static("", 0);
}

void wire_add_bytes(WireMessage *message, const void *bytes, size_t n)
{
    g_assert(message->n_bodies < WIRE_BODIES_MAX);
    message->bodies[message->n_bodies++] = g_bytes_new(bytes, n);
}

const char *wire_text(const WireMessage *message, const char *name)
{
    return json_string_value(json_object_get(message->head, name));
}

int64_t wire_int(const WireMessage *message, const char *name, int64_t fallback)
{
    const json_t *value = json_object_get(message->head, name);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool wire_bool(const WireMessage *message, const char *name)
{
    return json_is_true(json_object_get(message->head, name));
}

GBytes *wire_body(const WireMessage *message, size_t i)
{
    return i < message->n_bodies ? message->bodies[i] : NULL;
}

/* ---- JSON within limits
 * -------------------------------------------------------------------------------------------- */

/* jansson recurses: the depth is counted before it is asked. Malformed text is left for it to
 * explain. */
static bool depth_within(const char *text, size_t n, int most)
{
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            if (++depth > most) {
                return false;
            }
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return true;
}

json_t *wire_json(const void *bytes, size_t n, size_t max, int depth, GError **error)
{
    if (n > max) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_LIMIT,
                    "a JSON document of %zu bytes; at most %zu are taken", n, max);
        return NULL;
    }
    if (!depth_within(bytes, n, depth)) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_LIMIT, "JSON nested more than %d deep", depth);
        return NULL;
    }
    json_error_t where;
    json_t *json = json_loadb(n > 0 ? bytes : "", n, JSON_REJECT_DUPLICATES, &where);
    if (json == NULL) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_HEAD, "not JSON at byte %d: %s", where.position,
                    where.text);
    }
    return json;
}

/* ---- decode
 * --------------------------------------------------------------------------------------------------------
 */

static bool frame_is(GBytes *frame, const char *word)
{
    size_t n;
    const char *bytes = g_bytes_get_data(frame, &n);
    return n == strlen(word) && memcmp(bytes, word, n) == 0;
}

static bool find_verb(GBytes *frame, WireSide from, WireVerb *ret_verb, GError **error)
{
    for (size_t i = 0; i < N_WIRE_VERBS; i++) {
        if (frame_is(frame, wire_verbs[i].name) && (wire_verbs[i].from & from) != 0) {
            *ret_verb = (WireVerb)i;
            return true;
        }
    }
    g_set_error(error, WIRE_ERROR, WIRE_ERROR_VERB,
                "a verb of %zu bytes that is unknown or not for the %s to say",
                g_bytes_get_size(frame), from == WIRE_FROM_HUB ? "hub" : "host");
    return false;
}

static bool read_call(GBytes *frame, const WireRow *row, uint64_t *ret_call, GError **error)
{
    size_t n;
    const void *bytes = g_bytes_get_data(frame, &n);
    uint64_t call = 0;
    if (n == sizeof call) {
        memcpy(&call, bytes, sizeof call);
    }
    if (n != sizeof call || (row->of_call && call == 0)) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_FRAMES, "%s without a call id", row->name);
        return false;
    }
    *ret_call = GUINT64_FROM_BE(call);
    return true;
}

static bool field_fits(const json_t *value, WireType type)
{
    switch (type) {
    case WIRE_TEXT:
        return json_is_string(value);
    case WIRE_INT:
        return json_is_integer(value);
    default:
        return json_is_boolean(value);
    }
}

static bool read_head(GBytes *frame, const WireRow *row, json_t **ret_head, GError **error)
{
    size_t n;
    const void *bytes = g_bytes_get_data(frame, &n);
    if (n == 0 && row->fields[0].name == NULL) {
        return true;
    }
    json_t *head = wire_json(bytes, n, WIRE_HEAD_MAX, WIRE_HEAD_DEPTH, error);
    if (head == NULL) {
        g_prefix_error(error, "head of %s: ", row->name);
        return false;
    }
    *ret_head = head;
    if (!json_is_object(head)) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_HEAD, "head of %s: not an object", row->name);
        return false;
    }
    for (const WireField *field = row->fields; field->name != NULL; field++) {
        const json_t *value = json_object_get(head, field->name);
        if (value != NULL ? !field_fits(value, field->type) : field->required) {
            g_set_error(error, WIRE_ERROR, WIRE_ERROR_HEAD, "head of %s: '%s' is %s", row->name,
                        field->name, value == NULL ? "missing" : "of the wrong type");
            return false;
        }
    }
    return true;
}

static bool body_fits(const WireRow *row, size_t i, size_t n, GError **error)
{
    size_t max = i < row->bodies_max ? row->body_max : 0;
    if (n > max) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_LIMIT, "body %zu of %s: %zu bytes, at most %zu",
                    i, row->name, n, max);
        return false;
    }
    return true;
}

static bool read_bodies(GBytes *const *frames, size_t n_frames, WireMessage *message,
                        GError **error)
{
    const WireRow *row = &wire_verbs[message->verb];
    size_t total = 0;
    for (size_t i = 0; i < n_frames; i++) {
        size_t n = g_bytes_get_size(frames[i]);
        total += n;
        if (!body_fits(row, i, n, error)) {
            return false;
        }
        if (row->bodies_max > 0) {
            wire_add_body(message, frames[i]);
        }
    }
    if (total > WIRE_TOTAL_MAX) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_LIMIT, "%s with %zu bytes, at most %u", row->name,
                    total, WIRE_TOTAL_MAX);
        return false;
    }
    return true;
}

WireMessage *wire_decode(GBytes *const *frames, size_t n_frames, WireSide from, GError **error)
{
    if (n_frames < 5 || n_frames > WIRE_FRAMES_MAX || !frame_is(frames[0], WIRE_SIGNATURE)) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_FRAMES, "%zu frames that are not " WIRE_SIGNATURE,
                    n_frames);
        return NULL;
    }
    WireVerb verb;
    if (!find_verb(frames[1], from, &verb, error)) {
        return NULL;
    }
    const WireRow *row = &wire_verbs[verb];
    if (n_frames - 4 > MAX(row->bodies_max, 1)) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_FRAMES, "%s with %zu bodies, at most %u",
                    row->name, n_frames - 4, row->bodies_max);
        return NULL;
    }
    g_autoptr(WireMessage) message = wire_message_new(verb, 0);
    if (!read_call(frames[2], row, &message->call, error) ||
        !read_head(frames[3], row, &message->head, error) ||
        !read_bodies(frames + 4, n_frames - 4, message, error)) {
        return NULL;
    }
    return g_steal_pointer(&message);
}

/* ---- encode
 * --------------------------------------------------------------------------------------------------------
 */

static GBytes *encode_head(const WireMessage *message, GError **error)
{
    if (message->head == NULL) {
        return g_bytes_new_static("", 0);
    }
    char *text = json_dumps(message->head, JSON_COMPACT);
    size_t n = strlen(text);
    GBytes *head = g_bytes_new_with_free_func(text, n, free, text);
    if (n > WIRE_HEAD_MAX) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_LIMIT, "head of %s: %zu bytes, at most %u",
                    wire_verbs[message->verb].name, n, WIRE_HEAD_MAX);
        g_clear_pointer(&head, g_bytes_unref);
    }
    return head;
}

static bool bodies_fit(const WireMessage *message, GError **error)
{
    const WireRow *row = &wire_verbs[message->verb];
    size_t total = 0;
    for (size_t i = 0; i < message->n_bodies; i++) {
        size_t n = g_bytes_get_size(message->bodies[i]);
        total += n;
        if (!body_fits(row, i, n, error)) {
            return false;
        }
    }
    if (total > WIRE_TOTAL_MAX) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_LIMIT, "%s with %zu bytes, at most %u", row->name,
                    total, WIRE_TOTAL_MAX);
        return false;
    }
    return true;
}

size_t wire_encode(const WireMessage *message, GBytes **ret_frames, GError **error)
{
    if (!bodies_fit(message, error)) {
        return 0;
    }
    GBytes *head = encode_head(message, error);
    if (head == NULL) {
        return 0;
    }
    const char *verb = wire_verbs[message->verb].name;
    uint64_t call = GUINT64_TO_BE(message->call);
    size_t n = 0;
    ret_frames[n++] = g_bytes_new_static(WIRE_SIGNATURE, strlen(WIRE_SIGNATURE));
    ret_frames[n++] = g_bytes_new_static(verb, strlen(verb));
    ret_frames[n++] = g_bytes_new(&call, sizeof call);
    ret_frames[n++] = head;
    for (size_t i = 0; i < message->n_bodies; i++) {
        ret_frames[n++] = g_bytes_ref(message->bodies[i]);
    }
    if (message->n_bodies == 0) {
        ret_frames[n++] = g_bytes_new_static("", 0);
    }
    return n;
}
