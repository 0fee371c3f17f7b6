/* The order of a judgement: method, challenge where it goes before the signature, timestamp, signature, challenge, delivery.
 * A signature is compared as bytes and in constant time, over the body exactly as it came. */
#include "http/hook.h"

#include "base/hash.h"
#include "http/select.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

G_DEFINE_QUARK(dunhub - hook - error - quark, hook_error)

enum {
    TOLERANCE_S = 300,
    ANSWER_MS = 2500,
    SIGNATURES_MAX = 16,
    DELIVERY_MAX = 200,
    CHALLENGE_MAX = 4096,
    MILLISECONDS_FROM = 11, /* digits of a unix time: more are milliseconds */
};

typedef enum { SIGNED_NONE, SIGNED_HMAC, SIGNED_SECRET, SIGNED_ECDSA } Scheme;

struct Hook {
    json_t *row; /* all texts are in it */
    Scheme scheme;
    const EVP_MD *digest;
    bool is_base64;
    bool takes_get, challenge_unsigned, by_any, answers;
    const char *name, *signature, *prefix, *signed_text, *body_digest, *timestamp, *delivery;
    const char *challenge, *challenge_when, *challenge_reply, *challenge_type;
    const char *reply_header, *reply_type, *reply_body;
    int64_t tolerance_s;
    unsigned refused_status, answer_ms;
    GPtrArray *secrets; /* char * */
};

/* ---- the row ---------------------------------------------------------------------------------
 */

typedef struct {
    const char *member;
    size_t offset;
    bool selects;
} TextMember;

#define TEXT(member, selects)                                                                      \
    {                                                                                              \
#member, offsetof(Hook, member), selects                                                   \
    }

static const TextMember texts[] = {
    TEXT(name, false),           TEXT(signature, true),
    TEXT(prefix, false),         TEXT(signed_text, false),
    TEXT(body_digest, true),     TEXT(timestamp, true),
    TEXT(delivery, true),        TEXT(challenge, true),
    TEXT(challenge_when, false), TEXT(challenge_reply, false),
    TEXT(challenge_type, false), TEXT(reply_header, false),
    TEXT(reply_type, false),     TEXT(reply_body, false),
};

static bool is_word(const json_t *row, const char *member, const char *word)
{
    return g_strcmp0(json_string_value(json_object_get(row, member)), word) == 0;
}

static bool is_set(const json_t *row, const char *member)
{
    return json_is_true(json_object_get(row, member));
}

static int64_t number_or(const json_t *row, const char *member, int64_t otherwise)
{
    int64_t number = json_integer_value(json_object_get(row, member));
    return number > 0 ? number : otherwise;
}

static bool refuse_row(const Hook *hook, const char *member, const char *text, GError **error)
{
    g_set_error(error, HOOK_ERROR, HOOK_ERROR_ROW,
                "webhook '%s': %s: '%s' says nothing that can be found in a request",
                hook->name ? hook->name : "", member, text);
    return false;
}

/* Each {piece} of the signed text is one that is known. */
static bool pieces_valid(const char *text)
{
    static const char *const known[] = {"body", "url", "timestamp", "form", "method", "path", NULL};
    for (const char *open = strchr(text, '{'); open; open = strchr(open + 1, '{')) {
        const char *close = strchr(open, '}');
        if (!close)
            return false;
        g_autofree char *piece = g_strndup(open + 1, (size_t)(close - open - 1));
        if (!g_strv_contains(known, piece) && !selector_valid(piece))
            return false;
    }
    return true;
}

static bool when_valid(const char *when)
{
    const char *equals = strrchr(when, '=');
    g_autofree char *selector = equals ? g_strndup(when, (size_t)(equals - when)) : NULL;
    return selector && selector_valid(selector);
}

