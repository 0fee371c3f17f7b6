/* Tables for a person: as wide as the terminal, or plain when the output is piped. */
#ifndef DUNHUB_CMD_TABLE_H
#define DUNHUB_CMD_TABLE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A terminal, and NO_COLOR is not set. */
bool table_colours(FILE *out);

typedef struct Table Table;
/* titles: NULL-ended. Column `wide` gives way when the terminal is too narrow. */
Table *table_new(const char *const *titles, size_t wide);
/* These, without the wide one, are left out in this order when even that is not enough. columns: borrowed. */
void table_yields(Table *table, const size_t *columns, size_t n);
void table_free(Table *table);
/* One text for each column; NULL and "" are shown as "-". Control characters are neutralised. */
void table_add(Table *table, const char *const *cells);
void table_print(const Table *table, FILE *out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Table, table_free)

#endif
