/* How many segments a text message has. */
#include <string.h>

#include "notice/notice.h"

/* GSM 03.38 beside letters and digits, and the signs that take two septets. */
static const char basic[] = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
static const char extended[] = "^{}\\[~]|€\f";

enum { SEPTETS_ONE = 160, SEPTETS_EACH = 153, UNITS_ONE = 70, UNITS_EACH = 67 };

/* 0: not in the alphabet. */
static int septets(gunichar c)
{
    if (c < 0x80 && g_ascii_isalnum((char)c))
        return 1;
    if (g_utf8_strchr(basic, -1, c) != NULL)
        return 1;
    return g_utf8_strchr(extended, -1, c) != NULL ? 2 : 0;
}

/* A character of two units is not parted between segments. */
static int64_t segments(const char *text, bool ucs2, int64_t units)
{
    int64_t one = ucs2 ? UNITS_ONE : SEPTETS_ONE, each = ucs2 ? UNITS_EACH : SEPTETS_EACH;
    if (units <= one)
        return units > 0;
    int64_t n = 1, used = 0;
    for (; *text != '\0'; text = g_utf8_next_char(text)) {
        gunichar c = g_utf8_get_char(text);
        int64_t size = ucs2 ? (c > 0xffff ? 2 : 1) : septets(c);
        if (used + size > each) {
            n++;
            used = 0;
        }
        used += size;
    }
    return n;
}

SmsSize sms_size(const char *text)
{
    SmsSize size = {0};
    int64_t in_septets = 0, in_units = 0;
    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        int of = septets(c);
        size.ucs2 = size.ucs2 || of == 0;
        in_septets += of;
        in_units += c > 0xffff ? 2 : 1;
    }
    size.units = size.ucs2 ? in_units : in_septets;
    size.segments = segments(text, size.ucs2, size.units);
    return size;
}
