/* What dunhub-letter gives up before it reads a request. */
#ifndef DUNHUB_LETTER_SEAL_H
#define DUNHUB_LETTER_SEAL_H

#include <glib.h>
#include <stdbool.h>

/* No sockets, no programs, no files but fonts (where the kernel knows Landlock), none for writing; bounded memory and
 * processor time. */
bool seal_process(GError **error);
/* Another request: its processor time counts from now. */
void seal_renew_time(void);

#endif
