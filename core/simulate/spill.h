/* Many streams of bytes, written in any order and read back one at a time, in little memory: what does not fit in each stream's
 * buffer goes to one file without a name in the folder for temporary files. */
#ifndef DUNHUB_SIMULATE_SPILL_H
#define DUNHUB_SIMULATE_SPILL_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define SPILL_ERROR g_quark_from_static_string("dunhub-spill")

typedef struct Spill Spill;

/* chunk_bytes: the buffer of each stream that is in use. */
Spill *spill_new(size_t n_streams, size_t chunk_bytes);
void spill_free(Spill *spill);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Spill, spill_free)

bool spill_put(Spill *spill, size_t stream, const void *bytes, size_t n, GError **error);
size_t spill_bytes(const Spill *spill, size_t stream);
/* The whole stream, in place of what *ret holds. It may be read again. */
bool spill_read(const Spill *spill, size_t stream, GByteArray *ret, GError **error);

#endif
