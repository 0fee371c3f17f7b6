#include "cmd/progress.h"

#include <stdio.h>
#include <unistd.h>

enum {
    BAR_WIDTH = 30,
};

Progress progress_start(const char *what, int64_t total)
{
    return (Progress){.what = what,
                      .total = total,
                      .shown = -1,
                      .active = total > 0 && isatty(STDERR_FILENO) == 1};
}

void progress_at(Progress *progress, int64_t done)
{
    int64_t permille = progress->active ? done * 1000 / progress->total : 0;
    if (!progress->active || permille == progress->shown)
        return;
    progress->shown = permille;
    int full = (int)(permille * BAR_WIDTH / 1000);
    fprintf(stderr, "\r%s [", progress->what);
    for (int i = 0; i < BAR_WIDTH; i++)
        fputc(i < full ? '#' : '.', stderr);
    fprintf(stderr, "] %3d %%", (int)(permille / 10));
    fflush(stderr);
}

void progress_clear(Progress *progress)
{
    if (progress->active)
        fputs("\r\033[K", stderr);
    progress->shown = -1;
}

void progress_end(Progress *progress)
{
    progress_clear(progress);
    progress->active = false;
}
