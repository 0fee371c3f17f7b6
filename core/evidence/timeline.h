/* What happened to one account, in order and in its own local time, for people: made from its journal and its audit, which say
 * it in full. One row an event; writers for text, HTML and JSON stand beside it, and what prints it reads the same rows. */
#ifndef DUNHUB_EVIDENCE_TIMELINE_H
#define DUNHUB_EVIDENCE_TIMELINE_H

#include "base/zone.h"
#include "document/document.h"
#include "store/store.h"

typedef struct {
    uint64_t position; /* journal entry, 0: none */
    uint64_t sequence; /* audit entry, 0: the row is of the journal */
    Instant at;
    const char *local;     /* "2026-07-16 09:00:00 -05:00" */
    const char *kind;      /* notice, delivery, reply, call, gate, law, money, hold, step, approval, act, person, account */
    const char *what;
    const char *by;
    const char *rule;      /* NULL none, as all below */
    const char *citation;
    const char *amount;    /* "USD 1,234.50" */
    const char *content;   /* hash of the bytes sent */
    const char *version;   /* template and its version */
} TimelineRow;

typedef struct {
    const char *account, *organisation, *zone;
    const char *name;       /* of the customer; NULL: unknown or erased */
    const AccountState *state;
    const TimelineRow *rows;
    size_t n;
} Timeline;

typedef struct {
    const AccountState *state;
    const char *organisation;
    const Zone *zone;            /* of the account */
    const JournalEntry *journal; /* of the account, ascending */
    size_t n_journal;
    const AuditEntry *audit;
    size_t n_audit;
} TimelineIn;
/* Everything lives in the arena, or is borrowed from what came in. */
Timeline timeline_make(const TimelineIn *in, Arena *arena);

/* Caller frees. */
char *timeline_text(const Timeline *timeline);
char *timeline_html(const Timeline *timeline);
char *timeline_json(const Timeline *timeline);
/* For the press. */
Document timeline_document(const Timeline *timeline, Arena *arena);

#endif
