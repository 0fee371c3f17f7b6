/* Case files: read from a file, as they are. */
#include "cases/case.h"

#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

void fuzz_cases(const uint8_t *bytes, size_t n)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    g_assert_true(write(fd, bytes, n) == (ssize_t)n);
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    const char *const paths[] = {path};
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    CaseSet set;
    bool good = cases_load(paths, 1, arena, diags, &set);
    g_assert_true(good == (diags_count(diags, DIAG_ERROR) == 0));
    for (size_t i = 0; good && i < set.n; i++) {
        case_zone(&set.cases[i]);
        case_accounts(&set.cases[i], arena);
    }
    close(fd);
}
