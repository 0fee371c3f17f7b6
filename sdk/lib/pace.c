/* Platforms tell in headers how many calls are left, and until when they count. Nearing the end the calls are spread over what
 * is left of the window, so that the 429 does not come. */
#include "lib/pace.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    FEW = 10,                /* calls left: from here on they are spread */
    EPOCH_FROM = 1000000000, /* a larger number is an instant, a smaller one seconds from now */
    WINDOW_MAX_S = 24 * 3600,
};

/* Pairs that belong together; reset NULL: nobody says when, so the window of the doc. */
static const struct {
    const char *left, *reset;
    int64_t window_s;
} rows[] = {
    {"ratelimit-remaining", "ratelimit-reset", 60},
    {"x-ratelimit-remaining", "x-ratelimit-reset", 60},
    {"x-rate-limit-remaining", "x-rate-limit-reset", 60},
    {"x-minlimit-remaining", NULL, 60},
    {"x-daylimit-remaining", NULL, 900},
    {"x-appminlimit-remaining", NULL, 60},
};

/* The number of a header; -1: there is none. */
static int64_t number_of(const char *headers, const char *name)
{
    size_t n = strlen(name);
    for (const char *row = headers; *row;) {
        size_t length = strcspn(row, "\n");
        if (length > n && strncasecmp(row, name, n) == 0 && row[n] == ':') {
            const char *text = row + n + 1 + strspn(row + n + 1, " \t");
            char *end;
            long long value = strtoll(text, &end, 10);
            return end > text && value >= 0 ? value : -1;
        }
        row += length + (row[length] == '\n');
    }
    return -1;
}

static int64_t window_ms(const char *headers, size_t i, int64_t now_s)
{
    int64_t reset = rows[i].reset ? number_of(headers, rows[i].reset) : -1;
    int64_t seconds = reset < 0 ? rows[i].window_s : reset > EPOCH_FROM ? reset - now_s : reset;
    seconds = seconds < WINDOW_MAX_S ? seconds : WINDOW_MAX_S;
    return seconds > 0 ? seconds * 1000 : 0;
}

int64_t pace_wait_ms(int status, int64_t retry_after_ms, const char *headers, int64_t now_s)
{
    int64_t wait_ms = status == 429 || status == 503 ? retry_after_ms : 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t left = number_of(headers, rows[i].left);
        int64_t spread_ms = left < 0 || left >= FEW ? 0 : window_ms(headers, i, now_s) / (left + 1);
        wait_ms = spread_ms > wait_ms ? spread_ms : wait_ms;
    }
    return wait_ms;
}
