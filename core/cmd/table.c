#include "cmd/table.h"

#include <glib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

enum {
    CELL_MAX = 200,
    LEAST_WIDTH = 8,
};

/* 0: not a terminal. */
static int columns_of(FILE *out)
{
    struct winsize size;
    int fd = fileno(out);
    if (!isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 0;
    return size.ws_col;
}

/* https://no-color.org */
bool table_colours(FILE *out)
{
    g_auto(GStrv) environment = g_get_environ();
    const char *no_colour = g_environ_getenv(environment, "NO_COLOR");
    return isatty(fileno(out)) && (no_colour == NULL || no_colour[0] == '\0');
}

/* ---- tables ------------------------------------------------------------------------------- */

struct Table {
    GPtrArray *rows; /* of GStrv; the titles first */
    size_t n_columns, wide;
};

Table *table_new(const char *const *titles, size_t wide)
{
    Table *table = g_new0(Table, 1);
    table->rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    table->n_columns = g_strv_length((char **)titles);
    table->wide = wide;
    table_add(table, titles);
    return table;
}

void table_free(Table *table)
{
    g_ptr_array_unref(table->rows);
    g_free(table);
}

void table_add(Table *table, const char *const *cells)
{
    char **row = g_new0(char *, table->n_columns + 1);
    for (size_t i = 0; i < table->n_columns; i++)
        row[i] = text_one_line(cells[i] != NULL && cells[i][0] != '\0' ? cells[i] : "-", CELL_MAX);
    g_ptr_array_add(table->rows, row);
}

static size_t width_of(const Table *table, size_t column)
{
    size_t width = 0;
    for (guint i = 0; i < table->rows->len; i++)
        width = MAX(width, (size_t)g_utf8_strlen(((char **)table->rows->pdata[i])[column], -1));
    return width;
}

/* The wide column shrinks until the line fits. */
static size_t *widths_of(const Table *table, int columns)
{
    size_t *widths = g_new0(size_t, table->n_columns);
    size_t total = 0;
    for (size_t i = 0; i < table->n_columns; i++)
        total += (widths[i] = width_of(table, i)) + 2;
    size_t room = columns > 0 ? (size_t)columns : total;
    size_t least = MIN(widths[table->wide], (size_t)LEAST_WIDTH);
    if (total > room)
        widths[table->wide] = total - room >= widths[table->wide] - least
                                  ? least
                                  : widths[table->wide] - (total - room);
    return widths;
}

static void print_cell(FILE *out, const char *cell, size_t width, bool last)
{
    size_t n = (size_t)g_utf8_strlen(cell, -1);
    if (n > width) {
        g_autofree char *cut = text_one_line(cell, width - 1);
        fputs(cut, out);
        n = width;
    } else {
        fputs(cell, out);
    }
    if (!last)
        fprintf(out, "%*s", (int)(width - n) + 2, "");
}

void table_print(const Table *table, FILE *out)
{
    g_autofree size_t *widths = widths_of(table, columns_of(out));
    bool colours = table_colours(out);
    for (guint i = 0; i < table->rows->len; i++) {
        char **row = table->rows->pdata[i];
        fputs(i == 0 && colours ? "\033[1m" : "", out);
        for (size_t column = 0; column < table->n_columns; column++)
            print_cell(out, row[column], widths[column], column + 1 == table->n_columns);
        fputs(i == 0 && colours ? "\033[0m\n" : "\n", out);
    }
}
