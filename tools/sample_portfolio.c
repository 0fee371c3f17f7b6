/* Writes the sample portfolio: three ledgers of a made-up company, dated relative to a day, so that it never goes stale.
 *
 *   sample_portfolio FOLDER [--today 2026-11-22] [--seed 7]
 *
 *   rents.csv          tenants: MM/DD/YYYY, "1,250.00", USD
 *   subscriptions.csv  subscribers: semicolons, DD.MM.YYYY, "49,90", EUR
 *   invoices.csv       businesses: ISO dates, plain decimals, USD and GBP
 *
 * Same day and seed, same bytes. Most people pay on time, some late, some in part, a few not at all. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/date.h"

typedef enum { PAYS_ON_TIME, PAYS_LATE, PAYS_VERY_LATE, STOPPED_PAYING, NEVER_PAID } Habit;

static uint64_t random_state;

static uint32_t random_next(uint32_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % bound;
}

static const char *const given_names[] = {
    "Amara",     "Björn", "Chloé", "Dmitri", "Elena", "Farid", "Grace",   "Hiro", "Inés", "Jamal",
    "Katarzyna", "Liam",  "Mei",   "Noah",   "Olga",  "Priya", "Quentin", "Rosa", "Sven", "Thuy"};
static const char *const family_names[] = {
    "Adebayo", "Brunner", "Castillo", "Dubois",   "Eriksen",   "Ferrari", "García",
    "Haddad",  "Ivanova", "Johnson",  "Kowalska", "Lindqvist", "Müller",  "Nguyen",
    "O'Brien", "Patel",   "Quiroga",  "Rossi",    "Šimić",     "Tanaka"};
static const char *const trades[] = {"Logistics", "Dental",      "Bakery",    "Robotics",
                                     "Roofing",   "Print Works", "Foods",     "Textiles",
                                     "Optics",    "Marine",      "Interiors", "Software"};
static const char *const places[] = {"Kestrel",   "Harbour", "Linden",  "Northgate", "Cedar",
                                     "Millbrook", "Aurora",  "Granite", "Willow",    "Summit"};
static const char *const states[] = {"OH", "TX", "NY", "CA", "FL", "WA", "CO", "VA"};
#define PICK(table) ((table)[random_next((uint32_t)(sizeof(table) / sizeof(*(table))))])

static Habit draw_habit(void)
{
    uint32_t draw = random_next(100);
    return draw < 58   ? PAYS_ON_TIME
           : draw < 76 ? PAYS_LATE
           : draw < 86 ? PAYS_VERY_LATE
           : draw < 95 ? STOPPED_PAYING
                       : NEVER_PAID;
}

/* The day on which an invoice due on `due` is paid; DATE_NONE if that has not happened by `today`. */
static Date draw_payment(Habit habit, Date due, Date stopped, Date today)
{
    static const struct {
        int least, spread;
    } days[] = {[PAYS_ON_TIME] = {-6, 7},
                [PAYS_LATE] = {2, 9},
                [PAYS_VERY_LATE] = {10, 30},
                [STOPPED_PAYING] = {-3, 8}};
    if (habit == NEVER_PAID || (habit == STOPPED_PAYING && due >= stopped))
        return DATE_NONE;
    Date paid = due + days[habit].least + (Date)random_next((uint32_t)days[habit].spread);
    return paid <= today ? paid : DATE_NONE;
}

typedef enum { STYLE_US, STYLE_EU, STYLE_ISO } Style;

static const char *write_date(Style style, Date date, char ret[static 32])
{
    if (date == DATE_NONE)
        return "";
    int year, month, day;
    date_to_ymd(date, &year, &month, &day);
    if (style == STYLE_US)
        snprintf(ret, 32, "%02d/%02d/%04d", month, day, year);
    else if (style == STYLE_EU)
        snprintf(ret, 32, "%02d.%02d.%04d", day, month, year);
    else
        snprintf(ret, 32, "%04d-%02d-%02d", year, month, day);
    return ret;
}

static const char *write_amount(Style style, int64_t minor, char ret[static 32])
{
    int64_t whole = minor / 100, cents = minor % 100;
    if (style == STYLE_US && whole >= 1000)
        snprintf(ret, 32, "\"%" PRId64 ",%03" PRId64 ".%02" PRId64 "\"", whole / 1000, whole % 1000,
                 cents);
    else
        snprintf(ret, 32, "%" PRId64 "%c%02" PRId64, whole, style == STYLE_EU ? ',' : '.', cents);
    return ret;
}

static FILE *open_file(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        fprintf(stderr,
                "sample_portfolio: cannot write %s: %s. Make the folder or choose another.\n", path,
                strerror(errno));
        exit(3);
    }
    return file;
}

static void close_file(FILE *file, const char *name)
{
    if (ferror(file) || fclose(file) != 0) {
        fprintf(stderr, "sample_portfolio: could not write all of %s: %s\n", name, strerror(errno));
        exit(3);
    }
}

/* First of the month `back` months before the one of `today`. */
static Date month_start(Date today, int back)
{
    int year, month, day;
    date_to_ymd(today, &year, &month, &day);
    return date_add_months(date_from_ymd(year, month, 1), -back, 1);
}

