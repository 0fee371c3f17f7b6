/* A file of its own for one secret of 32 bytes, which only its owner reads: a line that says what it is, a line of hex. */
#ifndef DUNHUB_BASE_KEY_FILE_H
#define DUNHUB_BASE_KEY_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define KEY_FILE_BYTES 32
#define KEY_FILE_HEAD_MAX 64

typedef enum { KEY_FILE_ERROR_ABSENT, KEY_FILE_ERROR_FILE, KEY_FILE_ERROR_FORM, KEY_FILE_ERROR_EXISTS } KeyFileError;
GQuark key_file_error_quark(void);
#define KEY_FILE_ERROR key_file_error_quark()

/* head: the first line, without its end, shorter than KEY_FILE_HEAD_MAX. Makes the secret and its file, mode 0600, durable
 * when it returns; never writes over one that is there. ret_secret is the caller's to wipe. */
bool key_file_make(const char *path, const char *head, uint8_t ret_secret[KEY_FILE_BYTES], GError **error);
/* Refuses a file that others can read, and one of another head. */
bool key_file_read(const char *path, const char *head, uint8_t ret_secret[KEY_FILE_BYTES], GError **error);

/* Hex of exactly n bytes, lower case. */
bool key_from_hex(const char *hex, size_t n, uint8_t *ret_bytes);
char *key_to_hex(const uint8_t *bytes, size_t n); /* caller frees */

#endif
