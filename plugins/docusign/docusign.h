/* Parts of the connector: the account, the envelope's body, what Connect tells. */
#ifndef DOCUSIGN_H
#define DOCUSIGN_H

#include "dunhub/platform.h"

/* "https://na1.docusign.net/restapi/v2.1/accounts/ID": configured, or asked once and kept. NULL: the result is set. */
const char *account_root(const DunhubTask *task);
/* Reads errorCode: what waits, what is the credential's, what will never work. */
bool judge(const DunhubTask *task, const DunhubHttpResponse *response, const json_t *answer);

/* Of the act's key: the same on every attempt. */
const char *transaction_id(const DunhubTask *task, const char *key);
/* Body of POST /envelopes. New reference; NULL: the result says what the input lacks. */
json_t *envelope_body(const DunhubTask *task, const json_t *input, const char *key);

#define CASE_FIELD "dunhub_case"
#define HOOK_STATE "hook_url"

void map(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);

#endif
