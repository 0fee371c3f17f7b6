/* What hub and dunhub-letter say to each other over a socket: a length and a document as JSON; a reply and its bytes. Both
 * are of the same build and on the same machine: numbers are as the processor has them. */
#ifndef DUNHUB_PRESS_FRAME_H
#define DUNHUB_PRESS_FRAME_H

#include <stdint.h>

#define PRESS_LARGEST_REPLY (64 * 1024 * 1024)

typedef enum { PRESS_DRAWN, PRESS_REFUSED } PressStatus;

typedef struct {
    uint32_t status; /* PressStatus */
    uint32_t pages;
    uint32_t n; /* bytes that follow: the PDF, or why not */
} PressReply;

#endif