static bool read_texts(Hook *hook, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        const char *text = json_string_value(json_object_get(hook->row, texts[i].member));
        memcpy((char *)hook + texts[i].offset, &text, sizeof text);
        if (text && texts[i].selects && !selector_valid(text))
            return refuse_row(hook, texts[i].member, text, error);
    }
    hook->signed_text = hook->signed_text ? hook->signed_text : "{body}";
    hook->prefix = hook->prefix ? hook->prefix : "";
    if (hook->scheme != SIGNED_NONE && !hook->signature)
        return refuse_row(hook, "signature", "", error);
    if (!pieces_valid(hook->signed_text))
        return refuse_row(hook, "signed_text", hook->signed_text, error);
    if (hook->challenge_when && !when_valid(hook->challenge_when))
        return refuse_row(hook, "challenge_when", hook->challenge_when, error);
    if (hook->reply_header && !strstr(hook->reply_header, ": "))
        return refuse_row(hook, "reply_header", hook->reply_header, error);
    return true;
}

static GPtrArray *read_secrets(const json_t *secret)
{
    GPtrArray *secrets = g_ptr_array_new_with_free_func(g_free);
    const char *one = json_string_value(secret);
    if (one && *one)
        g_ptr_array_add(secrets, g_strdup(one));
    for (size_t i = 0; i < json_array_size(secret); i++) {
        const char *text = json_string_value(json_array_get(secret, i));
        if (text && *text)
            g_ptr_array_add(secrets, g_strdup(text));
    }
    return secrets;
}

Hook *hook_new(const json_t *row, const json_t *secret, GError **error)
{
    g_autoptr(Hook) hook = g_new0(Hook, 1);
    hook->row = json_deep_copy(row);
    hook->secrets = read_secrets(secret);
    hook->scheme = is_word(row, "scheme", "hmac")     ? SIGNED_HMAC
                   : is_word(row, "scheme", "secret") ? SIGNED_SECRET
                   : is_word(row, "scheme", "ecdsa")  ? SIGNED_ECDSA
                                                      : SIGNED_NONE;
    hook->digest = is_word(row, "hash", "sha1") ? EVP_sha1() : EVP_sha256();
    hook->is_base64 = is_word(row, "encoding", "base64");
    hook->takes_get = is_set(row, "get");
    hook->challenge_unsigned = is_set(row, "challenge_unsigned");
    hook->by_any = is_set(row, "signed_by_any");
    hook->answers = is_set(row, "answer");
    hook->tolerance_s = number_or(row, "tolerance_s", TOLERANCE_S);
    hook->refused_status = (unsigned)number_or(row, "refused_status", 401);
    hook->answer_ms = (unsigned)number_or(row, "answer_ms", ANSWER_MS);
    return read_texts(hook, error) ? g_steal_pointer(&hook) : NULL;
}

void hook_free(Hook *hook)
{
    if (!hook)
        return;
    for (guint i = 0; i < hook->secrets->len; i++)
        OPENSSL_cleanse(hook->secrets->pdata[i], strlen(hook->secrets->pdata[i]));
    g_ptr_array_unref(hook->secrets);
    json_decref(hook->row);
    g_free(hook);
}

const char *hook_name(const Hook *hook)
{
    return hook->name ? hook->name : "";
}

bool hook_hides_header(const Hook *hook, const char *name)
{
    static const char *const always[] = {"authorization", "proxy-authorization", "cookie"};
    for (size_t i = 0; i < G_N_ELEMENTS(always); i++)
        if (g_ascii_strcasecmp(name, always[i]) == 0)
            return true;
    static const char prefix[] = "header:";
    return hook->scheme == SIGNED_SECRET && g_str_has_prefix(hook->signature, prefix) &&
           g_ascii_strcasecmp(name, hook->signature + sizeof prefix - 1) == 0;
}

bool hook_hides_query(const Hook *hook)
{
    return hook->scheme == SIGNED_SECRET && g_str_has_prefix(hook->signature, "query:");
}

bool hook_answers(const Hook *hook)
{
    return hook->answers;
}

unsigned hook_answer_ms(const Hook *hook)
{
    return hook->answer_ms;
}

/* ---- what is signed --------------------------------------------------------------------------
 */

