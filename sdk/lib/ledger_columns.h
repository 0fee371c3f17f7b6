/* Which column of a ledger's file is which member of an event: one row for each, read and written by its type. A fact that a
 * file shall be able to tell is a row here and a name in LEDGER_COLUMNS. */
#ifndef DUNHUB_LEDGER_COLUMNS_H
#define DUNHUB_LEDGER_COLUMNS_H

#include "lib/ledger.h"

typedef enum {
    LEDGER_NAME,    /* one line, short */
    LEDGER_TEXT,
    LEDGER_CHOICE,  /* one of `words` */
    LEDGER_YES,     /* true or false, by option yes_words */
    LEDGER_AGREED,  /* "yes" or "no", by option yes_words */
    LEDGER_CONSENT, /* yes: "granted", else "none" */
    LEDGER_OPT_OUT, /* yes: "revoked"; else nothing is said */
    LEDGER_AMOUNT,  /* in minor units of the row's currency */
    LEDGER_NUMBER,  /* whole, from 0 */
    LEDGER_DATE,
    LEDGER_INSTANT, /* a date; its first instant in UTC is told */
} LedgerType;

/* What a fact is about. Contact points have a bit for each channel. */
typedef enum {
    LEDGER_OF_EMAIL = 1,
    LEDGER_OF_SMS = 2,
    LEDGER_OF_VOICE = 4,
    LEDGER_OF_LETTER = 8,
    LEDGER_OF_ACCOUNT = 16,
    LEDGER_OF_INVOICE = 32,
    LEDGER_OF_DISPUTE = 64,
    LEDGER_OF_PHONE = LEDGER_OF_SMS | LEDGER_OF_VOICE,
    LEDGER_OF_CONTACT = LEDGER_OF_EMAIL | LEDGER_OF_PHONE | LEDGER_OF_LETTER,
    LEDGER_OF_ROW = 128, /* read by type, written by hand */
} LedgerObject;

typedef struct {
    unsigned of;         /* LedgerObject, or several */
    LedgerColumn column;
    const char *member;  /* of the event's data; NULL: LEDGER_OF_ROW */
    LedgerType type;
    const char *const *words; /* NULL-ended */
} LedgerFactColumn;
extern const LedgerFactColumn ledger_fact_columns[];
extern const size_t n_ledger_fact_columns;

/* The channels of contact points, in the order of their `position`. */
typedef struct {
    const char *channel;
    LedgerColumn column;
    unsigned of;
} LedgerChannel;
enum { LEDGER_CHANNELS = 4 };
extern const LedgerChannel ledger_channels[LEDGER_CHANNELS];

/* A hold that a file states: set when its column comes to say so, ended when it says so no more. */
typedef struct {
    LedgerColumn column;
    const char *kind;   /* of hold.set */
    const char *member; /* that takes the column's day; NULL: the column only says yes */
    bool ends;          /* that day is the last one: a day that is past holds nothing */
} LedgerHold;
enum { LEDGER_HOLDS = 6 };
extern const LedgerHold ledger_holds[LEDGER_HOLDS];

#endif
