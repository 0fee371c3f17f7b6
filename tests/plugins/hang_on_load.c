/* Never says what it is. */
#include <dunhub/plugin.h>

#include <unistd.h>

const DunhubPlugin *dunhub_plugin(void)
{
    for (;;) {
        pause();
    }
}
