/* Preloaded by tests/faults/clock.sh: the time of day, shifted by the seconds that stand in the file named by SHIFTED_TIME,
 * and a kernel that vouches for nothing. The monotonic clock goes on as it is. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static long shift_s(void)
{
    const char *path = getenv("SHIFTED_TIME");
    FILE *file = path ? fopen(path, "re") : NULL;
    long seconds = 0;
    if (!file)
        return 0;
    if (fscanf(file, "%ld", &seconds) != 1)
        seconds = 0;
    fclose(file);
    return seconds;
}

int clock_gettime(clockid_t id, struct timespec *ret_time)
{
    int result = (int)syscall(SYS_clock_gettime, id, ret_time);
    if (result == 0 && id == CLOCK_REALTIME)
        ret_time->tv_sec += shift_s();
    return result;
}

int adjtimex(struct timex *ret_state)
{
    ret_state->status = STA_UNSYNC;
    return TIME_ERROR;
}
