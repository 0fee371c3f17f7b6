/* Rows appended to a CSV file, once per key. */
#ifndef FILE_DROP_SHEET_H
#define FILE_DROP_SHEET_H

#include "drop.h"

/* Appends input's "row" (an object of columns; without it the input's own texts and numbers) to FOLDER/SHEET.csv, sheet
 * being input's "sheet". Sets the result. */
void sheet_append(Drop *drop);

#endif
