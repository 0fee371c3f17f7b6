/* Time and randomness are handed in, never taken (docs/architecture.md, "One seed, one execution"). */
#ifndef DUNHUB_BASE_CLOCK_H
#define DUNHUB_BASE_CLOCK_H

#include "base/date.h"

typedef struct Clock Clock;
struct Clock {
    Instant (*now)(Clock *clock);              /* wall clock, UTC */
    int64_t (*monotonic_ms)(Clock *clock);     /* never jumps; for deadlines and leases within a process */
};
Clock *clock_system(void); /* static, never freed */

typedef struct {
    Clock clock;
    Instant instant;
    int64_t elapsed_ms;
} VirtualClock;
void virtual_clock_init(VirtualClock *clock, Instant start);
/* May set the wall clock back or forward; monotonic time only ever advances (by the forward part). */
void virtual_clock_set(VirtualClock *clock, Instant instant);

typedef struct Random Random;
struct Random {
    void (*fill)(Random *random, void *buffer, size_t bytes);
};
Random *random_system(void); /* getrandom(2); static */
typedef struct {
    Random random;
    uint64_t state[4];
} SeededRandom;
void seeded_random_init(SeededRandom *random, uint64_t seed);
uint64_t random_below(Random *random, uint64_t bound); /* uniform in [0, bound), bound > 0 */

#endif
