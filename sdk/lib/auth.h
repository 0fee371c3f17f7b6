/* Signing in, inside of the SDK: between api.c, which asks, and the instance's durable token. */
#ifndef DUNHUB_LIB_AUTH_H
#define DUNHUB_LIB_AUTH_H

#include "dunhub/platform.h"

/* The way the instance signs in; NULL: the plugin declares none. */
const DunhubAuth *auth_row(const DunhubTask *task);
bool auth_has_tokens(const DunhubAuth *auth);
/* The option's value; NULL also where the plugin does not declare it. */
const char *auth_option(const DunhubTask *task, const char *name);
/* Of one request, by the option timeout_ms; 0: what the call has left. */
int64_t auth_timeout_ms(const DunhubTask *task);
/* {name} becomes the option's value, or that member of `more` (NULL none); "{{" is a brace. NULL text gives NULL. A name without
 * a value is empty. */
char *auth_expand(const DunhubTask *task, const char *text, const json_t *more);
/* "Name: value" for the next request. refused: the token that a platform has just refused, NULL none: another one is used. NULL:
 * the result is set. */
char *auth_header(const DunhubTask *task, const DunhubAuth *auth, const char *refused, char **ret_token);
/* Whether the token was made so lately that a 403 cannot mean its age. */
bool auth_is_fresh(const DunhubTask *task);

/* RS256 over {"iss","sub","aud","iat","exp","scope","jti"}; NULL: the result says what is wrong with the key. */
char *auth_assertion(const DunhubTask *task, const DunhubAuth *auth, bool of_client);

#endif
