/* Case files as checked trees: given, when, then. domain.md is the law they ask about, the head
 * comment of the acceptance cases their grammar. */
#ifndef DUNHUB_CASES_CASE_H
#define DUNHUB_CASES_CASE_H

#include "base/zone.h"
#include "config/tree.h"

typedef struct {
    const char *id, *title, *source;
    DiagPlace place;
    const Node *given;    /* the file's defaults with the case's own keys laid over; settings merged
                             key by key */
    const Node *policies; /* of the file, or of the file before it that it inherits from */
    const Node *events;   /* list, in order */
    const Node *expects;  /* list */
} Case;

typedef struct {
    const Case *cases;
    size_t n;
} CaseSet;

/* Reads the files in order; a later one may say `inherits: [defaults, policies]` and then takes
 * these from the one before it. Every finding of every file goes to diags. False if there was an
 * error. Everything lives in the arena. */
bool cases_load(const char *const *paths, size_t n_paths, Arena *arena, Diags *diags,
                CaseSet *ret_set);

/* Local wall time in `zone` unless the text has Z or an offset. The text has been checked. */
Instant case_instant(const char *text, const Zone *zone);
/* Zone of the case; checked before. */
const Zone *case_zone(const Case *c);
/* Names of the notices that the policies of the case and the hub itself may send, added to names
 * (borrowed texts). */
void case_notices(const Case *c, GHashTable *names);
/* All accounts of the case, each laid over the default account. NULL-ended arena array. */
const Node *const *case_accounts(const Case *c, Arena *arena);

#endif
