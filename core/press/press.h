/* The hub's way to dunhub-letter: documents in, PDFs out. The program is started with the first document, watched, ended when
 * it takes too long and started again; the hub itself links no Pango and reads no font. One document at a time, in order.
 * One thread, the one that made the press and that lives as long as it: the kernel ends the program with that thread. */
#ifndef DUNHUB_PRESS_PRESS_H
#define DUNHUB_PRESS_PRESS_H

#include "document/document.h"

typedef struct Press Press;

/* REFUSED: the document itself (not of the form, glyphs missing); again would be refused again. FAILED: the program cannot be
 * started, died, took too long; may work later. FULL: as much waits as may wait. */
typedef enum { PRESS_ERROR_REFUSED, PRESS_ERROR_FAILED, PRESS_ERROR_FULL } PressError;
GQuark press_error_quark(void);
#define PRESS_ERROR press_error_quark()

#define PRESS_MOST_WAITING 1000
#define PRESS_DEADLINE_MS 30000 /* of one document */

/* program: path of dunhub-letter. Starts nothing yet. */
Press *press_new(const char *program);
void press_free(Press *press); /* what waits is dropped without an answer */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Press, press_free)

/* pdf NULL: *error says why not. Both are borrowed. Called from press_turn only. */
typedef void (*PressDone)(void *data, uint64_t job, GBytes *pdf, int pages, const GError *error);
/* json: the canonical text of a document (document_json). Queued; false if the queue is full, and `done` is not called. */
bool press_submit(Press *press, uint64_t job, const char *json, PressDone done, void *data, GError **error);
/* What to poll for before the next turn: fd -1 none; events of poll(2); the longest wait in milliseconds, -1 any. */
typedef struct {
    int fd;
    short events;
    int64_t wait_ms;
} PressWait;
PressWait press_wait(const Press *press);
/* Writes and reads what can be without waiting, minds the deadline, calls `done`. */
void press_turn(Press *press);
size_t press_waiting(const Press *press);

/* One document, waited for: for commands. NULL and *error. */
GBytes *press_draw(Press *press, const Document *document, int *ret_pages, GError **error);

#endif