typedef struct {
    const Hook *hook;
    HttpView *view;
    const HttpRequest *request;
    const char *timestamp; /* as it came; "" none */
} Judgement;

static int compare_pairs(const void *a, const void *b)
{
    const HttpPair *x = a, *y = b;
    int names = strcmp(x->name, y->name);
    return names ? names : strcmp(x->value, y->value);
}

/* Sorted by name, then value; a pair that is there twice counts once. */
static void append_form(GByteArray *text, const Judgement *judgement)
{
    const GArray *form = http_view_form(judgement->view);
    const HttpPair *before = NULL;
    g_autofree HttpPair *sorted = g_new(HttpPair, form->len + 1);
    if (form->len)
        memcpy(sorted, form->data, form->len * sizeof *sorted);
    qsort(sorted, form->len, sizeof *sorted, compare_pairs);
    for (guint i = 0; i < form->len; i++) {
        if (before && compare_pairs(before, &sorted[i]) == 0)
            continue;
        before = &sorted[i];
        g_byte_array_append(text, (const guint8 *)before->name, (guint)strlen(before->name));
        g_byte_array_append(text, (const guint8 *)before->value, (guint)strlen(before->value));
    }
}

static void append_text(GByteArray *text, const char *added)
{
    if (added)
        g_byte_array_append(text, (const guint8 *)added, (guint)strlen(added));
}

static void append_piece(GByteArray *text, const Judgement *judgement, const char *piece,
                         const char *url)
{
    const HttpRequest *request = judgement->request;
    if (strcmp(piece, "body") == 0)
        g_byte_array_append(text, request->body, (guint)request->body_bytes);
    else if (strcmp(piece, "form") == 0)
        append_form(text, judgement);
    else if (strcmp(piece, "url") == 0)
        append_text(text, url);
    else if (strcmp(piece, "timestamp") == 0)
        append_text(text, judgement->timestamp);
    else if (strcmp(piece, "method") == 0)
        append_text(text, request->method);
    else if (strcmp(piece, "path") == 0)
        append_text(text, request->path);
    else {
        g_autofree char *selected = selector_one(judgement->view, piece);
        append_text(text, selected);
    }
}

static GByteArray *text_to_sign(const Judgement *judgement, const char *url)
{
    GByteArray *text = g_byte_array_new();
    const char *at = judgement->hook->signed_text;
    while (*at) {
        size_t literal = strcspn(at, "{");
        g_byte_array_append(text, (const guint8 *)at, (guint)literal);
        at += literal;
        const char *close = *at ? strchr(at, '}') : NULL;
        if (!close)
            break;
        g_autofree char *piece = g_strndup(at + 1, (size_t)(close - at - 1));
        append_piece(text, judgement, piece, url);
        at = close + 1;
    }
    return text;
}

/* ---- signatures ------------------------------------------------------------------------------
 */

static GBytes *decode_hex(const char *text)
{
    size_t n = strlen(text) / 2;
    g_autofree guint8 *bytes = g_malloc(n + 1);
    if (strlen(text) != 2 * n)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        int high = g_ascii_xdigit_value(text[2 * i]), low = g_ascii_xdigit_value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return NULL;
        bytes[i] = (guint8)(high * 16 + low);
    }
    return g_bytes_new_take(g_steal_pointer(&bytes), n);
}

static GBytes *decode_base64(const char *text)
{
    size_t n = 0;
    guchar *bytes = g_base64_decode(text, &n);
    return g_bytes_new_take(bytes, n);
}

static bool same_bytes(const void *a, size_t n_a, const void *b, size_t n_b)
{
    return n_a == n_b && CRYPTO_memcmp(a, b, n_a) == 0;
}

static bool fits_hmac(const Hook *hook, const char *secret, const GByteArray *text,
                      const char *given)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned n_mac = 0;
    g_autoptr(GBytes) signature = hook->is_base64 ? decode_base64(given) : decode_hex(given);
    if (!signature ||
        !HMAC(hook->digest, secret, (int)strlen(secret), text->data, text->len, mac, &n_mac))
        return false;
    size_t n = 0;
    const void *bytes = g_bytes_get_data(signature, &n);
    return same_bytes(bytes, n, mac, n_mac);
}

