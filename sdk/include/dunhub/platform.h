/* Comfort for connectors to platforms, over sdk.h: signed-in requests, JSON by path, forms, multipart, XML, quoting, paging,
 * phone numbers, instants, amounts as platforms write them, signatures. Texts returned as char * live until the handler
 * returns and need no free, unless it says otherwise. A `false` or NULL where it says so means: the result is set, return.
 *
 *     static void post(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
 *     {
 *         const DunhubTask task = {host, call, ret_result};
 *         json_auto_t *input = dunhub_input(&task), *answer = NULL;
 *         const char *text;
 *         if (!input || !dunhub_need_text(&task, input, "text", &text))
 *             return;
 *         json_auto_t *body = json_pack("{s:s}", "text", text);
 *         if (dunhub_json_call(&task, &(DunhubApi){.action = &action, .path = "/notes", .json = body, .key_header = "Idempotency-Key"}, &answer))
 *             dunhub_ok(&task, dunhub_at_text(answer, "/id"));
 *     }
 */
#ifndef DUNHUB_PLATFORM_H
#define DUNHUB_PLATFORM_H

#include "dunhub/sdk.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- options that every connector has; rows for its table ---- */

#define DUNHUB_API_OPTIONS(base)                                                                                             \
    {.size = sizeof(DunhubOption), .name = "base_url", .type = DUNHUB_OPTION_URL, .fallback = base,                          \
     .doc = "Where the API is, without a slash at the end."},                                                                \
    {.size = sizeof(DunhubOption), .name = "ca_file", .type = DUNHUB_OPTION_PATH,                                            \
     .doc = "File of the authorities to trust (PEM) instead of the system's."},                                              \
    {.size = sizeof(DunhubOption), .name = "proxy", .type = DUNHUB_OPTION_URL,                                               \
     .doc = "HTTP proxy that leads out, for example http://proxy.example.org:3128."},                                        \
    {.size = sizeof(DunhubOption), .name = "timeout_ms", .type = DUNHUB_OPTION_INT, .fallback = "20000",                     \
     .allowed = "100..300000", .doc = "Longest time for one request."}

/* ---- requests to an API ---- */

/* One answer of a platform on its way to a result, before the house status table is applied. Returns true when it has set the
 * result itself (a vendor's documented reason); *answer is NULL when the body is no JSON. */
typedef bool (*DunhubJudge)(const DunhubTask *task, const DunhubHttpResponse *response, const json_t *answer);

typedef struct {
    const DunhubAction *action;  /* its effect and repeat decide about lost answers; NULL: a read */
    const char *method;          /* NULL: "POST" with a body, else "GET" */
    const char *base;            /* NULL: the option `base_url` */
    const char *path;            /* begins with '/', or is a whole URL of the same host as base ("next" links) */
    const char *const *headers;  /* further ones, NULL-ended; NULL none */
    const json_t *json;          /* body as JSON, or … */
    const char *form;            /* … as application/x-www-form-urlencoded (dunhub_form), or … */
    const char *body, *type;     /* … as it is, with its Content-Type */
    size_t body_bytes;
    const char *key_header;      /* the action's key goes in this header; NULL: nowhere */
    size_t response_max_bytes;   /* 0: 1 MiB */
    bool unsigned_in;            /* without what the plugin's DunhubAuth adds */
    DunhubJudge judge;           /* NULL: none */
} DunhubApi;

/* Signs in by the instance's DunhubAuth; after a 401 it takes one new token and repeats once. true: 2xx. ret_response is filled
 * either way. */
bool dunhub_call(const DunhubTask *task, const DunhubApi *api, DunhubHttpResponse *ret_response);
/* The same for an answer in JSON. *ret_answer is a new reference, also to a refused answer if it was JSON, else NULL. An
 * unreadable body of a good answer: after a read, retry; after a write that a repeat cannot harm, retry; otherwise uncertain. An
 * empty good body gives NULL and true. */
bool dunhub_json_call(const DunhubTask *task, const DunhubApi *api, json_t **ret_answer);
/* A header of the answer, any case; NULL: not there. */
const char *dunhub_response_header(const DunhubTask *task, const DunhubHttpResponse *response, const char *name);
/* What the token's answer left (DunhubAuth.keep); NULL: not there. */
const char *dunhub_auth_value(const DunhubTask *task, const char *name);

/* ---- JSON by path ("/invoices/0/id"; '~1' is a slash) ---- */

const json_t *dunhub_at(const json_t *root, const char *path);         /* borrowed; NULL none */
const char *dunhub_at_text(const json_t *root, const char *path);      /* borrowed; NULL: none or no text */
/* A text, or a number or bool as text; NULL none. */
const char *dunhub_at_any(const DunhubTask *task, const json_t *root, const char *path);
int64_t dunhub_at_int(const json_t *root, const char *path, int64_t absent); /* also from a text of digits */
bool dunhub_at_bool(const json_t *root, const char *path);
/* false: the answer lacks it, and the result says so (uncertain after a write, else retry). */
bool dunhub_need_at(const DunhubTask *task, const DunhubAction *action, const json_t *root, const char *path, const char **ret_text);
/* An amount as a JSON number or text at path; NULL: *ret_minor is set; else why not (static text). */
const char *dunhub_at_money(const json_t *root, const char *path, const char *currency, int64_t *ret_minor);
/* A number with the currency's own decimals, exact as text: json_loads("1234.10"). New reference. */
json_t *dunhub_money_json(int64_t minor, const char *currency);

/* ---- forms and texts ---- */

