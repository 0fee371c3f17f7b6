/* `calendars:` of the configuration: business days and closed days of the organisation (`default`) and of places of the law,
 * by rules and by lists. They are worked out at load for the years below, so that asking is a search in a sorted list. */
#ifndef DUNHUB_COMPLIANCE_CALENDARS_H
#define DUNHUB_COMPLIANCE_CALENDARS_H

#include "base/holiday.h"
#include "compliance/rules.h"

enum { CALENDAR_FIRST_YEAR = 2000, CALENDAR_LAST_YEAR = 2149 };

extern const Key calendar_keys[], holiday_keys[];
extern const size_t n_calendar_keys, n_holiday_keys;

/* Sets calendars, n_calendars and calendar of *ret_set; the rest of it is left as it is. False and findings. */
bool calendars_load(const Node *map, Arena *arena, Diags *diags, RuleSet *ret_set);
/* By its name as written; NULL: there is none. "default" is one too. */
const PlaceCalendar *calendar_named(const RuleSet *set, const char *name);

#endif