/* Hashed first, so that not even the secret's length can be told from the time it takes. */
static bool fits_secret(const char *secret, const char *given)
{
    Hash wanted = hash_of(secret, strlen(secret)), had = hash_of(given, strlen(given));
    return same_bytes(wanted.bytes, HASH_BYTES, had.bytes, HASH_BYTES);
}

static EVP_PKEY *read_public_key(const char *text)
{
    if (strstr(text, "-----BEGIN")) {
        BIO *bio = BIO_new_mem_buf(text, -1);
        EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
        BIO_free(bio);
        return key;
    }
    g_autoptr(GBytes) der = decode_base64(text);
    size_t n = 0;
    const unsigned char *bytes = g_bytes_get_data(der, &n);
    return d2i_PUBKEY(NULL, &bytes, (long)n);
}

static bool fits_ecdsa(const Hook *hook, const char *secret, const GByteArray *text,
                       const char *given)
{
    g_autoptr(GBytes) signature = hook->is_base64 ? decode_base64(given) : decode_hex(given);
    EVP_PKEY *key = read_public_key(secret);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t n = 0;
    const unsigned char *bytes = signature ? g_bytes_get_data(signature, &n) : NULL;
    bool fits = key && bytes && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
                EVP_DigestVerifyInit(context, NULL, hook->digest, NULL, key) == 1 &&
                EVP_DigestVerify(context, bytes, n, text->data, text->len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return fits;
}

static bool fits(const Hook *hook, const char *secret, const GByteArray *text, const char *given)
{
    switch (hook->scheme) {
    case SIGNED_HMAC:
        return fits_hmac(hook, secret, text, given);
    case SIGNED_ECDSA:
        return fits_ecdsa(hook, secret, text, given);
    default:
        return fits_secret(secret, given);
    }
}

static void add_signature(GPtrArray *found, const char *text, const char *prefix)
{
    if (found->len < SIGNATURES_MAX && g_str_has_prefix(text, prefix))
        g_ptr_array_add(found, g_strdup(text + strlen(prefix)));
}

/* Those that are given, without their prefix. */
static GPtrArray *given_signatures(const Judgement *judgement)
{
    const Hook *hook = judgement->hook;
    g_autoptr(GPtrArray) values = selector_all(judgement->view, hook->signature);
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < values->len; i++) {
        g_auto(GStrv) parts =
            g_strsplit_set(values->pdata[i], hook->by_any ? ", " : "", SIGNATURES_MAX);
        for (size_t k = 0; parts[k]; k++)
            add_signature(found, parts[k], hook->prefix);
    }
    bool one = hook->by_any || found->len <= 1;
    if (!one) /* two headers where one belongs: which of them was meant is nobody's to guess */
        g_ptr_array_set_size(found, 0);
    return found;
}

static bool signed_over(const Judgement *judgement, const GPtrArray *given, const char *url)
{
    const Hook *hook = judgement->hook;
    g_autoptr(GByteArray) text = text_to_sign(judgement, url);
    bool good = false;
    for (guint i = 0; i < hook->secrets->len; i++)
        for (guint k = 0; k < given->len; k++)
            good = fits(hook, hook->secrets->pdata[i], text, given->pdata[k]) || good;
    return good;
}

/* The same address with its scheme's port written out; NULL: it has a port. */
static char *with_port(const char *url)
{
    const char *host = strstr(url, "://");
    if (!host)
        return NULL;
    host += 3;
    size_t n = strcspn(host, "/?#");
    const char *bracket = memchr(host, ']', n);
    const char *from = bracket ? bracket : host;
    if (memchr(from, ':', n - (size_t)(from - host)))
        return NULL;
    const char *port = g_str_has_prefix(url, "https:") ? ":443" : ":80";
    return g_strdup_printf("%.*s%s%s", (int)((size_t)(host - url) + n), url, port, host + n);
}

