#include "base/clock.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec t;
    if (clock_gettime(id, &t) != 0)
        g_error("clock %d cannot be read: %s; this system lacks a clock dunhub needs", (int)id,
                g_strerror(errno));
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static Instant system_now(Clock *clock)
{
    (void)clock;
    return read_ms(CLOCK_REALTIME);
}

static int64_t system_monotonic_ms(Clock *clock)
{
    (void)clock;
    return read_ms(CLOCK_MONOTONIC);
}

Clock *clock_system(void)
{
    static Clock clock = {system_now, system_monotonic_ms};
    return &clock;
}

static Instant virtual_now(Clock *clock)
{
    return ((VirtualClock *)clock)->instant;
}

static int64_t virtual_monotonic_ms(Clock *clock)
{
    return ((VirtualClock *)clock)->elapsed_ms;
}

void virtual_clock_init(VirtualClock *clock, Instant start)
{
    *clock = (VirtualClock){.clock = {virtual_now, virtual_monotonic_ms}, .instant = start};
}

void virtual_clock_set(VirtualClock *clock, Instant instant)
{
    if (instant > clock->instant)
        clock->elapsed_ms += instant - clock->instant;
    clock->instant = instant;
}

static void system_fill(Random *random, void *buffer, size_t bytes)
{
    (void)random;
    unsigned char *at = buffer;
    while (bytes > 0) {
        ssize_t n = getrandom(at, bytes, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            g_error("getrandom failed: %s; no keys can be made on this system", g_strerror(errno));
        at += n;
        bytes -= (size_t)n;
    }
}

Random *random_system(void)
{
    static Random random = {system_fill};
    return &random;
}

static uint64_t rotate_left(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

/* xoshiro256**: the same seed gives the same run on every machine. */
static uint64_t seeded_next(SeededRandom *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

static void seeded_fill(Random *random, void *buffer, size_t bytes)
{
    unsigned char *at = buffer;
    while (bytes > 0) {
        uint64_t word = GUINT64_TO_LE(seeded_next((SeededRandom *)random));
        size_t n = MIN(bytes, sizeof word);
        memcpy(at, &word, n);
        at += n;
        bytes -= n;
    }
}

void seeded_random_init(SeededRandom *random, uint64_t seed)
{
    random->random.fill = seeded_fill;
    for (int i = 0; i < 4; i++) { /* splitmix64 spreads small seeds over the state */
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = (seed ^ (seed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        random->state[i] = z ^ (z >> 31);
    }
}

uint64_t random_below(Random *random, uint64_t bound)
{
    g_assert(bound > 0);
    uint64_t unfair =
        (UINT64_MAX % bound + 1) % bound; /* so many values at the top would favour small results */
    uint64_t value = 0;
    do {
        random->fill(random, &value, sizeof value);
        value = GUINT64_FROM_LE(value);
    } while (value > UINT64_MAX - unfair);
    return value % bound;
}
