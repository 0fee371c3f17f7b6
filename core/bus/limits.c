#include "bus/limits.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "bus/link.h"
#include "model/event.h"

struct Pool {
    char *name; /* of the instance, or "PLUGIN:hash of what is shared" */
    unsigned n_links;
    int64_t concurrency, per_minute, per_day;
    int64_t pace_us;        /* when the calls sent so far are paid off at the pace of per_minute */
    int64_t pause_until_ms; /* what the platform asked for */
    int64_t day;            /* of UTC since 1970; -1: not read yet */
    int64_t used, reserved; /* of per_day; what is written down is `reserved` */
};

/* ---- pools ------------------------------------------------------------------------------------ */

/* What is shared may be a credential, so only its hash is a name. */
static char *pool_name(const Link *link, const char *shared)
{
    char hex[HASH_HEX];
    if (shared == NULL) {
        return g_strdup(link->name);
    }
    Hash hash = hash_of(shared, strlen(shared));
    return g_strdup_printf("%s:%.16s", link->plugin, hash_hex(&hash, hex));
}

static Pool *find_pool(const Bus *bus, const char *name)
{
    for (guint i = 0; i < bus->pools->len; i++) {
        Pool *pool = g_ptr_array_index(bus->pools, i);
        if (g_str_equal(pool->name, name)) {
            return pool;
        }
    }
    return NULL;
}

static void pool_free(Bus *bus, Pool *pool)
{
    g_free(pool->name);
    g_ptr_array_remove_fast(bus->pools, pool);
    g_free(pool);
}

void limits_leave(Bus *bus, Link *link)
{
    Pool *pool = g_steal_pointer(&link->pool);
    g_clear_pointer(&link->breaker.code, g_free);
    link->breaker = (Breaker){.off = link->breaker.off};
    if (pool == NULL || --pool->n_links > 0) {
        return;
    }
    if (pool->reserved > pool->used && bus->events.quota_put != NULL) {
        bus->events.quota_put(bus->events.data, pool->name, pool->day, pool->used);
    }
    pool_free(bus, pool);
}

void limits_join(Bus *bus, Link *link, const LimitsGiven *given)
{
    g_autofree char *name = pool_name(link, given->shared);
    if (link->pool != NULL && !g_str_equal(link->pool->name, name)) {
        limits_leave(bus, link);
    }
    if (link->pool == NULL) {
        link->pool = find_pool(bus, name);
        if (link->pool == NULL) {
            link->pool = g_new0(Pool, 1);
            link->pool->name = g_steal_pointer(&name);
            link->pool->day = -1;
            g_ptr_array_add(bus->pools, link->pool);
        }
        link->pool->n_links++;
    }
    link->pool->concurrency = given->concurrency;
    link->pool->per_minute = given->per_minute;
    link->pool->per_day = given->per_day;
}

static int64_t busy(const Bus *bus, const Pool *pool)
{
    int64_t n = 0;
    for (guint i = 0; i < bus->links->len; i++) {
        const Link *link = g_ptr_array_index(bus->links, i);
        n += link->pool == pool ? g_hash_table_size(link->flights) : 0;
    }
    return n;
}

/* ---- the pace of a minute ---------------------------------------------------------------------- */

/* A tenth of a minute's calls may come at once, the rest evenly: no 60 seconds see more than
 * per_minute. */
static int64_t pace_burst(const Pool *pool)
{
    return MAX(1, pool->per_minute / 10);
}

static int64_t pace_interval_us(const Pool *pool)
{
    int64_t evenly = pool->per_minute < 10 ? pool->per_minute : pool->per_minute - pace_burst(pool);
    return INT64_C(60000000) / evenly;
}

static int64_t pace_credit(const Bus *bus, const Pool *pool)
{
    if (pool->per_minute <= 0) {
        return INT64_MAX;
    }
    int64_t unpaid = MAX(0, pool->pace_us - bus_now_ms(bus) * 1000);
    int64_t interval = pace_interval_us(pool);
    return pace_burst(pool) - (unpaid + interval - 1) / interval;
}

static int64_t pace_free_ms(const Pool *pool)
{
    return (pool->pace_us - (pace_burst(pool) - 1) * pace_interval_us(pool) + 999) / 1000;
}

