/* A bar on stderr for long work; nothing when that is not a terminal. */
#ifndef DUNHUB_CMD_PROGRESS_H
#define DUNHUB_CMD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const char *what;
    int64_t total;
    int64_t shown; /* permille last drawn */
    bool active;
} Progress;
Progress progress_start(const char *what, int64_t total);
void progress_at(Progress *progress, int64_t done);
/* Takes the bar away so that something can be printed; the next progress_at draws it again. */
void progress_clear(Progress *progress);
void progress_end(Progress *progress);

#endif