static bool is_signed(const Judgement *judgement, const char *url)
{
    g_autoptr(GPtrArray) given = given_signatures(judgement);
    if (signed_over(judgement, given, url))
        return true;
    g_autofree char *ported = strstr(judgement->hook->signed_text, "{url}") ? with_port(url) : NULL;
    return ported && signed_over(judgement, given, ported);
}

static bool digest_fits(const Judgement *judgement)
{
    g_autofree char *given = selector_one(judgement->view, judgement->hook->body_digest);
    if (!given) /* a form, whose pairs are signed themselves */
        return http_view_form(judgement->view)->len > 0 || !judgement->request->body_bytes;
    g_autoptr(GBytes) bytes = decode_hex(given);
    size_t n = 0;
    const void *data = bytes ? g_bytes_get_data(bytes, &n) : NULL;
    Hash hash = hash_of(judgement->request->body, judgement->request->body_bytes);
    return data && same_bytes(data, n, hash.bytes, HASH_BYTES);
}

static bool is_timely(const Judgement *judgement, int64_t now_s)
{
    const char *text = judgement->timestamp;
    size_t n = strspn(text, "0123456789");
    if (!n || text[n] || n > 18)
        return false;
    int64_t time_s = (int64_t)g_ascii_strtoull(text, NULL, 10);
    if (n > MILLISECONDS_FROM)
        time_s /= 1000;
    return ABS(now_s - time_s) <= judgement->hook->tolerance_s;
}

/* NULL: it is what it says. */
static const char *fault_of(const Judgement *judgement, const char *url, int64_t now_s)
{
    const Hook *hook = judgement->hook;
    if (hook->scheme == SIGNED_NONE)
        return NULL;
    if (!hook->secrets->len)
        return "the instance has no secret to check it by";
    if (hook->timestamp && !is_timely(judgement, now_s))
        return "its timestamp is missing, or too far from now";
    if (!is_signed(judgement, url))
        return "its signature is missing, or does not fit";
    if (hook->body_digest && !digest_fits(judgement))
        return "the digest of its body does not fit";
    return NULL;
}

/* ---- challenges and answers ------------------------------------------------------------------
 */

/* What is to be echoed, if it is text that can be. */
static char *challenge_text(const Judgement *judgement)
{
    const char *selector = judgement->hook->challenge;
    g_autofree char *text = selector ? selector_one(judgement->view, selector) : NULL;
    bool good = text && *text && strlen(text) <= CHALLENGE_MAX && g_utf8_validate(text, -1, NULL);
    return good ? g_steal_pointer(&text) : NULL;
}

static bool is_challenge(const Judgement *judgement)
{
    const char *when = judgement->hook->challenge_when;
    if (!when)
        return true;
    const char *equals = strrchr(when, '=');
    g_autofree char *selector = g_strndup(when, (size_t)(equals - when));
    g_autofree char *value = selector_one(judgement->view, selector);
    return g_strcmp0(value, equals + 1) == 0;
}

static char *fill(const char *template, const char *challenge)
{
    g_autoptr(GString) text = g_string_new(template);
    g_autoptr(json_t) value = json_string(challenge ? challenge : "");
    char *quoted = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    /* the longer name first; what was put in is not looked at again */
    g_auto(GStrv) parts = g_strsplit(text->str, "{challenge_json}", -1);
    for (size_t i = 0; parts[i]; i++) {
        g_auto(GStrv) plain = g_strsplit(parts[i], "{challenge}", -1);
        g_free(parts[i]);
        parts[i] = g_strjoinv(challenge ? challenge : "", plain);
    }
    char *filled = g_strjoinv(quoted, parts);
    free(quoted);
    return filled;
}

