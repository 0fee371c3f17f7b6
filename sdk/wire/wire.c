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
    for (size_t i = 0; i < WIRE_FIELDS_MAX; i++) {
        g_free(message->values[i].text);
    }
    for (size_t i = 0; i < message->n_bodies; i++) {
        g_bytes_unref(message->bodies[i]);
    }
    g_free(message);
}

static size_t field_index(const WireMessage *message, const char *name)
{
    const WireField *fields = wire_verbs[message->verb].fields;
    for (size_t i = 0; fields[i].name != NULL; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            return i;
        }
    }
    return WIRE_FIELDS_MAX;
}

static WireValue *put(WireMessage *message, const char *name)
{
    size_t i = field_index(message, name);
    g_assert(i < WIRE_FIELDS_MAX);
    message->values[i].present = true;
    return &message->values[i];
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
        put(message, name)->text = g_strndup(text, n);
        return;
    }
    g_autofree char *valid = clean_text(text, n);
    put(message, name)->text = g_strndup(valid, cut(valid, strlen(valid), max));
}

void wire_put_int(WireMessage *message, const char *name, int64_t value)
{
    put(message, name)->number = value;
}

void wire_put_bool(WireMessage *message, const char *name, bool value)
{
    put(message, name)->number = value;
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

static const WireValue *value_of(const WireMessage *message, const char *name)
{
    size_t i = field_index(message, name);
    return i < WIRE_FIELDS_MAX && message->values[i].present ? &message->values[i] : NULL;
}

const char *wire_text(const WireMessage *message, const char *name)
{
    const WireValue *value = value_of(message, name);
    return value != NULL ? value->text : NULL;
}

int64_t wire_int(const WireMessage *message, const char *name, int64_t fallback)
{
    const WireValue *value = value_of(message, name);
    return value != NULL ? value->number : fallback;
}

bool wire_bool(const WireMessage *message, const char *name)
{
    return wire_int(message, name, 0) != 0;
}

GBytes *wire_body(const WireMessage *message, size_t i)
{
    return i < message->n_bodies ? message->bodies[i] : NULL;
}

/* ---- decode
 * --------------------------------------------------------------------------------------------------------
 */

static bool frame_is(const WireFrame *frame, const char *word)
{
    return frame->n == strlen(word) && memcmp(frame->p, word, frame->n) == 0;
}

static bool find_verb(const WireFrame *frame, WireSide from, WireVerb *ret_verb, GError **error)
{
    for (size_t i = 0; i < N_WIRE_VERBS; i++) {
        if (frame_is(frame, wire_verbs[i].name) && (wire_verbs[i].from & from) != 0) {
            *ret_verb = (WireVerb)i;
            return true;
        }
    }
    g_set_error(error, WIRE_ERROR, WIRE_ERROR_VERB,
                "a verb of %zu bytes that is unknown or not for the %s to say", frame->n,
                from == WIRE_FROM_HUB ? "hub" : "host");
    return false;
}

static bool read_call(const WireFrame *frame, const WireRow *row, uint64_t *ret_call,
                      GError **error)
{
    uint64_t call = 0;
    if (frame->n == sizeof call) {
        memcpy(&call, frame->p, sizeof call);
    }
    if (frame->n != sizeof call || (row->of_call && call == 0)) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_FRAMES, "%s without a call id", row->name);
        return false;
    }
    *ret_call = GUINT64_FROM_BE(call);
    return true;
}

static bool read_value(const WireMember *member, WireType type, WireValue *ret_value)
{
    bool is_true = member->n == 4 && memcmp(member->p, "true", 4) == 0;
    bool is_false = member->n == 5 && memcmp(member->p, "false", 5) == 0;
    ret_value->present = true;
    switch (type) {
    case WIRE_TEXT:
        ret_value->text = wire_json_is_text(member) ? wire_json_text(member) : NULL;
        return ret_value->text != NULL;
    case WIRE_INT:
        return wire_json_integer(member, &ret_value->number);
    default:
        ret_value->number = is_true;
        return is_true || is_false;
    }
}

