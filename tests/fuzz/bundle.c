/* A bundle of evidence from anybody: it is judged, whatever it is. What the archive reader takes is the archive it would
 * write. */
#include "evidence/bundle.h"

#include <string.h>

#include "evidence/tar.h"
#include "fuzz.h"

static bool count(const char *where, const char *what, void *data)
{
    g_assert_nonnull(where);
    g_assert_cmpuint(strlen(what), >, 0);
    ++*(uint64_t *)data;
    return true;
}

static void write_again(const uint8_t *bytes, size_t n)
{
    g_autoptr(GArray) members = NULL;
    g_autoptr(GByteArray) archive = g_byte_array_new();
    if (!tar_read(bytes, n, &members, NULL))
        return;
    for (guint i = 0; i < members->len; i++) {
        const TarMember *member = &g_array_index(members, TarMember, i);
        tar_add(archive, member->name, member->bytes, member->n);
    }
    tar_end(archive);
    g_assert_true(archive->len == n && memcmp(archive->data, bytes, n) == 0);
}

void fuzz_bundle(const uint8_t *bytes, size_t n)
{
    uint64_t findings = 0;
    BundleReport report;
    bundle_verify(bytes, n, NULL, count, &findings, &report);
    g_assert_cmpuint(findings, ==, report.findings);
    bundle_report_clear(&report);
    write_again(bytes, n);
}
