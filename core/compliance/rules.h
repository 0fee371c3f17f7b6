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

/* The gates of §9, in its order. */
typedef enum {
    RULE_CONTACT_WINDOW, RULE_INCONVENIENT, RULE_CALL_CAP, RULE_ATTORNEY, RULE_CEASE, RULE_THIRD_PARTY, RULE_E_OPTOUT,
    RULE_VALIDATION, RULE_DISPUTE_VERIFY, RULE_CREDIT_REPORT, RULE_TIME_BARRED, RULE_US_RECORDS, RULE_SMS_CONSENT,
    RULE_REVOKE_ALL, RULE_REASSIGNED, RULE_COMMERCIAL_EMAIL, RULE_MILITARY, RULE_BANKRUPTCY, RULE_DECEASED,
    RULE_FAIR_HOUSING, RULE_SELF_HELP, RULE_LATE_FEE, RULE_PAY_OR_QUIT, RULE_COVERED_30D, RULE_UK_PREACTION,
    RULE_UK_BREATHING, RULE_UK_INTEREST, RULE_EU_INTEREST, RULE_GDPR, RULE_CA_INTERNET, RULE_ON_CONTACT, N_RULE_GATES,
} RuleGate;
extern const char *const rule_gate_names[]; /* by RuleGate, NULL-ended */

/* What an account is, as rows ask for it. */
enum {
    FOR_CONSUMER = 1, FOR_COMPANY = 2, FOR_TENANT = 4, FOR_SUBSCRIBER = 8, FOR_BUSINESS = 16, FOR_SOLE_TRADER = 32,
    FOR_THIRD_PARTY = 64, FOR_COVERED = 128, FOR_SUBSIDISED = 256,
};
enum { SKIP_SATURDAY = 1, SKIP_SUNDAY = 2, SKIP_HOLIDAY = 4 };
typedef enum { BASE_RENT, BASE_PAST_DUE, BASE_LOWER } CapBase;
typedef enum { TAKE_LOWER, TAKE_GREATER, TAKE_SUM } CapTake;
typedef enum { FORM_PAY_OR_VACATE, FORM_VACATE } NoticeForm;
extern const char *const notice_form_names[];
typedef struct { Date from; int64_t hundredths; /* of a per cent a year */ } ReferenceRate;
typedef struct { int64_t below, sum; /* minor units; below INT64_MAX: everything else */ } FixedSum;

typedef struct {
    const char *id;
    int gate;                 /* RuleGate */
    const char *jurisdiction; /* path the account's must lie under: "US/NY"; NULL: everywhere */
    unsigned applies_to;      /* FOR_…: any of them; 0: everyone */
    unsigned only;            /* FOR_…: all of them */
    const char *tag;          /* only accounts with this tag; NULL: all */
    const char *const *not_tags;    /* not accounts with one of these; NULL-ended, NULL: none */
    int64_t units_from, units_to;   /* dwelling units of the building; an unknown number counts as many */
    Date effective_from, effective_to; /* first and last day in force; DATE_NONE: no such end */
    const char *citation, *reviewed_by, *note;
    Date reviewed_on;
    DiagPlace place;
    /* contact_window, on_contact: both ends belong; minutes of the day */
    int window_from, window_to, sunday_from, sunday_to;
    /* call_cap, on_contact */
    int64_t calls, contacts, days, quiet_days;
    /* periods of the gates that wait: what each means stands at its key in rules_keys.c */
    int64_t within_days, reply_days, warning_days, after_days, months, years;
    int64_t least; /* ca_internet: minor units of cap_currency that must be exceeded */
    /* late_fee; military: the rent limit is cap_fixed */
    int64_t first_day; /* due date + this is the first day on which a fee may be charged */
    int64_t after_business_days; /* the day after so many business days from the due date; 0: calendar days */
    int64_t cap_fixed;           /* minor units of cap_currency; AMOUNT_NONE none */
    Currency cap_currency;
    int64_t cap_permille;  /* of cap_of; 0: none */
    int64_t cap_above;     /* the share is of what exceeds this sum */
    int cap_of, cap_takes; /* CapBase, CapTake */
    bool in_writing;       /* only if the lease says so */
    /* pay_or_quit, covered_30d */
    int64_t notice_days, mail_days;
    unsigned skips;            /* SKIP_…: days that do not count */
    int form, form_first_late; /* NoticeForm; form_first_late -1: as form */
    bool rent_only;            /* the notice demands rent, no fee and no interest */
    /* uk_interest, eu_interest */
    int64_t margin; /* hundredths of a per cent above the reference rate */
    const ReferenceRate *rates; size_t n_rates; /* ascending */
    const FixedSum *fixed_sums; size_t n_fixed_sums;
    int64_t day_count;
    bool resets; /* each half-year; else fixed before it starts */
} Rule;

typedef struct {
    const char *jurisdiction; /* its name in the configuration */
    Calendar calendar;
    const HolidayRule *rules; size_t n_rules; /* it was worked out from, for people; NULL: lists only */
} PlaceCalendar;

/* The rows that can concern an account of that path, worked out at load: asking walks these alone. */
typedef struct {
    const char *path; /* "": everywhere */
    const Rule *const *rows;
    size_t first[N_RULE_GATES + 1];
} RulePlace;