static bool read_head(const WireFrame *frame, WireMessage *message, GError **error)
{
    const WireRow *row = &wire_verbs[message->verb];
    WireMember members[WIRE_FIELDS_MAX] = {{0}};
    size_t n = 0;
    for (; row->fields[n].name != NULL; n++) {
        members[n].name = row->fields[n].name;
    }
    if (frame->n == 0 && n == 0) {
        return true;
    }
    if (!wire_json_scan(frame->p, frame->n, WIRE_HEAD_MAX, WIRE_HEAD_DEPTH, '{', members, n,
                        error)) {
        g_prefix_error(error, "head of %s: ", row->name);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const WireField *field = &row->fields[i];
        bool there = members[i].p != NULL;
        if (there ? !read_value(&members[i], field->type, &message->values[i]) : field->required) {
            g_set_error(error, WIRE_ERROR, WIRE_ERROR_HEAD, "head of %s: '%s' is %s", row->name,
                        field->name, there ? "of the wrong type" : "missing");
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

static bool within_total(const WireRow *row, size_t total, GError **error)
{
    if (total > WIRE_TOTAL_MAX) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_LIMIT, "%s with %zu bytes, at most %u", row->name,
                    total, WIRE_TOTAL_MAX);
    }
    return total <= WIRE_TOTAL_MAX;
}

static bool read_bodies(const WireFrame *frames, size_t n_frames, WireMessage *message,
                        GError **error)
{
    const WireRow *row = &wire_verbs[message->verb];
    size_t total = 0;
    for (size_t i = 0; i < n_frames; i++) {
        total += frames[i].n;
        if (!body_fits(row, i, frames[i].n, error)) {
            return false;
        }
        if (row->bodies_max > 0 && frames[i].owner != NULL) {
            wire_add_body(message, frames[i].owner);
        } else if (row->bodies_max > 0) {
            wire_add_bytes(message, frames[i].p, frames[i].n);
        }
    }
    return within_total(row, total, error);
}

WireMessage *wire_decode(const WireFrame *frames, size_t n_frames, WireSide from, GError **error)
{
    if (n_frames < 5 || n_frames > WIRE_FRAMES_MAX || !frame_is(&frames[0], WIRE_SIGNATURE)) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_FRAMES, "%zu frames that are not " WIRE_SIGNATURE,
                    n_frames);
        return NULL;
    }
    WireVerb verb;
    if (!find_verb(&frames[1], from, &verb, error)) {
        return NULL;
    }
    const WireRow *row = &wire_verbs[verb];
    if (n_frames - 4 > MAX(row->bodies_max, 1)) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_FRAMES, "%s with %zu bodies, at most %u",
                    row->name, n_frames - 4, row->bodies_max);
        return NULL;
    }
    g_autoptr(WireMessage) message = wire_message_new(verb, 0);
    if (!read_call(&frames[2], row, &message->call, error) ||
        !read_head(&frames[3], message, error) ||
        !read_bodies(frames + 4, n_frames - 4, message, error)) {
        return NULL;
    }
    return g_steal_pointer(&message);
}

/* ---- encode
 * --------------------------------------------------------------------------------------------------------
 */

static void write_value(GString *head, WireType type, const WireValue *value)
{
    if (type == WIRE_TEXT) {
        wire_json_quote(head, value->text, strlen(value->text));
    } else if (type == WIRE_BOOL) {
        g_string_append(head, value->number != 0 ? "true" : "false");
    } else {
        char digits[24];
        g_snprintf(digits, sizeof digits, "%" G_GINT64_FORMAT, value->number);
        g_string_append(head, digits);
    }
}

/* NULL: the row has no fields. */
static GString *encode_head(const WireMessage *message)
{
    const WireField *fields = wire_verbs[message->verb].fields;
    if (fields[0].name == NULL) {
        return NULL;
    }
    GString *head = g_string_sized_new(256);
    g_string_append_c(head, '{');
    for (size_t i = 0; fields[i].name != NULL; i++) {
        if (message->values[i].present) {
            g_string_append(head, head->len > 1 ? ",\"" : "\"");
            g_string_append(head, fields[i].name);
            g_string_append(head, "\":");
            write_value(head, fields[i].type, &message->values[i]);
        }
    }
    g_string_append_c(head, '}');
    return head;
}

static bool check_limits(const WireMessage *message, const GString *head, GError **error)
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
    if (head != NULL && head->len > WIRE_HEAD_MAX) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_LIMIT, "head of %s: %zu bytes, at most %u",
                    row->name, head->len, WIRE_HEAD_MAX);
        return false;
    }
    return within_total(row, total, error);
}

static void add_frame(WireEncoded *encoded, const void *p, size_t n, GBytes *owner)
{
    encoded->frames[encoded->n++] = (WireFrame){p, n, owner};
}

bool wire_encode(const WireMessage *message, WireEncoded *ret_encoded, GError **error)
{
    const char *verb = wire_verbs[message->verb].name;
    GString *head = encode_head(message);
    if (!check_limits(message, head, error)) {
        if (head != NULL) {
            g_string_free(head, TRUE);
        }
        return false;
    }
    ret_encoded->n = 0;
    ret_encoded->head = head;
    ret_encoded->call = GUINT64_TO_BE(message->call);
    add_frame(ret_encoded, WIRE_SIGNATURE, strlen(WIRE_SIGNATURE), NULL);
    add_frame(ret_encoded, verb, strlen(verb), NULL);
    add_frame(ret_encoded, &ret_encoded->call, sizeof ret_encoded->call, NULL);
    add_frame(ret_encoded, head != NULL ? head->str : "", head != NULL ? head->len : 0, NULL);
    for (size_t i = 0; i < message->n_bodies; i++) {
        size_t n;
        const void *p = g_bytes_get_data(message->bodies[i], &n);
        add_frame(ret_encoded, n > 0 ? p : "", n, message->bodies[i]);
    }
    if (message->n_bodies == 0) {
        add_frame(ret_encoded, "", 0, NULL);
    }
    return true;
}

void wire_encoded_clear(WireEncoded *encoded)
{
    if (encoded->head != NULL) {
        g_string_free(encoded->head, TRUE);
        encoded->head = NULL;
    }
}
