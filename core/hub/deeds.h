/* Every act of a person, once: what it is called, what it takes, who may, whether a second person is needed, what it does. The
 * command line, its help and completion, the reference and the check at the hub's door are made from this table; a console
 * uses the same. An act is one event of the catalogue: it is checked, journalled, decided and audited like any other. */
#ifndef DUNHUB_HUB_DEEDS_H
#define DUNHUB_HUB_DEEDS_H

#include "model/event.h"

enum { DEED_MEMBERS_MAX = 8, DEED_EVENTS_MAX = 3 };

typedef struct {
    const char *name;                          /* "promise" */
    EventKind events[DEED_EVENTS_MAX];         /* that it may become; the first one takes the members below */
    size_t n_events;
    const char *usage;                         /* "ACCOUNT AMOUNT DATE" */
    const char *arguments[DEED_MEMBERS_MAX];   /* members of the event in the order of the usage, after the account */
    const char *options[DEED_MEMBERS_MAX];     /* members that may be given besides; NULL-ended */
    const char *who;                           /* may do it */
    const char *second;                        /* when a second person must agree; NULL: never */
    const char *summary;                       /* one line */
    const char *effect;                        /* a sentence or two: what follows */
    const char *examples;                      /* lines without "dunhub" */
} Deed;
extern const Deed deeds[];
extern const size_t n_deeds;
const Deed *deed_by_name(const char *name);    /* NULL: no act is called that */
const Deed *deed_of_event(EventKind kind);     /* NULL: no act of a person */

/* The field of the deed's event that a member is. */
const Field *deed_field(const Deed *deed, const char *member);

/* At the door: an act of a person must be one of the table and be done in the name of who hands it in, so that nobody can
 * put another one's name to it. False: *ret_why is for a person; caller frees. */
bool deed_check(const char *type, const char *person, const json_t *data, char **ret_why);

#endif
