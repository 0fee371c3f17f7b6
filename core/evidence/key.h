/* The organisation's key: it signs bundles of evidence (Ed25519). The secret lies in a file of its own that only its owner
 * reads; the public half goes to whoever shall check. */
#ifndef DUNHUB_EVIDENCE_KEY_H
#define DUNHUB_EVIDENCE_KEY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define KEY_PUBLIC_BYTES 32
#define KEY_SIGNATURE_BYTES 64

typedef struct {
    uint8_t public[KEY_PUBLIC_BYTES];
    uint8_t secret[64];
} SigningKey;

/* Makes a key and its file, mode 0600; never writes over one that is there. Errors of both: KEY_FILE_ERROR. */
bool key_make(const char *path, SigningKey *ret_key, GError **error);
/* Refuses a file that others can read. */
bool key_read(const char *path, SigningKey *ret_key, GError **error);
void key_sign(const SigningKey *key, const char *text, uint8_t ret_signature[KEY_SIGNATURE_BYTES]);
bool key_verify(const uint8_t public[KEY_PUBLIC_BYTES], const char *text, const uint8_t signature[KEY_SIGNATURE_BYTES]);
void key_forget(SigningKey *key);

#endif
