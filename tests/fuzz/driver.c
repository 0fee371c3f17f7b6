/* libFuzzer's entry points: `driver --target=tree …` drives one row of fuzz_targets. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const FuzzTarget *target;

/* g_error ends in a trap, which libFuzzer does not catch: the input would be lost. */
static void on_trap(int signal_number)
{
    (void)signal_number;
    abort();
}

__attribute__((visibility("default"))) int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *name = "";
    signal(SIGTRAP, on_trap);
    for (int i = 1; i < *argc; i++)
        if (g_str_has_prefix((*argv)[i], "--target="))
            name = (*argv)[i] + strlen("--target=");
    for (target = fuzz_targets; target->name; target++)
        if (strcmp(target->name, name) == 0)
            return 0;
    fprintf(stderr, "there is no target '%s': say --target=NAME, one of tests/fuzz/targets.c\n",
            name);
    exit(2);
}

__attribute__((visibility("default"))) int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    target->run(bytes, n);
    return 0;
}
