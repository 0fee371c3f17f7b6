#include "wire/json.h"

#include "wire/wire.h"

#include <string.h>

/* ---- scanning
 * ------------------------------------------------------------------------------------------------------
 */

typedef struct {
    const char *at, *end;
    int depth; /* left */
    const char *problem;
    WireMember *members;
    size_t n_members;
} Scan;

static bool scan_value(Scan *scan, bool outermost);

static bool stop(Scan *scan, const char *problem)
{
    if (scan->problem == NULL) {
        scan->problem = problem;
    }
    return false;
}

static void skip_space(Scan *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t')) {
        scan->at++;
    }
}

static bool next_is(const Scan *scan, char c)
{
    return scan->at < scan->end && *scan->at == c;
}

static bool take(Scan *scan, char c)
{
    if (!next_is(scan, c)) {
        return false;
    }
    scan->at++;
    return true;
}

/* Four hex digits at the place; -1: there are none. */
static int hex4(const Scan *scan)
{
    int value = 0;
    if (scan->end - scan->at < 4) {
        return -1;
    }
    for (int i = 0; i < 4; i++) {
        int digit = g_ascii_xdigit_value(scan->at[i]);
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

/* After "\u". A surrogate needs its other half; U+0000 is no text. */
static bool scan_code_unit(Scan *scan)
{
    int unit = hex4(scan);
    if (unit <= 0 || (unit >= 0xDC00 && unit <= 0xDFFF)) {
        return stop(scan, "a \\u that is no character");
    }
    scan->at += 4;
    if (unit < 0xD800 || unit > 0xDBFF) {
        return true;
    }
    bool pair = take(scan, '\\') && take(scan, 'u');
    int low = pair ? hex4(scan) : -1;
    if (low < 0xDC00 || low > 0xDFFF) {
        return stop(scan, "half a surrogate pair");
    }
    scan->at += 4;
    return true;
}

static bool scan_string(Scan *scan)
{
    scan->at++;
    while (scan->at < scan->end) {
        char c = *scan->at++;
        if (c == '"') {
            return true;
        }
        if ((unsigned char)c < 0x20) {
            return stop(scan, "a control character in a string");
        }
        if (c != '\\') {
            continue;
        }
        if (take(scan, 'u')) {
            if (!scan_code_unit(scan)) {
                return false;
            }
        } else if (scan->at == scan->end || memchr("\"\\/bfnrt", *scan->at, 8) == NULL) {
            return stop(scan, "an unknown escape");
        } else {
            scan->at++;
        }
    }
    return stop(scan, "a string without end");
}

static bool scan_digits(Scan *scan)
{
    const char *begin = scan->at;
    while (scan->at < scan->end && g_ascii_isdigit(*scan->at)) {
        scan->at++;
    }
    return scan->at > begin || stop(scan, "a number without digits");
}

static bool scan_number(Scan *scan)
{
    take(scan, '-');
    if (!take(scan, '0') && !scan_digits(scan)) {
        return false;
    }
    if (take(scan, '.') && !scan_digits(scan)) {
        return false;
    }
    if (take(scan, 'e') || take(scan, 'E')) {
        (void)(take(scan, '+') || take(scan, '-'));
        return scan_digits(scan);
    }
    return true;
}

static bool scan_word(Scan *scan)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(scan->end - scan->at) >= n && memcmp(scan->at, words[i], n) == 0) {
            scan->at += n;
            return true;
        }
    }
    return stop(scan, "no value where one belongs");
}

static bool note_member(Scan *scan, const char *name, size_t n_name, const char *value)
{
    for (size_t i = 0; i < scan->n_members; i++) {
        WireMember *member = &scan->members[i];
        if (strlen(member->name) != n_name || memcmp(member->name, name, n_name) != 0) {
            continue;
        }
        if (member->p != NULL) {
            return stop(scan, "a key twice");
        }
        member->p = value;
        member->n = (size_t)(scan->at - value);
    }
    return true;
}

static bool scan_pair(Scan *scan, bool outermost)
{
    skip_space(scan);
    const char *name = scan->at;
    if (!next_is(scan, '"') || !scan_string(scan)) {
        return stop(scan, "no key where one belongs");
    }
    size_t n_name = (size_t)(scan->at - name);
    skip_space(scan);
    if (!take(scan, ':')) {
        return stop(scan, "no ':' behind a key");
    }
    skip_space(scan);
    const char *value = scan->at;
    if (!scan_value(scan, false)) {
        return false;
    }
    return !outermost || note_member(scan, name + 1, n_name - 2, value);
}

