#include "cmd/terminal.h"

#include "base/log.h"
#include "base/text.h"
#include "cmd/table.h"

#include <string.h>
#include <unistd.h>

enum { FINDINGS_SHOWN = 20, TEXT_MAX = 600, NAME_WIDTH = 16 };

typedef enum { PLAIN, GREEN, YELLOW, RED, BLUE, DIM } Colour;
static const char *const colours[] = {"",         "\033[32m", "\033[33m",
                                      "\033[31m", "\033[34m", "\033[2m"};

struct Terminal {
    bool quiet, person, coloured;
    const Zone *zone;
    HubCounters shown;
    size_t findings;
};

/* What of a decision a person wants to see pass by; the rest is in `explain`. */
typedef struct {
    const char *event, *word;
    Colour colour;
} Line;
static const Line lines[] = {
    {"entered", "delinquent", YELLOW},
    {"left", "left", GREEN},
    {"step_entered", "step", BLUE},
    {"step_skipped", "skipped", DIM},
    {"notice_accepted", "sent", GREEN},
    {"notice_suppressed", "not sent", DIM},
    {"notice_failed", "came back", RED},
    {"notice_unreachable", "unreachable", RED},
    {"act_done", "done", GREEN},
    {"act_failed", "failed", RED},
    {"act_held", "held", RED},
    {"service_suspended", "suspended", YELLOW},
    {"service_restored", "restored", GREEN},
    {"fee_charged", "fee", YELLOW},
    {"needs_intervention", "needs you", YELLOW},
    {"awaiting", "awaits", YELLOW},
    {"ledger_unread", "unread", RED},
};

Terminal *terminal_new(bool quiet, const Zone *zone)
{
    Terminal *terminal = g_new0(Terminal, 1);
    terminal->quiet = quiet;
    terminal->zone = zone;
    terminal->person = isatty(STDOUT_FILENO);
    terminal->coloured = table_colours(stdout);
    return terminal;
}

void terminal_free(Terminal *terminal)
{
    g_free(terminal);
}

static void line(const Terminal *terminal, Colour colour, const char *word, const char *text)
{
    g_autofree char *clean = text_one_line(text, TEXT_MAX);
    const char *on = terminal->coloured ? colours[colour] : "";
    const char *off = terminal->coloured && *on ? "\033[0m" : "";
    printf("%s%-11s%s %s\n", on, word, off, clean);
    fflush(stdout);
}

void terminal_said(Terminal *terminal, const char *format, ...)
{
    if (terminal->quiet)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (terminal->person)
        line(terminal, PLAIN, "dunhub", text);
    else
        log_message(LOG_INFO, "run", "%s", text);
}

static const Line *line_of(const char *event)
{
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
        if (strcmp(lines[i].event, event) == 0)
            return &lines[i];
    return NULL;
}

static char *date_of(const Terminal *terminal, Instant now, char ret[static 16])
{
    return date_format(zone_date(terminal->zone, now), ret);
}

void terminal_reason(void *data, const char *account, Instant now, const AccountState *after,
                     const Reason *reason)
{
    const Terminal *terminal = data;
    const Line *shown = line_of(reason->event);
    if (terminal->quiet || !shown)
        return;
    char day[16];
    const char *name = after->account.name && terminal->person ? after->account.name : account;
    const char *about = reason->reason ? reason->reason : reason->subject;
    const char *said = reason->text ? reason->text : about ? about : "";
    bool adds = about && !strstr(said, about);
    long wide = g_utf8_strlen(name, -1);
    int pad = wide < NAME_WIDTH ? (int)(NAME_WIDTH - wide) : 0;
    g_autofree char *text = g_strdup_printf("%s  %s%*s %s%s%s", date_of(terminal, now, day), name,
                                            pad, "", said, adds ? " · " : "", adds ? about : "");
    if (terminal->person)
        line(terminal, shown->colour, shown->word, text);
    else
        log_message(LOG_INFO, "run", "%s %s", shown->word, text);
}

void terminal_alert(Terminal *terminal, const HubAlert *alert)
{
    bool good = strcmp(alert->code, "instance_resumed") == 0;
    if (terminal->person)
        line(terminal, good ? GREEN : RED, alert->code, alert->text);
    else
        log_message(good ? LOG_NOTICE : LOG_WARN, "run", "%s: %s", alert->code, alert->text);
}

void terminal_finding(Terminal *terminal, const char *instance, const char *place,
                      const char *message)
{
    g_autofree char *text = g_strdup_printf("%s: %s: %s", instance, place ? place : "?", message);
    if (terminal->person && ++terminal->findings <= FINDINGS_SHOWN)
        line(terminal, YELLOW, "left out", text);
    if (terminal->person && terminal->findings == FINDINGS_SHOWN + 1)
        line(terminal, YELLOW, "left out", "more rows of this kind; all of them are in the log");
    if (!terminal->person || terminal->findings > FINDINGS_SHOWN)
        log_message(LOG_WARN, "run", "left out %s", text);
}

void terminal_counts(Terminal *terminal, const HubCounters *now)
{
    uint64_t read = now->page_events - terminal->shown.page_events;
    uint64_t known = now->page_duplicates - terminal->shown.page_duplicates;
    uint64_t bad = now->page_invalid - terminal->shown.page_invalid;
    if (read)
        terminal_said(terminal,
                      "read %" G_GUINT64_FORMAT " facts of the ledgers, %" G_GUINT64_FORMAT
                      " of them known, %" G_GUINT64_FORMAT " left out",
                      read, known, bad);
    terminal->shown = *now;
}
