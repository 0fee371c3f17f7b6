/* A webhook as data: one row of a plugin's manifest (DunhubHook in dunhub/plugin.h), and what it makes of a request. Pure. */
#ifndef DUNHUB_HTTP_HOOK_H
#define DUNHUB_HTTP_HOOK_H

#include "base/json.h"
#include "http/server.h"

typedef enum { HOOK_ERROR_ROW /* a row that says what cannot be */ } HookError;
GQuark hook_error_quark(void);
#define HOOK_ERROR hook_error_quark()

typedef struct Hook Hook;

/* row: as in the manifest; secret: the value of the option that it names, a text or a list of texts (any of them fits),
 * NULL none: then nothing that is to be signed is believed. Both are copied. */
Hook *hook_new(const json_t *row, const json_t *secret, GError **error);
void hook_free(Hook *hook);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hook, hook_free)

typedef enum {
    HOOK_DELIVERY,  /* to be made durable, then answered */
    HOOK_CHALLENGE, /* answered, nothing else */
    HOOK_REFUSED,   /* answered, nothing else; `why` says why, for the log and for `dunhub hook` */
} HookVerdict;

typedef struct {
    HookVerdict verdict;
    unsigned status;
    char *type, *body;                /* of the answer; NULL none */
    char *header_name, *header_value; /* a further header of it; NULL none */
    char *delivery;                   /* DELIVERY: the same for each repeat of it */
    const char *why;                  /* REFUSED; static */
} HookReply;
void hook_reply_clear(HookReply *reply);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HookReply, hook_reply_clear)

/* url: as the platform called it, with the query; now_s: unix time. */
void hook_judge(const Hook *hook, const HttpRequest *request, const char *url, int64_t now_s, HookReply *ret_reply);

const char *hook_name(const Hook *hook);
/* What a request carries that must not be kept: credentials, and the shared secret itself where that is what is compared. */
bool hook_hides_header(const Hook *hook, const char *name);
bool hook_hides_query(const Hook *hook);
bool hook_answers(const Hook *hook);      /* the plugin's own `answer` is asked */
unsigned hook_answer_ms(const Hook *hook);

#endif
