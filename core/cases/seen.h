/* What a case can ask about, as JSON in the words of the case files. All references new. */
#ifndef DUNHUB_CASES_SEEN_H
#define DUNHUB_CASES_SEEN_H

#include "cases/play.h"

/* Keys of STATE. */
json_t *seen_state(Play *play, const char *account, const char *currency);
/* Columns of S2's list. */
json_t *seen_row(Play *play, const char *account);
/* Sums by kind: {"late_fee": 1500}; kinds that have none are asked for as 0. */
json_t *seen_fees(Play *play, const char *account);
json_t *seen_credits(Play *play, const char *account);
/* That day's customer messages, opt-out confirmations left out. account NULL: of all. */
json_t *seen_sent(Play *play, const char *account, Date day);
/* That day's effects with their number. */
json_t *seen_actions(Play *play, const char *account, Date day);
/* Deliveries handed over or answered that day (DATE_NONE: so far). */
json_t *seen_deliveries(Play *play, const char *account, Date day);

/* The first hand-over of a notice, for counting distinct ones. */
bool seen_is_first(const Play *play, const Handover *handover);
bool seen_is_confirmation(const Handover *handover);

/* Daily evaluations that fell due on that day while the hub was up. */
int64_t seen_evaluations(const Play *play, const char *account, Date day);

#endif
