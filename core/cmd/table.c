#include "cmd/table.h"

#include <glib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

enum {
    CELL_MAX = 200,
    LEAST_WIDTH = 8,
    GAP = 2, /* between columns */
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
    const size_t *yielding;
    size_t n_yielding;
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

void table_yields(Table *table, const size_t *columns, size_t n)
{
    table->yielding = columns;
    table->n_yielding = n;
}

/* Cells of a terminal: a wide letter takes two. */
static size_t cells_of(const char *text)
{
    size_t n = 0;
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar letter = g_utf8_get_char(p);
        n += g_unichar_iszerowidth(letter) ? 0 : g_unichar_iswide(letter) ? 2 : 1;
    }
    return n;
}

static size_t width_of(const Table *table, size_t column)
{
    size_t width = 0;
    for (guint i = 0; i < table->rows->len; i++)
        width = MAX(width, cells_of(((char **)table->rows->pdata[i])[column]));
    return width;
}

/* What does not fit: first the wide column gives way, then those that yield are left out (0), in
 * their order. */
static size_t *widths_of(const Table *table, int columns)
{
    size_t *widths = g_new0(size_t, table->n_columns);
    size_t total = 0;
    for (size_t i = 0; i < table->n_columns; i++)
        total += (widths[i] = width_of(table, i)) + GAP;
    size_t room = columns > 0 ? (size_t)columns + GAP : total;
    size_t least = MIN(widths[table->wide], (size_t)LEAST_WIDTH);
    size_t spare = widths[table->wide] - least;
    for (size_t i = 0; i < table->n_yielding && total > room + spare; i++) {
        total -= widths[table->yielding[i]] + GAP;
        widths[table->yielding[i]] = 0;
    }
    if (total > room)
        widths[table->wide] -= MIN(total - room, spare);
    return widths;
}

static void print_cell(FILE *out, const char *cell, size_t width, bool last)
{
    size_t n = cells_of(cell);
    if (n > width) {
        g_autofree char *cut = text_one_line(cell, width - 1);
        fputs(cut, out);
        n = width;
    } else {
        fputs(cell, out);
    }
    if (!last)
        fprintf(out, "%*s", (int)(width - n) + GAP, "");
}

static void print_row(const Table *table, char *const *row, const size_t *widths, FILE *out)
{
    size_t last = table->n_columns;
    while (last > 1 && widths[last - 1] == 0)
        last--;
    for (size_t column = 0; column < last; column++)
        if (widths[column] > 0)
            print_cell(out, row[column], widths[column], column + 1 == last);
}

/* Only ever on a terminal. */
static void print_left_out(const Table *table, const size_t *widths, FILE *out)
{
    char *const *titles = table->rows->pdata[0];
    g_autoptr(GString) names = g_string_new(NULL);
    for (size_t i = 0; i < table->n_columns; i++)
        if (widths[i] == 0)
            g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", titles[i]);
    if (names->len > 0)
        fprintf(out, "(too narrow for: %s; --json has all)\n", names->str);
}

void table_print(const Table *table, FILE *out)
{
    g_autofree size_t *widths = widths_of(table, columns_of(out));
    bool colours = table_colours(out);
    for (guint i = 0; i < table->rows->len; i++) {
        fputs(i == 0 && colours ? "\033[1m" : "", out);
        print_row(table, table->rows->pdata[i], widths, out);
        fputs(i == 0 && colours ? "\033[0m\n" : "\n", out);
    }
    print_left_out(table, widths, out);
}