/* A header that would echo what was not sent, or what is no header text, is left out. */
static void set_header(const Hook *hook, const char *challenge, HookReply *reply)
{
    if (!hook->reply_header || (strstr(hook->reply_header, "{challenge") && !challenge))
        return;
    g_autofree char *filled = fill(hook->reply_header, challenge);
    for (const char *c = filled; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return;
    const char *colon = strstr(filled, ": ");
    reply->header_name = g_strndup(filled, (size_t)(colon - filled));
    reply->header_value = g_strdup(colon + 2);
}

static void reply_challenge(const Hook *hook, const char *challenge, HookReply *reply)
{
    const char *type = hook->challenge_type ? hook->challenge_type : "text/plain";
    reply->verdict = HOOK_CHALLENGE;
    reply->status = 200;
    reply->type = g_strdup(type);
    reply->body = fill(hook->challenge_reply ? hook->challenge_reply : "{challenge}", challenge);
    set_header(hook, challenge, reply);
}

static void refuse(HookReply *reply, unsigned status, const char *why)
{
    reply->verdict = HOOK_REFUSED;
    reply->status = status;
    reply->why = why;
}

static char *hash_text(const Judgement *judgement)
{
    const HttpRequest *request = judgement->request;
    const HashPart parts[] = {
        {request->method, strlen(request->method)},
        {request->target, strlen(request->target)},
        {request->body, request->body_bytes},
    };
    char hex[HASH_HEX];
    Hash hash = hash_of_parts(parts, G_N_ELEMENTS(parts));
    return g_strconcat("sha256:", hash_hex(&hash, hex), NULL);
}

static char *delivery_of(const Judgement *judgement)
{
    const Hook *hook = judgement->hook;
    g_autofree char *given = hook->delivery ? selector_one(judgement->view, hook->delivery) : NULL;
    bool good = given && *given && strlen(given) <= DELIVERY_MAX &&
                g_utf8_validate(given, -1, NULL) && !g_str_has_prefix(given, "sha256:");
    return good ? g_steal_pointer(&given) : hash_text(judgement);
}

static void reply_delivery(const Judgement *judgement, const char *echo, HookReply *reply)
{
    const Hook *hook = judgement->hook;
    reply->verdict = HOOK_DELIVERY;
    reply->status = 200;
    reply->type = g_strdup(hook->reply_type);
    reply->body = g_strdup(hook->reply_body);
    reply->delivery = delivery_of(judgement);
    set_header(hook, echo, reply);
}

static void judge(const Judgement *judgement, const char *url, int64_t now_s, HookReply *reply)
{
    const Hook *hook = judgement->hook;
    bool is_get = strcmp(judgement->request->method, "GET") == 0;
    bool is_post = strcmp(judgement->request->method, "POST") == 0;
    g_autofree char *echo = is_get || is_post ? challenge_text(judgement) : NULL;
    bool challenged = echo && is_challenge(judgement);
    if (!is_post && !challenged && !(is_get && hook->takes_get)) {
        refuse(reply, 405, "a webhook comes by POST");
        return;
    }
    bool unsigned_challenge = challenged && hook->challenge_unsigned;
    const char *fault = unsigned_challenge ? NULL : fault_of(judgement, url, now_s);
    if (fault)
        refuse(reply, hook->refused_status, fault);
    else if (challenged)
        reply_challenge(hook, echo, reply);
    else
        reply_delivery(judgement, echo, reply);
}

void hook_judge(const Hook *hook, const HttpRequest *request, const char *url, int64_t now_s,
                HookReply *ret_reply)
{
    g_autoptr(HttpView) view = http_view_new(request);
    g_autofree char *timestamp = hook->timestamp ? selector_one(view, hook->timestamp) : NULL;
    Judgement judgement = {hook, view, request, timestamp ? timestamp : ""};
    *ret_reply = (HookReply){0};
    judge(&judgement, url, now_s, ret_reply);
}

void hook_reply_clear(HookReply *reply)
{
    g_free(reply->type);
    g_free(reply->body);
    g_free(reply->header_name);
    g_free(reply->header_value);
    g_free(reply->delivery);
    *reply = (HookReply){0};
}
