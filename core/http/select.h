/* Selectors: how a row of data says where in a request something stands.
 *
 *   header:Name        a header, whatever its case; "header:X-Signature-*": every header that begins so
 *   header:Name[t]     the piece "t=…" of a header made of pieces that commas part
 *   query:name  form:name   decoded
 *   json:/pointer      a text, number or boolean of the body (RFC 6901)
 *   method             GET, POST
 */
#ifndef DUNHUB_HTTP_SELECT_H
#define DUNHUB_HTTP_SELECT_H

#include "base/json.h"
#include "http/server.h"

/* A request with what was read out of it so far. */
typedef struct HttpView HttpView;
HttpView *http_view_new(const HttpRequest *request); /* borrows the request */
void http_view_free(HttpView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpView, http_view_free)

typedef struct {
    char *name, *value;
} HttpPair;

const HttpRequest *http_view_request(const HttpView *view);
/* Names and decoded values of the body, in their order (HttpPair); empty unless it is application/x-www-form-urlencoded. */
const GArray *http_view_form(HttpView *view);
const json_t *http_view_json(HttpView *view); /* NULL: the body is no JSON */

bool selector_valid(const char *selector);
/* What it selects: texts, none if it is not there. Caller unrefs. */
GPtrArray *selector_all(HttpView *view, const char *selector);
/* The first of them; NULL none. Caller frees. */
char *selector_one(HttpView *view, const char *selector);

#endif
