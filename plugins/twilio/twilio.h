/* The parts of the plugin: requests, messages, calls, and what Twilio tells back. */
#ifndef DUNHUB_TWILIO_H
#define DUNHUB_TWILIO_H

#include "dunhub/platform.h"

/* ---- api.c. False: the result is set. *ret_answer: new reference ---- */

/* what: "Messages.json"; form NULL: a read. */
bool twilio_call(const DunhubTask *task, const DunhubAction *action, const char *what, const char *form,
                 json_t **ret_answer);
/* Number in E.164; NULL: the result says what is wrong. */
const char *twilio_number(const DunhubTask *task, const json_t *input, const char *name);
/* Public address of this instance's hooks, without a slash at the end; NULL: nobody told it. */
const char *twilio_hook_url(const DunhubTask *task);
/* url/part?act=KEY&account=ACCOUNT: Twilio signs it with what it sends back. */
const char *twilio_callback(const DunhubTask *task, const json_t *input, const char *url, const char *part);

/* How an unanswered act is found among what the account has sent to that number since it first left. */
typedef struct {
    const char *what, *list;  /* "Messages.json", "messages" */
    const char *to, *from;    /* from NULL: any sender */
    const char *body;         /* NULL: any */
} TwilioSearch;
void twilio_find(const DunhubTask *task, const json_t *input, const TwilioSearch *search);

/* ---- message.c, voice.c, inbound.c ---- */

void twilio_send(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);
void twilio_find_message(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);
void twilio_ring(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);
void twilio_find_call(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);
/* What is said, once somebody or something has answered. */
void twilio_answer_voice(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);
void twilio_map_reply(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);
void twilio_map_status(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);
void twilio_map_call(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);
void twilio_map_voice(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);

/* ---- twilio.c ---- */

#define TWILIO_URL_STATE "hook_url"
enum { TWILIO_SMS, TWILIO_VOICE, N_TWILIO_ACTIONS };
extern const DunhubAction twilio_actions[];

#endif
