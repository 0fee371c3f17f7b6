/* What simulations came to, as rows for tables and files, as JSON, and as series over the days: of one policy or of two. */
#ifndef DUNHUB_SIMULATE_REPORT_H
#define DUNHUB_SIMULATE_REPORT_H

#include "base/json.h"
#include "simulate/compare.h"
#include "simulate/tally.h"

typedef struct {
    const TallyResult *sides[2];
    const char *names[2]; /* as the user wrote them */
    size_t n_sides;
    const Compare *compare; /* NULL: one side */
} Report;

/* section: "notices" "steps" "acts" "figures" "costs". values: one for each side; NULL: nothing to judge. */
typedef struct {
    const char *section;
    char *name, *values[2], *difference; /* difference: of two sides, where both are numbers; NULL */
    const char *targets[2];              /* "met", "missed"; NULL: none */
} ReportRow;

/* In the order of sections, within them by name; both sides have the same rows. */
GPtrArray *report_rows(const Report *report); /* ReportRow; frees its rows */
/* {"from","to","accounts","delinquent","decisions","notices","metrics","channels","steps","acts","costs"}; new reference. */
json_t *report_summary(const TallyResult *result);
/* {"summary":…}, or {"comparison":{"a":{"name",…},"b":…,"differences":[…],"left_out":n}}; new reference. */
json_t *report_json(const Report *report);

/* Files of a table: a line for each row, RFC 4180, cells that a spreadsheet would take for a formula made harmless. */
char *report_csv(const Report *report);
/* A line for each day: notices, cash collected by currency, accounts in each step; of both sides. */
char *report_days_csv(const Report *report);
/* The accounts that are treated differently. */
char *report_differences_csv(const Report *report);

/* Charts as SVG by file name: "steps", "notices", "collected-USD" …; char * each. */
GHashTable *report_charts(const Report *report);

#endif
