/* Things put into the folder once per key.
 *
 * FOLDER/.keys/HASH.claim says where the thing of a key goes; it is durable before the thing is written, so that every
 * attempt, of whatever day, goes to the same name. FOLDER/.keys/HASH says that it is there; a repeat then answers with the
 * same id, also when a person has taken the file away meanwhile. */
#ifndef FILE_DROP_DROP_H
#define FILE_DROP_DROP_H

#include "dunhub/sdk.h"

typedef struct {
    const DunhubTask *task;
    const json_t *input;
    const char *folder; /* as configured, for messages */
    int dir, keys;      /* descriptors; -1: not open */
    char hash[DUNHUB_HEX_SHA256]; /* of the key */
    const char *path;   /* below the folder; the external id */
} Drop;

/* False: the folder cannot be used and the result says so. */
bool drop_open(Drop *ret_drop, const DunhubTask *task, const json_t *input);
void drop_close(Drop *drop);
/* What was done with this key before. DROP_FAILED: the result is set. */
typedef enum { DROP_NEW, DROP_CLAIMED /* path is set; it may be there */, DROP_DONE /* path is set */, DROP_FAILED } DropState;
DropState drop_state(Drop *drop);
/* Fixes the path for this key; another attempt's path wins. False: the result is set. */
bool drop_claim(Drop *drop, const char *path);
/* One file, or a folder of files, at drop->path. False: the result is set. */
typedef struct {
    const char *name;
    const void *bytes;
    size_t n;
} DropFile;
bool drop_write(Drop *drop, const DropFile *files, size_t n, bool as_folder);
/* Marks the key as done and sets the result. */
void drop_done(Drop *drop);

#endif