static void write_rents(const char *folder, Date today)
{
    FILE *file = open_file(folder, "rents.csv");
    fputs("Tenant ID,Tenant,Email,Phone,Property,Unit,State,Charge ID,Rent,Posted,Due Date,Paid "
          "On,Amount Paid\n",
          file);
    for (int tenant = 1; tenant <= 130; tenant++) {
        const char *given = PICK(given_names), *family = PICK(family_names), *place = PICK(places),
                   *state = PICK(states);
        int unit = 100 + (int)random_next(40);
        int64_t rent = 85000 + (int64_t)random_next(40) * 2500;
        Habit habit = draw_habit();
        Date stopped = month_start(today, (int)random_next(3));
        for (int back = 4; back >= 0; back--) {
            Date due = month_start(today, back);
            if (due - 7 > today)
                continue;
            Date paid = draw_payment(habit, due, stopped, today);
            bool part = paid != DATE_NONE && random_next(25) == 0;
            char rent_text[32], paid_text[32], posted[32], due_text[32], paid_date[32];
            fprintf(
                file,
                "T%04d,%s %s,tenant%d@tenants.example,(312) 555-%04d,%s "
                "Row,%d,%s,R%04d-%d,%s,%s,%s,%s,%s\n",
                tenant, given, family, tenant, 100 + tenant, place, unit, state, tenant, 5 - back,
                write_amount(STYLE_US, rent, rent_text), write_date(STYLE_US, due - 7, posted),
                write_date(STYLE_US, due, due_text), write_date(STYLE_US, paid, paid_date),
                paid == DATE_NONE ? "" : write_amount(STYLE_US, part ? rent / 2 : rent, paid_text));
        }
    }
    close_file(file, "rents.csv");
}

static void write_subscriptions(const char *folder, Date today)
{
    FILE *file = open_file(folder, "subscriptions.csv");
    fputs("Kunde;Name;E-Mail;Rechnung;Betrag;Datum;Bezahlt am\n", file);
    for (int subscriber = 1; subscriber <= 120; subscriber++) {
        const char *given = PICK(given_names), *family = PICK(family_names);
        static const int64_t prices[] = {2990, 3990, 4990, 6500};
        int64_t price = PICK(prices);
        Habit habit = draw_habit();
        Date stopped = today - 20 - (Date)random_next(60);
        int day = (int)random_next(28);
        for (int back = 4; back >= 0; back--) {
            Date issued = month_start(today, back) + day;
            if (issued > today)
                continue;
            Date paid = draw_payment(habit, issued + 10, stopped, today);
            char amount[32], date_text[32], paid_date[32];
            fprintf(file, "S%04d;%s %s;abo%d@netz.example;S%04d-%d;%s;%s;%s\n", subscriber, given,
                    family, subscriber, subscriber, 5 - back, write_amount(STYLE_EU, price, amount),
                    write_date(STYLE_EU, issued, date_text), write_date(STYLE_EU, paid, paid_date));
        }
    }
    close_file(file, "subscriptions.csv");
}

static void write_invoices(const char *folder, Date today)
{
    FILE *file = open_file(folder, "invoices.csv");
    fputs("customer,company,email,invoice,amount,currency,issued,due,settled,disputed\n", file);
    for (int business = 1; business <= 90; business++) {
        const char *place = PICK(places), *trade = PICK(trades);
        bool british = random_next(6) == 0;
        Habit habit = draw_habit();
        Date stopped = today - 30 - (Date)random_next(90);
        int n = 2 + (int)random_next(4);
        for (int i = 1; i <= n; i++) {
            Date issued = today - 150 + (Date)((150 * i) / (n + 1)) + (Date)random_next(12),
                 due = issued + 30;
            if (issued > today)
                continue;
            int64_t amount = 12000 + (int64_t)random_next(900) * 1000 + (int64_t)random_next(100);
            Date paid = draw_payment(habit, due, stopped, today);
            bool disputed = paid == DATE_NONE && random_next(15) == 0;
            char amount_text[32], issued_text[32], due_text[32], paid_text[32];
            fprintf(
                file, "B%04d,%s %s %s,accounts%d@business.example,INV-%04d-%d,%s,%s,%s,%s,%s,%s\n",
                business, place, trade, british ? "Ltd" : "Inc", business, business, i,
                write_amount(STYLE_ISO, amount, amount_text), british ? "GBP" : "USD",
                write_date(STYLE_ISO, issued, issued_text), write_date(STYLE_ISO, due, due_text),
                write_date(STYLE_ISO, paid, paid_text), disputed ? "yes" : "no");
        }
    }
    close_file(file, "invoices.csv");
}

int main(int argc, char **argv)
{
    const char *folder = NULL;
    Date today = (Date)(time(NULL) / 86400);
    random_state = 7;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--today") == 0 && i + 1 < argc &&
            date_parse(argv[i + 1], &today, NULL))
            i++;
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            random_state = strtoull(argv[++i], NULL, 10);
        else if (argv[i][0] != '-' && folder == NULL)
            folder = argv[i];
        else
            folder = NULL, i = argc;
    }
    if (folder == NULL) {
        fputs("usage: sample_portfolio FOLDER [--today YYYY-MM-DD] [--seed N]\n", stderr);
        return 2;
    }
    write_rents(folder, today);
    write_subscriptions(folder, today);
    write_invoices(folder, today);
    return 0;
}
