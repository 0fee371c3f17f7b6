/* What a simulation came to: as tables on the terminal, or as files. */
#ifndef DUNHUB_CMD_SIMULATE_REPORT_H
#define DUNHUB_CMD_SIMULATE_REPORT_H

#include "simulate/report.h"

typedef enum { REPORT_TABLE, REPORT_CSV, REPORT_JSON, REPORT_SVG } ReportFormat;

/* folder NULL: to standard output (no SVG). *error: a file could not be written. */
bool report_write(const Report *report, ReportFormat format, const char *folder, GError **error);
/* One line of JSON after the lines of decisions. */
void report_print_json(const Report *report);

#endif
