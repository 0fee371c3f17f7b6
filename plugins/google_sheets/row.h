/* An act's input as the cells of one row. */
#ifndef GOOGLE_SHEETS_ROW_H
#define GOOGLE_SHEETS_ROW_H

#include "dunhub/platform.h"

/* The key first, then one value per configured column: text, number, bool or null. New reference. */
json_t *row_values(const DunhubTask *task, const json_t *columns, const json_t *input, const char *key);
/* {"values":[{"userEnteredValue":{"stringValue": …}}]}: a text there is never a formula. New reference. */
json_t *row_cells(const json_t *values);
/* Names of the columns as a row. New reference. */
json_t *row_titles(const json_t *columns);

#endif
