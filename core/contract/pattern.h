/* What a contract expects, against what came. In every text of a file {server} is the address of the platform that is played,
 * {elsewhere} that of another host, {key} the key of the call; {any} fits any text, also an empty one; alone it
 * stands for whatever value is there. */
#ifndef DUNHUB_CONTRACT_PATTERN_H
#define DUNHUB_CONTRACT_PATTERN_H

#include "contract/mimic.h"

typedef struct {
    const char *server, *elsewhere, *key; /* key NULL: none */
} PatternWords;

/* Its words replaced, {any} kept. Caller frees. */
char *pattern_fill(const char *text, const PatternWords *words);
/* In all texts of it, keys too. New reference; NULL in, NULL out. */
json_t *pattern_fill_json(const json_t *json, const PatternWords *words);
bool pattern_fits(const char *pattern, const char *text);
/* Objects have the same members, lists the same items, numbers are equal; texts fit. NULL: it fits, else where not ("at
 * /id: 'x' is expected, 'y' came"). Caller frees. */
char *pattern_difference(const json_t *expected, const json_t *actual);

/* A request as it is expected; what is absent is not looked at. */
typedef struct {
    const char *method, *path, *body; /* body: its text */
    json_t *query, *headers;          /* query and form: name -> text or list of texts, no others; headers may be null: absent */
    json_t *form, *json;
} RequestPattern;
/* As pattern_difference. */
char *request_difference(const RequestPattern *expected, const MimicRequest *actual, const PatternWords *words);

/* "a=1&b=2" as {"a":"1","b":["2","3"]}, decoded; NULL: no form. New reference. */
json_t *form_read(const char *text);

#endif
