/* The transactions of an ISO 20022 camt.053 (statement) or camt.054 (notification), one after the other: the file is streamed,
 * only one transaction at a time is a tree. Nothing is fetched, no entity is replaced, a document type is refused. */
#ifndef CAMT_BANK_STATEMENT_H
#define CAMT_BANK_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CAMT_REF_BYTES = 144 /* 35 letters of four bytes */, CAMT_TEXT_BYTES = 1024 };

typedef enum { CAMT_BOOKED, CAMT_PENDING, CAMT_INFORMATION, CAMT_UNKNOWN } CamtStatus;

/* Texts are "" where the bank states none; blanks in them are single. */
typedef struct {
    char account[CAMT_REF_BYTES]; /* ours: IBAN or another id */
    char entry_ref[CAMT_REF_BYTES], ref[CAMT_REF_BYTES]; /* AcctSvcrRef of the entry, of the transaction */
    char instruction[CAMT_REF_BYTES], end_to_end[CAMT_REF_BYTES], creditor_ref[CAMT_REF_BYTES];
    char remittance[CAMT_TEXT_BYTES], additional[CAMT_TEXT_BYTES], party[CAMT_REF_BYTES * 4];
    char amount[32], currency[4]; /* as written; amount "": not stated in the currency of the entry */
    char booked_on[11], value_on[11]; /* 2026-07-01 */
    char family[8], return_code[CAMT_REF_BYTES];
    CamtStatus status;
    bool credit, reversal, returned;
    unsigned nth, of; /* number in its entry, from 1, and how many there are: 0, it is not known yet */
    int line;
} CamtTransaction;

/* What an entry says of itself when its transactions are over. */
typedef struct {
    char amount[32], currency[4];
    unsigned n;      /* transactions it held */
    unsigned stated; /* how many it says there are; 0 not stated */
    int line;
} CamtEntry;

typedef struct {
    void *data;
    /* False: reading ends. An entry without details is one transaction, unless it says that it stands for several. */
    bool (*transaction)(void *data, const CamtTransaction *transaction);
    bool (*entry)(void *data, const CamtEntry *entry);
} CamtVisitor;

typedef enum {
    CAMT_READ,
    CAMT_ENDED,   /* the visitor ended it */
    CAMT_FOREIGN, /* well, but no camt.053 or camt.054: why */
    CAMT_BROKEN,  /* why, at line */
} CamtOutcome;

/* Takes no ownership of fd. */
CamtOutcome camt_read(int fd, const CamtVisitor *visitor, char ret_why[256], int *ret_line);

#endif
