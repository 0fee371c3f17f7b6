/* Takes down whoever asks it what it is. */
#include <dunhub/plugin.h>

#include <signal.h>
#include <stddef.h>

const DunhubPlugin *dunhub_plugin(void)
{
    raise(SIGKILL);
    return NULL;
}