static void pay_pace(const Bus *bus, Pool *pool)
{
    if (pool->per_minute > 0) {
        pool->pace_us = MAX(pool->pace_us, bus_now_ms(bus) * 1000) + pace_interval_us(pool);
    }
}

/* ---- the quota of a day ------------------------------------------------------------------------ */

static int64_t today(const Bus *bus)
{
    Instant now = bus->clock->now(bus->clock);
    return now / INSTANT_DAY - (now % INSTANT_DAY < 0);
}

/* A clock that goes back begins no day anew. False: what was counted cannot be read. */
static bool turn_day(const Bus *bus, Pool *pool)
{
    int64_t day = today(bus), used = 0;
    if (pool->day >= day) {
        return true;
    }
    if (pool->day < 0 && bus->events.quota_get != NULL &&
        !bus->events.quota_get(bus->events.data, pool->name, day, &used)) {
        return false;
    }
    pool->day = day;
    pool->used = pool->reserved = used;
    return true;
}

static int64_t quota_credit(const Bus *bus, Pool *pool)
{
    if (pool->per_day <= 0) {
        return INT64_MAX;
    }
    return turn_day(bus, pool) ? pool->per_day - pool->used : 0;
}

static int64_t next_day_ms(const Bus *bus, const Pool *pool)
{
    Instant end = (pool->day + 1) * INSTANT_DAY;
    return bus_now_ms(bus) + MAX(1, end - bus->clock->now(bus->clock));
}

static bool pay_quota(Bus *bus, Pool *pool, GError **error)
{
    if (pool->per_day <= 0 || pool->used < pool->reserved || bus->events.quota_put == NULL) {
        pool->used += pool->per_day > 0;
        return true;
    }
    int64_t ahead = MIN(pool->per_day, pool->used + MAX(1, pool->per_day / LIMITS_RESERVE_PART));
    if (!bus->events.quota_put(bus->events.data, pool->name, pool->day, ahead)) {
        g_set_error(error, BUS_ERROR, BUS_ERROR_CREDIT,
                    "a call of the day's quota of '%s' could not be written down", pool->name);
        return false;
    }
    pool->reserved = ahead;
    pool->used++;
    return true;
}

/* ---- an outage --------------------------------------------------------------------------------- */

/* Not reached, no answer, or an answer that says that the platform itself is broken. */
static bool is_outage(int outcome, const char *code)
{
    bool doubt = outcome == OUTCOME_RETRY || outcome == OUTCOME_UNCERTAIN;
    bool broken = code != NULL && strlen(code) == 3 && code[0] == '5' && g_ascii_isdigit(code[1]) &&
                  g_ascii_isdigit(code[2]);
    return doubt &&
           (broken || g_strcmp0(code, "unreachable") == 0 || g_strcmp0(code, "no_answer") == 0);
}

static void tell(Bus *bus, const Link *link, const char *why)
{
    if (bus->events.held != NULL) {
        bus->events.held(bus->events.data, link->name, why);
    }
}

static void fail_once(Bus *bus, Link *link, const char *code)
{
    Breaker *breaker = &link->breaker;
    bool was_open = breaker->wait_ms > 0;
    g_free(breaker->code);
    breaker->code = g_strdup(code);
    breaker->failures += breaker->failures < UINT32_MAX;
    if (breaker->off || breaker->failures < BREAKER_FAILURES ||
        (was_open && bus_now_ms(bus) < breaker->retry_at_ms)) {
        return; /* calls that were on their way when it opened tell nothing new */
    }
    breaker->wait_ms = was_open ? MIN(2 * breaker->wait_ms, BREAKER_WAIT_MAX_MS) : BREAKER_WAIT_MS;
    breaker->retry_at_ms = bus_now_ms(bus) + breaker->wait_ms;
    if (!was_open) {
        g_autofree char *why = limits_why(bus, link);
        tell(bus, link, why);
    }
}

static void succeed(Bus *bus, Link *link)
{
    Breaker *breaker = &link->breaker;
    bool was_open = breaker->wait_ms > 0;
    g_clear_pointer(&breaker->code, g_free);
    breaker->failures = 0;
    breaker->wait_ms = 0;
    if (was_open) {
        tell(bus, link, NULL);
    }
}

