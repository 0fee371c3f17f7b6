/* Landlock as the kernel numbers it: the headers of the build machine may be older than the kernel it runs on. */
#ifndef DUNHUB_HOST_LANDLOCK_H
#define DUNHUB_HOST_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum {
    REACH_READ = 1,  /* files and folders below */
    REACH_WRITE = 2, /* and make, change and remove them */
};

/* A set of rules that is being made. */
typedef struct {
    int fd; /* -1: nothing is to be held */
    int version;
    uint64_t handled;
} Landlock;

/* The kernel's version of Landlock; 0: it has none, or it is switched off. */
int landlock_version(void);
/* whole: also no listening and no signals to others. False and errno. */
bool landlock_begin(int version, bool whole, Landlock *ret_landlock);
/* A path that does not exist is passed over: there is nothing to reach. False and errno. */
bool landlock_allow(Landlock *landlock, const char *path, unsigned reach);
/* In force for this thread and those it starts. Closes the set. False and errno. */
bool landlock_enforce(Landlock *landlock);

#endif