typedef struct {
    const char *name, *value; /* value NULL: left out */
} DunhubField;
char *dunhub_form(const DunhubTask *task, const DunhubField *fields, size_t n);
char *dunhub_url_escape(const DunhubTask *task, const char *text);
/* path with a query of the fields that have a value; '?' or '&' as it needs. */
char *dunhub_query(const DunhubTask *task, const char *path, const DunhubField *fields, size_t n);
/* Parses a form or query into [{"name":…,"value":…}]: decoded, in order, empty values kept. New reference; NULL: no form. */
json_t *dunhub_form_parse(const char *text, size_t n);
const char *dunhub_form_value(const json_t *form, const char *name); /* the first; NULL none */
typedef struct {
    const char *name, *file_name, *type; /* file_name NULL: a plain field */
    DunhubBytes bytes;
} DunhubPart;
/* multipart/form-data; *ret_type: its Content-Type. NULL: no memory. */
char *dunhub_multipart(const DunhubTask *task, const DunhubPart *parts, size_t n, const char **ret_type, size_t *ret_bytes);
/* 'O''Brien' for OData, 'O\'Brien' for SOQL and the like, "…" for Xero's where and QuickBooks' query; quotes included. */
char *dunhub_quote_odata(const DunhubTask *task, const char *text);
char *dunhub_quote_soql(const DunhubTask *task, const char *text);
char *dunhub_quote_like(const DunhubTask *task, const char *text, char quote);
/* &amp; &lt; &gt; &quot; &apos;; characters XML cannot hold are left out. */
char *dunhub_xml_escape(const DunhubTask *task, const char *text);
/* At most max characters without cutting one (of UTF-8), "…" at the end where it was longer. */
char *dunhub_shorten(const DunhubTask *task, const char *text, size_t max);
/* A text that a spreadsheet cannot take for a formula. */
char *dunhub_no_formula(const DunhubTask *task, const char *text);

/* ---- XML: no external entities, no DTD, bounded depth ---- */

typedef struct DunhubXml DunhubXml;         /* a node; lives until the handler returns */
DunhubXml *dunhub_xml(const DunhubTask *task, const char *bytes, size_t n); /* root; NULL: no XML, or one that is refused */
/* By local names, parted by '/': the first that fits. NULL none. */
const DunhubXml *dunhub_xml_at(const DunhubXml *node, const char *path);
const DunhubXml *dunhub_xml_next(const DunhubXml *node);  /* next sibling of the same name */
const char *dunhub_xml_name(const DunhubXml *node);       /* without prefix */
const char *dunhub_xml_text(const DunhubXml *node, const char *path); /* directly within; NULL: no such element */

/* ---- paging: asks page by page and hands each on; never skips, never repeats, and begins again at the last cursor ---- */

typedef struct {
    /* What one page is fetched by: fills *ret_answer (new reference), and *ret_next with the mark of the following page
     * (NULL: this was the last). mark NULL: the first. false: the result is set. */
    bool (*fetch)(const DunhubTask *task, const char *mark, void *data, json_t **ret_answer, const char **ret_next);
    /* Emits the events of one page; false: the result is set. */
    bool (*tell)(const DunhubTask *task, const json_t *answer, void *data);
    void *data;
    const char *done_cursor;     /* what the cursor becomes after the last page, as the plugin's own text */
    unsigned pages_max;          /* 0: 1,000; more is a finding, and the poll goes on there the next time */
} DunhubPages;
/* The cursor kept between pages is {"from": what the plugin began with, "mark": next page}; dunhub_poll_from gives `from` to begin
 * with. true: all told; the result is ok. */
bool dunhub_pages(const DunhubTask *task, const DunhubPages *pages);
const char *dunhub_poll_from(const DunhubTask *task); /* NULL: the first poll ever */
/* Emits {"id","type","account"?,"refs"?,"time"?,"data"}; data and refs are consumed. false: the core wants no more. */
bool dunhub_emit(const DunhubTask *task, const char *type, const char *id, const char *account, const char *time, json_t *refs, json_t *data);

/* ---- webhooks: what a map or answer is given ---- */

typedef struct {
    json_t *input;               /* {"hook","method","path","query","headers","received_at"} */
    DunhubBytes body;
} DunhubDelivery;
bool dunhub_delivery(const DunhubTask *task, DunhubDelivery *ret_delivery); /* false: the result is set */
void dunhub_delivery_done(DunhubDelivery *delivery);
const char *dunhub_delivery_header(const DunhubDelivery *delivery, const char *name); /* NULL none */

/* ---- people and time ---- */

/* "+14155552345" of a number in international form, with blanks, dots, dashes, parentheses, a leading 00; NULL: it is none. */
char *dunhub_e164(const DunhubTask *task, const char *text);
/* RFC 3339 and its usual relatives ("…Z", "+0000", without a zone: UTC), "/Date(ms+0000)/", seconds since 1970 as text, RFC 2822:
 * unix milliseconds. false: it is none. */
bool dunhub_instant_parse(const char *text, int64_t *ret_ms);
char *dunhub_instant_format(int64_t unix_ms, char ret[32]); /* "2026-11-22T08:00:00Z" */
int64_t dunhub_now_ms(void);

/* ---- signatures: for answers that data cannot say, and for signing requests ---- */

size_t dunhub_hmac(const char *hash /* "sha256", "sha1" */, const void *secret, size_t n_secret, const void *bytes, size_t n, unsigned char ret[64]);
bool dunhub_same(const char *a, const char *b); /* in a time that does not tell where they differ */
/* Base64 without padding for URLs. */
char *dunhub_base64url(const DunhubTask *task, const void *bytes, size_t n);

#ifdef __cplusplus
}
#endif
#endif
