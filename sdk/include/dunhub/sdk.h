/* Comfort for plugin authors over plugin.h: texts, options, input, results, money, dates, files, HTTP, mail, signatures.
 * A static library that is linked into each plugin; it needs jansson, libcurl and libcrypto. A plugin may do without it.
 *
 * A handler begins with a DunhubTask and hands it to everything here:
 *
 *     static void send(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
 *     {
 *         const DunhubTask task = {host, call, ret_result};
 *         json_auto_t *input = dunhub_input(&task);
 *         const char *to;
 *         if (!input || !dunhub_need_text(&task, input, "to", &to))
 *             return;  (the result already says what was missing)
 *         …
 *         dunhub_ok(&task, "id-1");
 *     }
 *
 * Texts returned as char * live until the handler returns and need no free, unless it says otherwise. */
#ifndef DUNHUB_SDK_H
#define DUNHUB_SDK_H

#include <jansson.h>
#include <stdbool.h>

#include "dunhub/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DUNHUB_PRINTF(text_at, first_at) __attribute__((__format__(__printf__, text_at, first_at)))

typedef struct {
    const DunhubHost *host;
    DunhubCall *call;
    DunhubResult *result;
} DunhubTask;

/* ---- texts in the call's memory ---- */

/* NULL if absent, out of memory or if a NUL stands inside. */
char *dunhub_text(const DunhubTask *task, DunhubBytes bytes);
char *dunhub_format(const DunhubTask *task, const char *format, ...) DUNHUB_PRINTF(2, 3);
/* Control characters become spaces, at most max bytes without cutting a UTF-8 character: for messages and logs. */
char *dunhub_one_line(const DunhubTask *task, const char *text, size_t max);
/* Letters, digits, '_', '-', '.' of text; everything else becomes '-'. Never empty, never begins with '.', at most max
 * bytes: fit for a file name. */
char *dunhub_safe_name(const DunhubTask *task, const char *text, size_t max);
char *dunhub_verb(const DunhubTask *task);
char *dunhub_key(const DunhubTask *task);
void dunhub_log(const DunhubTask *task, int level, const char *format, ...) DUNHUB_PRINTF(3, 4);
void dunhub_finding(const DunhubTask *task, const char *place, const char *format, ...) DUNHUB_PRINTF(3, 4);
/* The word of the NULL-ended list that text was probably meant to be (case aside, at most two slips); NULL: none. */
const char *dunhub_nearest(const char *text, const char *const *words);
bool dunhub_utf8(const char *bytes, size_t n);

/* ---- options; the host has checked them against the plugin's table ---- */

/* NULL: not configured and no default, or the empty text. */
const char *dunhub_option(const DunhubTask *task, const char *name);
int64_t dunhub_option_int(const DunhubTask *task, const char *name, int64_t absent);
bool dunhub_option_bool(const DunhubTask *task, const char *name);
/* A map or list, as the host hands it over: JSON; of a list also "a, b". New reference; NULL absent or no JSON. */
json_t *dunhub_option_json(const DunhubTask *task, const char *name);

/* ---- input ---- */

/* New reference; NULL: it was no JSON object and the result says so. */
json_t *dunhub_input(const DunhubTask *task);
/* Borrowed text, NULL if there is none (or it is no text). */
const char *dunhub_find_text(const json_t *object, const char *name);
/* false: missing, empty or no text, and the result says which. */
bool dunhub_need_text(const DunhubTask *task, const json_t *object, const char *name, const char **ret_text);

/* ---- results; messages are one line: what happened, to what, what a person can do ---- */

void dunhub_ok(const DunhubTask *task, const char *external_id);
void dunhub_ok_data(const DunhubTask *task, const char *external_id, const json_t *data);
/* after_ms 0: the core's own back-off. */
void dunhub_retry(const DunhubTask *task, int64_t after_ms, const char *code, const char *format, ...) DUNHUB_PRINTF(4, 5);
void dunhub_permanent(const DunhubTask *task, const char *code, const char *format, ...) DUNHUB_PRINTF(3, 4);
void dunhub_auth(const DunhubTask *task, const char *code, const char *format, ...) DUNHUB_PRINTF(3, 4);
void dunhub_uncertain(const DunhubTask *task, const char *code, const char *format, ...) DUNHUB_PRINTF(3, 4);
void dunhub_absent(const DunhubTask *task, const char *format, ...) DUNHUB_PRINTF(2, 3);

