/* What a host process can still reach once foreign code runs in it: its own plugin file, the system's libraries, names and
 * certificates, and the paths that its instance was configured with. Landlock holds that for files, signals and listening
 * sockets, seccomp for what a plugin never needs (another program or process, tracing, kernel interfaces), rlimits for
 * memory and descriptors. Where the kernel lacks one, the others still hold and the hub is told.
 *
 * A host that runs as a thread of the hub has none of this. */
#ifndef DUNHUB_HOST_SANDBOX_H
#define DUNHUB_HOST_SANDBOX_H

#include "host/contract.h"
#include "wire/start.h"

typedef struct {
    int landlock;         /* the kernel's version of it; 0: it has none */
    bool system_calls;    /* the filter is in force */
    char missing[160];    /* for a person: what does not hold here; "" */
} Sandbox;

/* Before the plugin is loaded and before any thread is started. start NULL: a probe, which reaches no configured path.
 * False: a configured path cannot be granted without granting the hub's own store; error says which and what to do. */
bool sandbox_enter(const char *plugin, const WireStart *start, Sandbox *ret_sandbox, GError **error);
/* Once the plugin's declaration is known: only its options that are paths stay, and only those it declares writable stay
 * so. For the calling thread and those it starts from now on. */
bool sandbox_narrow(const Sandbox *sandbox, const Contract *contract, const WireStart *start, GError **error);

#endif
