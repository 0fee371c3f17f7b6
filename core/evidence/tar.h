/* A tar archive in one form only: plain files in ustar headers that say name and size and nothing else, one after the other,
 * two empty blocks, the end. The same files give the same bytes, and every byte that is read is checked against what would
 * have been written; any tar program unpacks it. */
#ifndef DUNHUB_EVIDENCE_TAR_H
#define DUNHUB_EVIDENCE_TAR_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAR_NAME_MAX 99           /* bytes */
#define TAR_MEMBERS_MAX 200000
#define TAR_FILE_MAX (1 << 30)    /* bytes of one file */

typedef enum { TAR_ERROR_FORM } TarError;
GQuark tar_error_quark(void);
#define TAR_ERROR tar_error_quark()

/* Lower-case letters, digits and . _ - in parts that begin with a letter or digit, parted by '/': no way out of the folder in
 * which it is unpacked, and no two names for one file. */
bool tar_name_is_good(const char *name);
/* The name must be good and n at most TAR_FILE_MAX. */
void tar_add(GByteArray *archive, const char *name, const void *bytes, size_t n);
void tar_end(GByteArray *archive);

typedef struct {
    char name[TAR_NAME_MAX + 1];
    const uint8_t *bytes; /* in the archive */
    size_t n;
} TarMember;
/* Members in order, TarMember in a new array. The error says at which byte what is not as it should be: no archive, cut off, a
 * bad or repeated name, something after the end. */
bool tar_read(const uint8_t *bytes, size_t n, GArray **ret_members, GError **error);

#endif