/* ---- money: ISO 4217, text to integer minor units, never a float ---- */

/* Decimal places 0..4; -1: ISO lists no such active code. */
int dunhub_currency_exponent(const char *code);
/* decimal and thousands may be 0 (no such sign). '-', a trailing '-' or parentheses mean negative; blanks around it are
 * allowed. NULL: *ret_minor is set; else why it is no amount of that currency ("…", for a person; static text). */
const char *dunhub_money_parse(const char *text, const char *currency, char decimal, char thousands, int64_t *ret_minor);
/* "1234.50" in the currency's own decimals; ret holds it. Returns ret. */
char *dunhub_money_format(int64_t minor, const char *currency, char ret[32]);

/* ---- dates: civil days since 1970-01-01 ---- */

#define DUNHUB_NO_DATE INT32_MIN
/* By %Y %y (1970..2069) %m %d %b (English, any case) %e and literals; a number may have fewer digits. What follows the
 * format is an error. NULL: *ret_days is set; else why ("there is no such day", static text). */
const char *dunhub_date_parse(const char *text, const char *format, int32_t *ret_days);
/* "2026-07-01". Returns ret. */
char *dunhub_date_format(int32_t days, char ret[16]);
/* "Sun, 22 Nov 2026 08:00:00 +0000" (RFC 5322). Returns ret. */
char *dunhub_mail_date(int64_t unix_seconds, char ret[40]);

/* ---- files: complete and durable, or not there ---- */

enum { DUNHUB_FILE_NEW = 0 /* EEXIST if it is there */, DUNHUB_FILE_REPLACE = 1 };
/* dir_fd: of the folder. name: without '/'. 0 or an errno. A killed writer leaves at most a hidden ".NAME.*.part". */
int dunhub_file_write(int dir_fd, const char *name, const void *bytes, size_t n, int how);
/* Opens a folder below dir_fd, made if it is missing (and that is durable). A descriptor, or -errno. */
int dunhub_folder_open(int dir_fd, const char *name);
/* Whole file in malloc'd memory (free it), NUL-ended; -errno, EFBIG over max. */
int dunhub_file_read(int dir_fd, const char *name, size_t max, char **ret_bytes, size_t *ret_n);
/* Sets retry (a person can repair it: full disk, permissions) with what failed and what to do. */
void dunhub_file_failed(const DunhubTask *task, int error, const char *what, const char *path);
/* A cell for a spreadsheet: quoted by RFC 4180, formulas neutralised by an apostrophe. Appends to a malloc'd buffer. */
typedef struct {
    char *p;
    size_t n, capacity;
    bool failed; /* out of memory, or over the maximum of 64 MiB: nothing more is appended */
} DunhubBuffer;
void dunhub_append(DunhubBuffer *buffer, const void *bytes, size_t n);
void dunhub_append_text(DunhubBuffer *buffer, const char *text);
void dunhub_append_format(DunhubBuffer *buffer, const char *format, ...) DUNHUB_PRINTF(2, 3);
void dunhub_append_cell(DunhubBuffer *buffer, const char *text);
void dunhub_buffer_done(DunhubBuffer *buffer);
/* Takes it over into the call's memory and ends it. NULL: it had failed, or holds a NUL. */
char *dunhub_buffer_text(const DunhubTask *task, DunhubBuffer *buffer);

/* ---- hashes and signatures ---- */

#define DUNHUB_HEX_SHA256 65
char *dunhub_sha256_hex(const void *bytes, size_t n, char ret[DUNHUB_HEX_SHA256]);
char *dunhub_hmac_sha256_hex(const void *secret, size_t n_secret, const void *bytes, size_t n, char ret[DUNHUB_HEX_SHA256]);
void dunhub_hex(const void *bytes, size_t n, char *ret /* 2n + 1 */);
/* malloc'd (free it), NUL-ended; NULL: out of memory, or no base64. */
char *dunhub_base64_encode(const void *bytes, size_t n, size_t *ret_n);
void *dunhub_base64_decode(const char *text, size_t *ret_n);

/* ---- HTTP: TLS verified, no redirects, never longer than the call has left ---- */

