/* Phone numbers in the form in which every platform takes them. */
#include "dunhub/platform.h"

#include <ctype.h>
#include <string.h>

enum { DIGITS_MIN = 7, DIGITS_MAX = 15 }; /* ITU-T E.164 with its country code */

/* What people put between digits. */
static bool is_separator(char c)
{
    return c && strchr(" .-/()\t", c);
}

char *dunhub_e164(const DunhubTask *task, const char *text)
{
    char digits[DIGITS_MAX + 1];
    size_t n = 0;
    while (is_separator(*text))
        text++;
    if (*text == '+')
        text++;
    else if (text[0] == '0' && text[1] == '0')
        text += 2;
    else
        return NULL; /* a national number belongs to a country nobody named */
    for (; *text; text++) {
        if (is_separator(*text))
            continue;
        if (!isdigit((unsigned char)*text) || n == DIGITS_MAX)
            return NULL;
        digits[n++] = *text;
    }
    if (n < DIGITS_MIN || digits[0] == '0')
        return NULL;
    return dunhub_format(task, "+%.*s", (int)n, digits);
}
