/* dunhub-letter: draws documents as PDF for a hub that does not link Pango itself.
 *
 *   dunhub-letter --fd N --parent PID   serves requests on a socket (press/frame.h) until it is closed
 *   dunhub-letter < document.json > letter.pdf
 *
 * It reads fonts and nothing else: no network, no program, no file is written. What it is given is checked as text from
 * outside; a request that takes too long is ended by the processor's own clock, and the hub starts it anew. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/confine.h"
#include "press/frame.h"
#include "seal.h"
#include "sheet.h"

static bool read_all(int fd, void *bytes, size_t n)
{
    for (char *at = bytes; n > 0;) {
        ssize_t got = read(fd, at, n);
        if (got <= 0 && !(got < 0 && errno == EINTR))
            return false;
        if (got > 0) {
            at += got;
            n -= (size_t)got;
        }
    }
    return true;
}

static bool write_all(int fd, const void *bytes, size_t n)
{
    for (const char *at = bytes; n > 0;) {
        ssize_t put = write(fd, at, n);
        if (put < 0 && errno != EINTR)
            return false;
        if (put > 0) {
            at += put;
            n -= (size_t)put;
        }
    }
    return true;
}

static GBytes *draw(const char *json, size_t n, int *ret_pages, GError **error)
{
    g_autoptr(Arena) arena = arena_new();
    const Document *document = document_parse_bytes(json, n, arena, error);
    return document != NULL ? letter_draw(document, ret_pages, error) : NULL;
}

static bool answer(int fd, const char *json, size_t n)
{
    int pages = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) pdf = draw(json, n, &pages, &error);
    gsize size = 0;
    const void *bytes = pdf != NULL ? g_bytes_get_data(pdf, &size) : error->message;
    if (pdf == NULL)
        size = strlen(error->message);
    PressReply head = {pdf != NULL ? PRESS_DRAWN : PRESS_REFUSED, (uint32_t)pages, (uint32_t)size};
    return size <= PRESS_LARGEST_REPLY && write_all(fd, &head, sizeof head) &&
           write_all(fd, bytes, size);
}

static int serve(int fd)
{
    uint32_t n = 0;
    while (read_all(fd, &n, sizeof n)) {
        if (n == 0 || n > DOCUMENT_LARGEST_BYTES)
            return 2;
        g_autofree char *json = g_malloc(n);
        if (!read_all(fd, json, n) || !answer(fd, json, n))
            return 2;
        seal_renew_time();
    }
    return 0;
}

/* One document, for people: errors on standard error. */
static int once(void)
{
    g_autofree char *json = g_malloc(DOCUMENT_LARGEST_BYTES + 1);
    size_t n = fread(json, 1, DOCUMENT_LARGEST_BYTES + 1, stdin);
    int pages = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) pdf = draw(json, n, &pages, &error);
    if (pdf == NULL) {
        fprintf(stderr, "dunhub-letter: %s\n", error->message);
        return 1;
    }
    gsize size = 0;
    const void *bytes = g_bytes_get_data(pdf, &size);
    return write_all(STDOUT_FILENO, bytes, size) ? 0 : 3;
}

static long option(int argc, char **argv, const char *name, long otherwise)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return strtol(argv[i + 1], NULL, 10);
    }
    return otherwise;
}

int main(int argc, char **argv)
{
    long fd = option(argc, argv, "--fd", -1), parent = option(argc, argv, "--parent", 0);
    g_autoptr(GError) error = NULL;
    if (!confine_process((pid_t)(fd >= 0 ? parent : 0), &error) || !seal_process(&error)) {
        fprintf(stderr, "dunhub-letter: %s\n", error->message);
        return 3;
    }
    return fd >= 0 ? serve((int)fd) : once();
}
