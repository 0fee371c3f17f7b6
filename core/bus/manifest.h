/* Manifests: what a plugin file declares, read by a child process (`dunhub-host --probe FILE`) so that a file that crashes
 * costs nothing, and cached by path, size, time and content hash. Feeds the configuration check, the reference and `plugins`. */
#ifndef DUNHUB_BUS_MANIFEST_H
#define DUNHUB_BUS_MANIFEST_H

#include "base/diag.h"
#include "base/json.h"

typedef struct Manifests Manifests;
/* Probes every *.so of the folder that is new or changed; a file that crashes or hangs (10 s) is quarantined until it
 * changes. cache_file NULL: no cache. Never fails as a whole: what is wrong with a file stands in its manifest. */
Manifests *manifests_load(const char *plugin_dir, const char *host_program, const char *cache_file);
void manifests_free(Manifests *manifests);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Manifests, manifests_free)

size_t manifests_count(const Manifests *manifests);
/* {"name","version","doc","abi":"1.0","options":[{"name","type","required","secret","writable","default","allowed","doc"}],
 *  "actions":[{"verb","object","effect","repeat","key_valid_s",…,"doc","input_schema"}],
 *  "sources":[{"name","emits","every_s","ledger","read","doc"}],"auths":[{"name","kind",…}],"hooks":[{"name","scheme",…}],
 *  "limits":{…},"setup"} or {"name","error"}. Borrowed. */
const json_t *manifests_get(const Manifests *manifests, const char *plugin); /* NULL: no such file */
const json_t *manifests_at(const Manifests *manifests, size_t i);            /* by name */
const json_t *manifest_action(const json_t *manifest, const char *verb);     /* NULL: not offered */

#endif