/* An object or an array, whose items differ. */
static bool scan_list(Scan *scan, bool outermost)
{
    char close = *scan->at++ == '{' ? '}' : ']';
    if (--scan->depth < 0) {
        return stop(scan, "nested too deep");
    }
    skip_space(scan);
    if (!take(scan, close)) {
        do {
            if (!(close == '}' ? scan_pair(scan, outermost) : scan_value(scan, false))) {
                return false;
            }
            skip_space(scan);
        } while (take(scan, ','));
        if (!take(scan, close)) {
            return stop(scan, "no ',' or end behind a value");
        }
    }
    scan->depth++;
    return true;
}

static bool scan_value(Scan *scan, bool outermost)
{
    skip_space(scan);
    if (next_is(scan, '{') || next_is(scan, '[')) {
        return scan_list(scan, outermost);
    }
    if (next_is(scan, '"')) {
        return scan_string(scan);
    }
    bool number = scan->at < scan->end && (*scan->at == '-' || g_ascii_isdigit(*scan->at));
    return number ? scan_number(scan) : scan_word(scan);
}

static bool scan_document(Scan *scan, char first)
{
    skip_space(scan);
    if (!next_is(scan, first)) {
        return stop(scan, first == '{' ? "not an object" : "not an array");
    }
    if (!scan_value(scan, true)) {
        return false;
    }
    skip_space(scan);
    return scan->at == scan->end || stop(scan, "something behind the end");
}

bool wire_json_scan(const void *bytes, size_t n, size_t max, int depth, char first,
                    WireMember *members, size_t n_members, GError **error)
{
    if (n > max) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_LIMIT,
                    "a JSON document of %zu bytes; at most %zu are taken", n, max);
        return false;
    }
    const char *text = n > 0 ? bytes : "";
    Scan scan = {text, text + n, depth, NULL, members, n_members};
    if (!g_utf8_validate_len(text, n, NULL)) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_HEAD, "not JSON: not UTF-8");
        return false;
    }
    if (scan_document(&scan, first)) {
        return true;
    }
    g_set_error(error, WIRE_ERROR, scan.depth < 0 ? WIRE_ERROR_LIMIT : WIRE_ERROR_HEAD,
                "not JSON at byte %zu: %s", (size_t)(scan.at - text), scan.problem);
    return false;
}

/* ---- values
 * --------------------------------------------------------------------------------------------------------
 */

bool wire_json_is_text(const WireMember *member)
{
    return member->n >= 2 && member->p[0] == '"';
}

static gunichar read_escape(const char **at)
{
    static const char letters[] = "bfnrt", codes[] = "\b\f\n\r\t";
    char c = *(*at)++;
    const char *letter = strchr(letters, c);
    if (letter != NULL) {
        return (gunichar)codes[letter - letters];
    }
    if (c != 'u') {
        return (gunichar)c;
    }
    Scan scan = {.at = *at, .end = *at + 4};
    gunichar unit = (gunichar)hex4(&scan);
    *at += 4;
    if (unit < 0xD800 || unit > 0xDBFF) {
        return unit;
    }
    scan = (Scan){.at = *at + 2, .end = *at + 6};
    *at += 6;
    return 0x10000 + ((unit - 0xD800) << 10) + ((gunichar)hex4(&scan) - 0xDC00);
}

char *wire_json_text(const WireMember *member)
{
    const char *at = member->p + 1, *end = member->p + member->n - 1;
    if (memchr(at, '\\', (size_t)(end - at)) == NULL) {
        return g_strndup(at, (size_t)(end - at));
    }
    GString *text = g_string_sized_new(member->n);
    while (at < end) {
        if (*at == '\\') {
            at++;
            g_string_append_unichar(text, read_escape(&at));
        } else {
            g_string_append_c(text, *at++);
        }
    }
    return g_string_free(text, FALSE);
}

bool wire_json_integer(const WireMember *member, int64_t *ret_value)
{
    char digits[24];
    if (member->n == 0 || member->n >= sizeof digits) {
        return false;
    }
    memcpy(digits, member->p, member->n);
    digits[member->n] = '\0';
    gint64 value;
    if (!g_ascii_string_to_signed(digits, 10, INT64_MIN, INT64_MAX, &value, NULL)) {
        return false;
    }
    *ret_value = value;
    return true;
}

void wire_json_quote(GString *json, const char *text, size_t n)
{
    g_string_append_c(json, '"');
    size_t plain = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c != '"' && c != '\\' && c >= 0x20) {
            continue;
        }
        g_string_append_len(json, text + plain, (gssize)(i - plain));
        plain = i + 1;
        if (c < 0x20) {
            g_string_append_printf(json, "\\u%04x", c);
        } else {
            g_string_append_c(json, '\\');
            g_string_append_c(json, (char)c);
        }
    }
    g_string_append_len(json, text + plain, (gssize)(n - plain));
    g_string_append_c(json, '"');
}

/* ---- building
 * ------------------------------------------------------------------------------------------------------
 */

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
