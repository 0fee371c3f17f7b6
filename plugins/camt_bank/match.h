/* Which invoice a payment is for, by what the payer and the bank wrote; and which payment a return takes back. */
#ifndef CAMT_BANK_MATCH_H
#define CAMT_BANK_MATCH_H

#include <regex.h>

#include "dunhub/sdk.h"
#include "statement.h"

enum { MATCH_PLACES_MAX = 4, MATCH_BYTES = 201, MATCH_MAX = 16 };

typedef struct {
    const char *places[MATCH_PLACES_MAX]; /* in this order */
    size_t n_places;
    const char *prefix; /* NULL none */
    bool has_pattern;
    regex_t pattern;
} Matching;

/* False: an option is wrong and the result says which. */
bool matching_init(const DunhubTask *task, Matching *ret_matching);
void matching_done(Matching *matching);
/* Different references of the first place that has any; their number. */
size_t match_invoices(const Matching *matching, const CamtTransaction *transaction, char ret[MATCH_MAX][MATCH_BYTES]);

typedef enum { MATCH_PENDING, MATCH_SETTLED, MATCH_RETURNED } MatchState;
/* The id of the payment that a transaction is about. own: the id it would have by itself. A booking of what was pending, and a
 * return of what was paid, carry the same EndToEndId and amount: the hub's state remembers those. ret_is_known: of a return,
 * whether what it takes back was seen. False: the state cannot be used and the result says so. */
bool match_payment(const DunhubTask *task, const CamtTransaction *transaction, int64_t amount, MatchState state, const char *own,
                   char ret_id[MATCH_BYTES], bool *ret_is_known);

#endif
