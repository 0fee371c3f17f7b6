/* The parts of the plugin: requests to the Web API, messages in Block Kit, posts, and what comes back from people. */
#ifndef DUNHUB_SLACK_H
#define DUNHUB_SLACK_H

#include "dunhub/platform.h"

/* ---- api.c: one method of the Web API. False: the result is set. *ret_answer: new reference ---- */

/* body is consumed. */
bool slack_write(const DunhubTask *task, const DunhubAction *action, const char *method, json_t *body,
                 json_t **ret_answer);
bool slack_read(const DunhubTask *task, const char *method, const DunhubField *fields, size_t n,
                json_t **ret_answer);
/* The same within a look-up: a right that the app lacks leaves the act to a person and does not stop the instance. */
bool slack_look(const DunhubTask *task, const char *method, const DunhubField *fields, size_t n,
                json_t **ret_answer);
/* A slash command's or a click's own answer to the person, seen by them alone. Failure changes nothing: it is logged. */
void slack_whisper(const DunhubTask *task, const char *response_url, const char *text);
bool slack_code_is(const DunhubTask *task, const char *code);

/* ---- message.c ---- */

/* Text as Slack shows it and nothing else: '&', '<' and '>' are its markup. */
char *slack_escape(const DunhubTask *task, const char *text);
/* {"text", "blocks"} of an alert or an update; new reference. Buttons while the case is open and `buttons` wants them. */
json_t *slack_alert(const DunhubTask *task, const json_t *input);
/* {"text", "blocks"} of a request for an approval. */
json_t *slack_request(const DunhubTask *task, const json_t *input, const char *what);
/* blocks without those that have buttons, and a line at the end; new reference. */
json_t *slack_settled(const DunhubTask *task, const json_t *blocks, const char *line);

#define SLACK_APPROVE "dunhub_approve"
#define SLACK_REFUSE "dunhub_refuse"
#define SLACK_ASSIGN "dunhub_assign"
#define SLACK_OPEN "dunhub_open"

/* ---- post.c ---- */

void slack_post(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);
void slack_update(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);
void slack_ask(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);
void slack_find_post(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);
void slack_find_update(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);
/* What message ids look like: "C0ARREARS". */
bool slack_is_channel(const char *text);

/* ---- people.c ---- */

typedef struct {
    const char *mail;   /* lower case */
    const char *name;   /* as the hub calls the person */
    bool may_approve;
} SlackPerson;
/* Who that user of ours is. False: the result is set, or *ret_why says why that user is nobody here (result untouched). */
bool slack_person(const DunhubTask *task, const char *user, SlackPerson *ret_person, const char **ret_why);
/* Whether anybody may approve here. */
bool slack_has_approvers(const DunhubTask *task);

/* ---- inbound.c ---- */

void slack_map(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);

/* ---- slack.c ---- */

extern const DunhubAction slack_actions[];
enum { SLACK_POST, SLACK_UPDATE, SLACK_ASK, N_SLACK_ACTIONS };

#endif