typedef struct {
    const Rule *rules;
    size_t n;                       /* by gate, then in the order of the configuration */
    size_t first[N_RULE_GATES + 1]; /* rules[first[g]] … rules[first[g + 1] - 1] are of gate g */
    const RulePlace *places; size_t n_places; /* by path */
    const PlaceCalendar *calendars; size_t n_calendars;
    Calendar calendar; /* where no place has its own */
} RuleSet;

/* Whom a rule is asked about. */
typedef struct {
    const char *jurisdiction; /* NULL unknown: only rows of everywhere match */
    unsigned is;              /* FOR_… */
    const char *tags;
    int64_t units;            /* 0 unknown */
} RuleSubject;
RuleSubject rules_subject(const Account *account);

/* Whether the row is about this subject, on whatever day; and whether it holds on that day. */
bool rule_is_about(const Rule *rule, const RuleSubject *subject);
bool rule_in_force(const Rule *rule, Date on);
/* Of the known paths the most specific that the jurisdiction lies under; NULL: there are no rules at all. */
const RulePlace *rules_place(const RuleSet *set, const char *jurisdiction);
/* The rows of the gate that are about the subject and in force, one after the other; NULL: no more. */
typedef struct { const Rule *const *at, *const *end; const RuleSubject *subject; Date on; } RuleWalk;
RuleWalk rules_walk(const RuleSet *set, RuleGate gate, const RuleSubject *subject, Date on);
const Rule *rules_step(RuleWalk *walk);
/* The most specific of them; NULL none. */
const Rule *rules_cited(const RuleSet *set, RuleGate gate, const RuleSubject *subject, Date on);
bool rule_is_more_specific(const Rule *rule, const Rule *than); /* than NULL: true */
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

/* ---- inconvenient ---- */
/* Times a person asked not to be contacted at: "mon-fri 09:00-17:00, sun, 22:00-08:00". A text that cannot be read stands for
 * every time, until it is corrected. */
bool inconvenient_at(const char *times, LocalTime at);
bool inconvenient_is_readable(const char *times);

/* ---- on_contact ---- */
typedef struct {
    const Rule *hours; /* row whose hours forbid contact now; NULL none */
    const Rule *cap;   /* row whose number of contacts is reached; NULL none */
    Date next_on;      /* first day on which the cap lets another one through */
} OntarioAnswer;
OntarioAnswer rules_contact_cap(const RuleSet *set, const RuleSubject *subject, const AccountState *state, LocalTime at);

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
/* A row that allows a fee only where the contract provides for it in writing; NULL none. */
const Rule *rules_fee_in_writing(const RuleSet *set, const RuleSubject *subject, Date today);
LateFeeAnswer rules_late_fee(const RuleSet *set, const RuleSubject *subject, const LateFee *fee,
                             Date today);

/* ---- pay_or_quit ---- */
typedef struct {
    const Rule *rule; /* NULL: no row is about them */
    int64_t days;
    Date ends_on; /* DATE_NONE: no notice is required */
    Date next_act_from;
} NoticePeriod;
/* The law of the service day applies. mailed: days that the row adds for the post count too. */
NoticePeriod rules_notice_period(const RuleSet *set, const RuleSubject *subject, Date served_on, bool mailed);
/* A notice served on that day demands rent alone; the row, NULL: none says so. */
const Rule *rules_rent_only(const RuleSet *set, const RuleSubject *subject, Date served_on);
/* Of the most specific row; *ret_rule may be NULL. -1: no row is about them. */
int rules_notice_form(const RuleSet *set, const RuleSubject *subject, Date served_on,
                      bool first_time_late, const Rule **ret_rule);

/* ---- uk_interest, eu_interest ---- */
typedef struct {
    int64_t days;     /* paid_on - due_on, not below 0 */
    int64_t interest; /* minor units, rounded half up once */
    int64_t fixed_sum;
} StatutoryInterest;
/* False: a reference rate is missing, or the amount is too large. */
/* Rate in hundredths of a per cent, times days, of the days from..until (both in) of a debt due on due_on; divided by
 * 10000 x day_count it is what one unit bears. False: a reference rate is missing. */
bool rule_interest_weight(const Rule *row, Date due_on, Date from, Date until, int64_t *ret_weight);
/* 0: the row grants none in that currency. */
int64_t rule_fixed_sum(const Rule *row, Currency currency, int64_t principal);
bool rule_interest(const Rule *row, int64_t principal, Date due_on, Date paid_on, StatutoryInterest *ret_interest);
/* Row of a regime (RULE_UK_INTEREST, RULE_EU_INTEREST) or of whichever is about them; NULL none. */
const Rule *rules_interest_row(const RuleSet *set, const RuleSubject *subject, Date on);

/* "3.75" as hundredths of a per cent; at most two decimals. */
bool rule_read_percent(const char *text, int64_t *ret_hundredths);

/* ---- us_records, gdpr ---- */
/* Last day on which records of an account must be kept whose last collection act was on that day; DATE_NONE: no row. */
Date rules_keep_until(const RuleSet *set, const RuleSubject *subject, Date last_act_on, const Rule **ret_rule);

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