typedef struct {
    const char *method;          /* NULL: "POST" with a body, else "GET" */
    const char *url;             /* http or https */
    const char *const *headers;  /* "Name: value", NULL-ended; one with CR or LF is refused */
    const void *body;
    size_t body_bytes;
    const char *ca_file;         /* NULL: the system's */
    const char *proxy;           /* "http://proxy:3128"; NULL: none, whatever the environment says */
    int64_t timeout_ms;          /* 0: what the call has left */
    size_t response_max_bytes;   /* 0: 1 MiB; a longer answer is cut and said to be */
    const DunhubAction *action;  /* its effect and repeat decide about lost answers; NULL: a read */
} DunhubHttpRequest;

typedef struct {
    int status;             /* 0: no answer */
    const char *body;       /* NUL-ended */
    size_t body_bytes;
    bool cut;
    bool sent;              /* something of the request may have reached the other side */
    int64_t retry_after_ms; /* what the answer asked for; 0 nothing */
    const char *error;      /* without an answer, or where its body broke off: why, for a person */
    const char *headers;    /* "Name: value\n" each, at most 64 KiB; of the answer itself, never of an interim one */
} DunhubHttpResponse;

/* Asks, without judging: the result is not touched. False: it could not be asked at all (a header holds a line break, no time
 * is left) and the result says so. Compressed answers are unpacked up to response_max_bytes. */
bool dunhub_http_ask(const DunhubTask *task, const DunhubHttpRequest *request, DunhubHttpResponse *ret_response);
/* Sets the result by the table of docs/architecture.md (HTTP outcomes); true: 2xx, nothing is set. */
bool dunhub_http_judge(const DunhubTask *task, const DunhubHttpRequest *request, const DunhubHttpResponse *response);

/* true: 2xx, go on. false: the result is set by the table of docs/architecture.md (HTTP outcomes); a plugin overrides a
 * row only for a documented reason. ret_response is filled either way. */
bool dunhub_http(const DunhubTask *task, const DunhubHttpRequest *request, DunhubHttpResponse *ret_response);

/* Whether asking again cannot do it twice: a read (NULL too), or one that the platform recognises or that is safe. */
bool dunhub_repeat_is_harmless(const DunhubAction *action);

/* The worker thread's libcurl easy handle (CURL *), reset, with what every use needs: time-outs that end with the call,
 * cancel, TLS verified, no signals, no .netrc, only these protocols ("smtp,smtps"). NULL: no time is left. Keep nothing in it
 * that dies with the handler but what curl_easy_reset forgets. */
void *dunhub_curl(const DunhubTask *task, const char *protocols, int64_t timeout_ms, const char *ca_file);

/* ---- mail: one RFC 5322 message, the same bytes whoever carries it ---- */

typedef struct {
    const char *name, *type; /* NULL: attachment-N, application/octet-stream (or what the bytes say) */
    DunhubBytes bytes;
} DunhubAttachment;
typedef struct {
    const char *from, *to, *reply_to, *subject; /* "a@b.c" or "Name <a@b.c>"; reply_to NULL none */
    const char *list_unsubscribe;               /* "https://…" or "mailto:…"; NULL none */
    const char *text, *html;                    /* at least one */
    const char *key;                            /* of the action: Message-ID and boundaries are made of it */
    const char *domain;                         /* of the Message-ID; NULL: of from */
    int64_t date;                               /* unix seconds */
    const DunhubAttachment *attachments;
    size_t n_attachments;
} DunhubMail;
/* NULL: *ret_message holds it (dunhub_buffer_done), else what is wrong (in the call's memory). */
const char *dunhub_mail_build(const DunhubTask *task, const DunhubMail *mail, DunhubBuffer *ret_message);
/* "<…@domain>" as dunhub_mail_build writes it. */
char *dunhub_message_id(const DunhubTask *task, const DunhubMail *mail);
/* The bare address of "Name <a@b.c>"; NULL: none that mail can be sent to. */
char *dunhub_mail_address(const DunhubTask *task, const char *mailbox);
/* The bodies of the call that the input names: "attachments": [{"name", "type", "body": 1}], body absent: the place in the
 * list. Other bodies are none. False: one that is named did not travel, and the result says so. */
bool dunhub_attachments(const DunhubTask *task, const json_t *input, const DunhubAttachment **ret_rows, size_t *ret_n);

#ifdef __cplusplus
}
#endif
#endif
