/* What an answer says about further calls. */
#include "lib/pace.h"

#include <glib.h>

#define NOW 1800000000

static void test_rows(void)
{
    static const struct {
        int status;
        int64_t retry_after_ms;
        const char *headers;
        int64_t wait_ms;
    } rows[] = {
        {200, 0, "", 0},
        {429, 7000, "", 7000},
        {503, 7000, "Retry-After: 7\n", 7000},
        {500, 7000, "", 0}, /* asks for this act alone */
        {200, 0, "RateLimit-Remaining: 10\nRateLimit-Reset: 60\n", 0},
        {200, 0, "RateLimit-Remaining: 9\nRateLimit-Reset: 60\n", 6000},
        {200, 0, "ratelimit-remaining:0\nratelimit-reset:60\n", 60000},
        {200, 0, "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1800000030\n", 30000},
        {200, 0, "X-Rate-Limit-Remaining: 0\nX-Rate-Limit-Reset: 1799999999\n", 0},
        {200, 0, "X-Rate-Limit-Remaining: 0\nX-Rate-Limit-Reset: 9999999999999\n", 86400000},
        {200, 0, "X-MinLimit-Remaining: 0\nX-DayLimit-Remaining: 4000\n", 60000},
        {200, 0, "X-MinLimit-Remaining: 59\nX-DayLimit-Remaining: 0\n", 900000},
        {200, 0, "X-RateLimit-Remaining: none\n", 0},
        {200, 0, "X-RateLimit-Remaining: -3\n", 0},
        {200, 0, "Not-X-RateLimit-Remaining: 0\n", 0},
        {429, 7000, "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 2\n", 7000},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%d %s", rows[i].status, rows[i].headers);
        g_assert_cmpint(pace_wait_ms(rows[i].status, rows[i].retry_after_ms, rows[i].headers, NOW),
                        ==, rows[i].wait_ms);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pace/rows", test_rows);
    return g_test_run();
}
