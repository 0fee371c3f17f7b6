/* A ledger's files read once as a history: every fact with the day on which a poll as of that day would first have told it,
 * under the same id. What cannot be told so (a file whose rows contradict each other over time) is said, and the caller goes
 * day by day. */
#ifndef DUNHUB_LEDGER_HISTORY_H
#define DUNHUB_LEDGER_HISTORY_H

#include "lib/ledger_facts.h"

/* of an account or a contact: what its first row said, and from which day on */
typedef struct {
    uint64_t content;
    int32_t day;      /* first day on which a row tells it */
    uint32_t file;    /* whose rows were looked at last */
    int32_t file_day; /* first day on which a row of that file tells it */
    bool is_named;    /* only by records that refer to it */
} LedgerKnown;

typedef struct {
    uint64_t number;
    uint32_t file;
    int32_t day;
} LedgerPlace;

struct LedgerHistory {
    int32_t from, to;
    uint32_t file;          /* which of the files is being read, from 1 */
    LedgerTable known;      /* account or contact -> index of `knowns` */
    LedgerKnown *knowns;
    size_t n_knowns, most_knowns;
    LedgerTable rows;       /* invoice -> index of `places` */
    LedgerPlace *places;
    size_t n_places, most_places;
    DunhubBuffer before;    /* data of the row's first version */
    struct { uint32_t page, on_page; } *days; /* of from..to */
    char known_on[16];      /* of the version that is being told */
    uint32_t page;
};

/* False: the input asks for none, or wrongly: then the result says so, and *ret_wrong is set. */
bool ledger_history_init(const DunhubTask *task, const LedgerMapping *mapping, const json_t *input, LedgerHistory *ret_history,
                         bool *ret_wrong);
void ledger_history_done(LedgerHistory *history);
/* One good row. False: the pass ends and the result says why. */
bool ledger_history_take(LedgerPass *pass, const LedgerRow *row, uint64_t number);

/* ledger_pass.c: an event of that version; the members of the history follow where there is one. */
bool ledger_tell_fact(LedgerPass *pass, const LedgerFact *fact, const char *account, const char *object, const char *version);
uint64_t ledger_key(const char *tag, const char *account, const char *object);

#endif