static int64_t breaker_credit(const Bus *bus, const Link *link)
{
    const Breaker *breaker = &link->breaker;
    if (breaker->wait_ms == 0) {
        return INT64_MAX;
    }
    bool tries = bus_now_ms(bus) >= breaker->retry_at_ms;
    return tries && g_hash_table_size(link->flights) == 0 ? 1 : 0;
}

/* ---- all of them ------------------------------------------------------------------------------- */

int64_t limits_credit(const Bus *bus, const Link *link)
{
    Pool *pool = link->pool;
    if (pool == NULL) {
        return 0;
    }
    int64_t credit = MIN(breaker_credit(bus, link), pace_credit(bus, pool));
    credit = MIN(credit, quota_credit(bus, pool));
    if (pool->n_links > 1) {
        credit = MIN(credit, pool->concurrency - busy(bus, pool));
    }
    return bus_now_ms(bus) < pool->pause_until_ms ? 0 : credit;
}

bool limits_refuse(const Bus *bus, const Link *link)
{
    return link->pool == NULL || (link->pool->n_links == 1 && limits_credit(bus, link) <= 0);
}

int64_t limits_free_ms(const Bus *bus, const Link *link)
{
    Pool *pool = link->pool;
    int64_t now = bus_now_ms(bus), free_ms = 0;
    if (pool == NULL) {
        return INT64_MAX;
    }
    if (pace_credit(bus, pool) <= 0) {
        free_ms = pace_free_ms(pool);
    }
    if (quota_credit(bus, pool) <= 0) {
        free_ms = MAX(free_ms, next_day_ms(bus, pool));
    }
    if (link->breaker.wait_ms > 0) {
        free_ms = MAX(free_ms, link->breaker.retry_at_ms);
    }
    free_ms = MAX(free_ms, pool->pause_until_ms);
    return free_ms > now ? free_ms : INT64_MAX;
}

bool limits_take(Bus *bus, Link *link, GError **error)
{
    if (!pay_quota(bus, link->pool, error)) {
        return false;
    }
    pay_pace(bus, link->pool);
    return true;
}

void limits_hear(Bus *bus, Link *link, int outcome, const char *code, int64_t pause_ms)
{
    if (link->pool != NULL && pause_ms > 0) {
        int64_t until = bus_now_ms(bus) + MIN(pause_ms, LIMITS_PAUSE_MAX_MS);
        link->pool->pause_until_ms = MAX(link->pool->pause_until_ms, until);
    }
    if (is_outage(outcome, code)) {
        fail_once(bus, link, code);
    } else {
        succeed(bus, link);
    }
}

/* An instant of the monotonic clock as one of the day's. */
static char *at_text(const Bus *bus, int64_t at_ms)
{
    char text[32];
    Instant at = bus->clock->now(bus->clock) + MAX(0, at_ms - bus_now_ms(bus));
    return g_strdup(instant_format(at, text));
}

char *limits_why(const Bus *bus, const Link *link)
{
    Pool *pool = link->pool;
    if (pool == NULL) {
        return NULL;
    }
    if (link->breaker.wait_ms > 0) {
        g_autofree char *at = at_text(bus, link->breaker.retry_at_ms);
        return g_strdup_printf("%u calls in a row failed (%s): all wait, one tries again at %s",
                               link->breaker.failures, link->breaker.code, at);
    }
    if (bus_now_ms(bus) < pool->pause_until_ms) {
        g_autofree char *at = at_text(bus, pool->pause_until_ms);
        return g_strdup_printf("the platform wants no calls before %s", at);
    }
    if (quota_credit(bus, pool) <= 0) {
        g_autofree char *at = at_text(bus, next_day_ms(bus, pool));
        return g_strdup_printf("the %" G_GINT64_FORMAT
                               " calls of the day are used up: it goes on at %s",
                               pool->per_day, at);
    }
    return NULL;
}

void limits_today(const Bus *bus, const Link *link, int64_t *ret_used, int64_t *ret_per_day)
{
    Pool *pool = link->pool;
    bool counts = pool != NULL && pool->per_day > 0 && turn_day(bus, pool);
    *ret_used = counts ? pool->used : 0;
    *ret_per_day = counts ? pool->per_day : 0;
}
