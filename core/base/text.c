#include "base/text.h"

#include <glib.h>
#include <string.h>

enum { DISTANCE_LONGEST = 64, DISTANCE_FAR = 99 };

bool text_is_clean(const char *bytes, size_t n)
{
    return g_utf8_validate_len(bytes, n, NULL);
}

bool text_is_name(const char *text, size_t max)
{
    size_t n = strlen(text);
    if (n == 0 || n > max || text[0] == '.' || text[0] == '-')
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!g_ascii_isalnum(text[i]) && strchr("_-.", text[i]) == NULL)
            return false;
    }
    return true;
}

/* C0 and C1 controls, line and paragraph separators, and the marks that turn the direction of what
 * follows. */
static bool is_control(gunichar c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0x200e ||
           c == 0x200f || c == 0x061c || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

char *text_one_line(const char *text, size_t max)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *line = g_string_sized_new(strlen(valid) + 4);
    size_t n = 0;
    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at), n++) {
        if (n == max) {
            g_string_append(line, "…");
            break;
        }
        gunichar c = g_utf8_get_char(at);
        g_string_append_unichar(line, is_control(c) ? 0xfffd : c);
    }
    return g_string_free(line, FALSE);
}

/* "-12.50" is a number, not a formula. */
static bool is_negative_number(const char *text)
{
    return text[0] == '-' && g_ascii_isdigit(text[1]) &&
           text[1 + strspn(text + 1, "0123456789.,")] == '\0';
}

char *text_cell(const char *text)
{
    gunichar first = g_utf8_get_char_validated(text, -1);
    bool formula = false;
    static const gunichar starts[] = {'=',  '+',    '-',    '@',    '\t',  '\r',
                                      '\n', 0xff1d, 0xff0b, 0xff0d, 0xff20};
    for (size_t i = 0; i < G_N_ELEMENTS(starts); i++)
        formula = formula || first == starts[i];
    if (!formula || is_negative_number(text))
        return g_strdup(text);
    return g_strconcat("'", text, NULL);
}

/* Bytes that are no UTF-8 count as the letters they would be in Latin-1: some distance is better
 * than none. */
static int letters_of(const char *text, gunichar ret[static DISTANCE_LONGEST + 1])
{
    int n = 0;
    while (*text != '\0' && n <= DISTANCE_LONGEST) {
        gunichar c = g_utf8_get_char_validated(text, -1);
        bool valid = c < 0x110000;
        ret[n++] = valid ? c : (guchar)*text;
        text = valid ? g_utf8_next_char(text) : text + 1;
    }
    return n;
}

static int least_of(int a, int b, int c)
{
    return MIN(MIN(a, b), c);
}

int text_distance(const char *a, const char *b)
{
    gunichar x[DISTANCE_LONGEST + 1], y[DISTANCE_LONGEST + 1];
    int n = letters_of(a, x), m = letters_of(b, y);
    if (n > DISTANCE_LONGEST || m > DISTANCE_LONGEST)
        return DISTANCE_FAR;
    int rows[3][DISTANCE_LONGEST + 1]; /* row i and the two before it */
    for (int j = 0; j <= m; j++)
        rows[0][j] = j;
    for (int i = 1; i <= n; i++) {
        int *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= m; j++) {
            int differs = x[i - 1] != y[j - 1];
            row[j] = least_of(above[j] + 1, row[j - 1] + 1, above[j - 1] + differs);
            if (i > 1 && j > 1 && x[i - 1] == y[j - 2] && x[i - 2] == y[j - 1])
                row[j] = MIN(row[j], above2[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}
