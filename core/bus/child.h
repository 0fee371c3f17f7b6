/* A dunhub-host process: started by exec (never a bare fork), watched through a pidfd, never left behind.
 * The kernel ends it with the thread that started it, so that thread has to live as long as the hub. */
#ifndef DUNHUB_BUS_CHILD_H
#define DUNHUB_BUS_CHILD_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef enum { CHILD_ERROR_SPAWN, CHILD_ERROR_MEMORY } ChildError;
GQuark child_error_quark(void);
#define CHILD_ERROR child_error_quark()

typedef struct {
    pid_t pid;  /* 0: none */
    int pidfd;  /* readable once it has ended */
} Child;

/* Sees: arguments, handed at descriptor 3 (-1: none), its standard output at out (-1: our standard error), nothing else:
 * an empty environment, no other descriptor, /dev/null as input, its own process group. */
bool child_start(Child *ret_child, char *const *arguments, int handed, int out, GError **error);
/* Waits at most limit_ms for the end; 0 only looks. False: still running. *ret_status as of waitpid. */
bool child_ended(Child *child, int64_t limit_ms, int *ret_status);
/* Kills it and waits; harmless where there is none. */
void child_kill(Child *child);
/* "signal 11 (Segmentation fault)", "exit status 3". Caller frees. */
char *child_describe_end(int status);

/* An anonymous file in memory, read from its beginning; -1 and *error. */
int child_memory(const char *name, const void *bytes, size_t n, GError **error);

#endif
