#include "simulate/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    GArray *places; /* off_t of its full chunks in the file */
    unsigned char *buffer;
    size_t used;
} Stream;

struct Spill {
    Stream *streams;
    size_t n, chunk_bytes;
    int fd;
    off_t end;
};

Spill *spill_new(size_t n_streams, size_t chunk_bytes)
{
    Spill *spill = g_new0(Spill, 1);
    *spill = (Spill){g_new0(Stream, n_streams), n_streams, chunk_bytes, -1, 0};
    return spill;
}

void spill_free(Spill *spill)
{
    if (!spill)
        return;
    for (size_t i = 0; i < spill->n; i++) {
        if (spill->streams[i].places)
            g_array_free(spill->streams[i].places, TRUE);
        g_free(spill->streams[i].buffer);
    }
    if (spill->fd >= 0)
        close(spill->fd);
    g_free(spill->streams);
    g_free(spill);
}

static bool fail(const char *what, GError **error)
{
    g_set_error(error, SPILL_ERROR, 1,
                "%s a temporary file in %s: %s; make room there, or set TMPDIR to a folder that "
                "has it",
                what, g_get_tmp_dir(), g_strerror(errno));
    return false;
}

/* It has no name from the start, so nothing is left behind whatever happens. */
static bool open_file(Spill *spill, GError **error)
{
    if (spill->fd >= 0)
        return true;
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "dunhub-XXXXXX", NULL);
    spill->fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
    if (spill->fd < 0)
        return fail("cannot make", error);
    g_unlink(path);
    return true;
}

static bool write_chunk(Spill *spill, Stream *stream, GError **error)
{
    if (!open_file(spill, error))
        return false;
    for (size_t done = 0; done < spill->chunk_bytes;) {
        ssize_t n = pwrite(spill->fd, stream->buffer + done, spill->chunk_bytes - done,
                           spill->end + (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail("cannot write", error);
        done += (size_t)n;
    }
    if (!stream->places)
        stream->places = g_array_new(FALSE, FALSE, sizeof(off_t));
    g_array_append_val(stream->places, spill->end);
    spill->end += (off_t)spill->chunk_bytes;
    stream->used = 0;
    return true;
}

bool spill_put(Spill *spill, size_t i, const void *bytes, size_t n, GError **error)
{
    g_assert(i < spill->n);
    Stream *stream = &spill->streams[i];
    if (!stream->buffer)
        stream->buffer = g_malloc(spill->chunk_bytes);
    const unsigned char *from = bytes;
    while (n > 0) {
        size_t piece = MIN(n, spill->chunk_bytes - stream->used);
        memcpy(stream->buffer + stream->used, from, piece);
        stream->used += piece;
        from += piece;
        n -= piece;
        if (stream->used == spill->chunk_bytes && !write_chunk(spill, stream, error))
            return false;
    }
    return true;
}

size_t spill_bytes(const Spill *spill, size_t i)
{
    const Stream *stream = &spill->streams[i];
    return (stream->places ? stream->places->len : 0) * spill->chunk_bytes + stream->used;
}

static bool read_chunk(const Spill *spill, off_t place, unsigned char *into, GError **error)
{
    for (size_t done = 0; done < spill->chunk_bytes;) {
        ssize_t n = pread(spill->fd, into + done, spill->chunk_bytes - done, place + (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail("cannot read", error);
        done += (size_t)n;
    }
    return true;
}

bool spill_read(const Spill *spill, size_t i, GByteArray *ret, GError **error)
{
    const Stream *stream = &spill->streams[i];
    size_t bytes = spill_bytes(spill, i), done = 0;
    if (bytes > G_MAXUINT) {
        errno = EFBIG;
        return fail("cannot read", error);
    }
    g_byte_array_set_size(ret, (guint)bytes);
    for (guint k = 0; stream->places && k < stream->places->len; k++) {
        if (!read_chunk(spill, g_array_index(stream->places, off_t, k), ret->data + done, error))
            return false;
        done += spill->chunk_bytes;
    }
    if (stream->used > 0)
        memcpy(ret->data + done, stream->buffer, stream->used);
    return true;
}
