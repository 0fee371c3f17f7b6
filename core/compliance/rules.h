/* The law as data (domain.md §9): rows with a place, the people they are about and the days on which they hold. The
 * configuration brings the rows; what a row demands is worked out here. Every answer names the row that decided, so that
 * its citation reaches the audit and `explain`. Where several rows match, the most protective decides; of equal ones the
 * most specific place. Pure. */
#ifndef DUNHUB_COMPLIANCE_RULES_H
#define DUNHUB_COMPLIANCE_RULES_H

#include "base/calendar.h"
#include "base/diag.h"
#include "base/holiday.h"
#include "base/money.h"
#include "base/zone.h"
#include "config/tree.h"
#include "model/state.h"

typedef enum {
    RULE_CONTACT_WINDOW,
    RULE_CALL_CAP,
    RULE_SMS_CONSENT,
    RULE_LATE_FEE,
    RULE_PAY_OR_QUIT,
    N_RULE_GATES,
} RuleGate;
extern const char *const rule_gate_names[]; /* by RuleGate, NULL-ended */

enum { FOR_CONSUMER = 1, FOR_COMPANY = 2, FOR_TENANT = 4, FOR_SUBSCRIBER = 8, FOR_BUSINESS = 16 };
enum { SKIP_SATURDAY = 1, SKIP_SUNDAY = 2, SKIP_HOLIDAY = 4 };
typedef enum { BASE_RENT, BASE_PAST_DUE, BASE_LOWER } CapBase;
typedef enum { TAKE_LOWER, TAKE_GREATER } CapTake;
typedef enum { FORM_PAY_OR_VACATE, FORM_VACATE } NoticeForm;
extern const char *const notice_form_names[];

typedef struct {
    const char *id;
    int gate;                 /* RuleGate */
    const char *jurisdiction; /* path the account's must lie under: "US/NY"; NULL: everywhere */
    unsigned applies_to;      /* FOR_…: any of them; 0: everyone */
    const char *tag;          /* only accounts with this tag; NULL: all */
    Date effective_from, effective_to; /* first and last day in force; DATE_NONE: no such end */
    const char *citation, *reviewed_by, *note;
    Date reviewed_on;
    DiagPlace place;
    /* contact_window: both ends belong */
    int window_from, window_to; /* minutes of the day */
    /* call_cap */
    int64_t calls, days, quiet_days;
    /* late_fee */
    int64_t first_day; /* due date + this is the first day on which a fee may be charged */
    int64_t
        after_business_days; /* the day after so many business days from the due date; 0: calendar days */
    int64_t cap_fixed;       /* minor units of cap_currency; AMOUNT_NONE none */
    Currency cap_currency;
    int64_t cap_permille;  /* of cap_of; 0: none */
    int cap_of, cap_takes; /* CapBase, CapTake */
    /* pay_or_quit */
    int64_t notice_days;
    unsigned skips;            /* SKIP_…: days that do not count */
    int form, form_first_late; /* NoticeForm; form_first_late -1: as form */
} Rule;

typedef struct {
    const char *jurisdiction; /* its name in the configuration */
    Calendar calendar;
    const HolidayRule *rules; size_t n_rules; /* it was worked out from, for people; NULL: lists only */
} PlaceCalendar;

typedef struct {
    const Rule *rules;
    size_t n;                       /* by gate, then in the order of the configuration */
    size_t first[N_RULE_GATES + 1]; /* rules[first[g]] … rules[first[g + 1] - 1] are of gate g */
    const PlaceCalendar *calendars;
    size_t n_calendars;
    Calendar calendar; /* where no place has its own */
} RuleSet;

/* Whom a rule is asked about. */
typedef struct {
    const char *jurisdiction; /* NULL unknown: only rows of everywhere match */
    unsigned is;              /* FOR_… */
    const char *tags;
} RuleSubject;
RuleSubject rules_subject(const Account *account);

/* Whether the row is about this subject, on whatever day; and whether it holds on that day. */
bool rule_is_about(const Rule *rule, const RuleSubject *subject);
bool rule_in_force(const Rule *rule, Date on);
/* Next row of the gate after `after` (NULL: the first) that is about the subject and in force; NULL: no more. */
const Rule *rules_next(const RuleSet *set, RuleGate gate, const RuleSubject *subject, Date on,
                       const Rule *after);
/* The most specific of them; NULL none. */
const Rule *rules_cited(const RuleSet *set, RuleGate gate, const RuleSubject *subject, Date on);
/* What it demands, in words: "14 days without Saturdays, Sundays". Caller frees. */
char *rule_text(const Rule *rule);
/* Of the most specific place that has its own. */
const Calendar *rules_calendar(const RuleSet *set, const char *jurisdiction);

/* ---- contact_window ---- */
typedef struct {
    bool any; /* false: no row is about them and they are no consumer */
    int from,
        to; /* what all rows together leave open; a consumer without a row has 08:00 to 21:00 */
    const Rule *rule; /* NULL: that default */
} ContactHours;
ContactHours rules_contact_hours(const RuleSet *set, const RuleSubject *subject, Date on);
/* The instant fits at every place the person may be: zones (comma separated) and home; each may be NULL. */
bool contact_hours_fit(const ContactHours *hours, const Zone *home, const char *zones, Instant at);

/* ---- call_cap ---- */
typedef struct {
    bool allowed;
    int64_t counted;  /* calls placed in the days that end on the day asked about */
    const char *why;  /* "cap", "conversation"; NULL allowed */
    Date next_on;     /* first day on which a call may be placed if none is until then */
    const Rule *rule; /* that forbids it */
} CallAnswer;
CallAnswer rules_call(const RuleSet *set, const RuleSubject *subject, const AccountState *state,
                      Date on);

/* ---- late_fee ---- */
typedef struct {
    Currency currency;
    int64_t configured, rent, past_due; /* minor units */
    Date due_on;
} LateFee;
typedef struct {
    bool allowed;         /* on that day, and something is left of it */
    Date earliest;        /* first day the law of that day allows */
    int64_t amount;       /* the lower of what is configured and every cap */
    const Rule *day_rule; /* row that sets the day; NULL none */
    const Rule *cap_rule; /* row that lowers the amount; NULL none */
} LateFeeAnswer;
LateFeeAnswer rules_late_fee(const RuleSet *set, const RuleSubject *subject, const LateFee *fee,
                             Date today);

/* ---- pay_or_quit ---- */
typedef struct {
    const Rule *rule; /* NULL: no row is about them */
    int64_t days;
    Date ends_on; /* DATE_NONE: no notice is required */
    Date next_act_from;
} NoticePeriod;
/* The law of the service day applies. */
NoticePeriod rules_notice_period(const RuleSet *set, const RuleSubject *subject, Date served_on);
/* Of the most specific row; *ret_rule may be NULL. -1: no row is about them. */
int rules_notice_form(const RuleSet *set, const RuleSubject *subject, Date served_on,
                      bool first_time_late, const Rule **ret_rule);

/* ---- loading ---- */
/* `rules:`, a map of ids to rows. `calendars` and `calendar` of *ret_set are left as they are. False and findings. */
bool rules_load(const Node *map, Arena *arena, Diags *diags, RuleSet *ret_set);
/* Keys for docs/reference/configuration.md: of every row, then of each gate's. */
typedef struct {
    const char *name, *doc;
    const Key *keys;
    size_t n_keys;
} RuleSection;
extern const RuleSection rule_sections[];
extern const size_t n_rule_sections;

#endif
