/* dunhub audit export, key and verify FILE: one account's evidence as a file, and looking at such a file. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/key_file.h"
#include "base/text.h"
#include "cmd/audit.h"
#include "cmd/cmd.h"
#include "cmd/desk.h"
#include "evidence/bundle.h"
#include "press/press.h"

enum {
    KEY_FILE_MAX = 4096,
    ACCOUNT_SHOWN_MAX = 200,
};

/* ---- the key ----------------------------------------------------------------------------------- */

static char *key_path(const Station *station)
{
    if (station->configuration->signing_key != NULL)
        return g_strdup(station->configuration->signing_key);
    g_autofree char *folder = g_path_get_dirname(station->store_path);
    return g_build_filename(folder, "signing.key", NULL);
}

int audit_key(const CommandLine *line)
{
    g_autoptr(Station) station = NULL;
    g_autoptr(GError) error = NULL;
    SigningKey key;
    int code = desk_open(line, STATION_CONFIGURATION, &station);
    if (code != EXIT_GOOD)
        return code;
    if (line_argument(line, 1) != NULL)
        return command_fail("audit", EXIT_USAGE, "key takes no account: it is the organisation's");
    g_autofree char *path = key_path(station);
    bool makes = line_flag(line, "new");
    if (makes) {
        g_autofree char *folder = g_path_get_dirname(path);
        g_mkdir_with_parents(folder, 0700);
    }
    if (!(makes ? key_make(path, &key, &error) : key_read(path, &key, &error)))
        return command_fail("audit", EXIT_ENVIRONMENT, "%s", error->message);
    g_autofree char *public = key_to_hex(key.public, KEY_PUBLIC_BYTES);
    key_forget(&key);
    if (line_flag(line, "json"))
        printf("{\"public_key\":\"%s\"}\n", public);
    else
        printf("%s\n", public);
    return EXIT_GOOD;
}

/* ---- export ------------------------------------------------------------------------------------ */

static bool write_all(int file, const uint8_t *bytes, size_t n)
{
    while (n > 0) {
        ssize_t done = write(file, bytes, n);
        if (done < 0 && errno != EINTR)
            return false;
        bytes += MAX(done, 0);
        n -= (size_t)MAX(done, 0);
    }
    return fsync(file) == 0;
}

/* It holds personal data: nobody else reads it; and evidence is never written over. */
static int write_bundle(const char *path, const GByteArray *bundle)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return command_fail("audit", EXIT_ENVIRONMENT, "cannot write %s: %s", path,
                            errno == EEXIST ? "it exists; name another file" : g_strerror(errno));
    bool good = write_all(file, bundle->data, bundle->len);
    int problem = errno;
    close(file);
    if (good)
        return EXIT_GOOD;
    unlink(path);
    return command_fail("audit", EXIT_ENVIRONMENT, "cannot write %s: %s", path,
                        g_strerror(problem));
}

/* Drawn by the helper that draws letters. */
static bool draw(void *data, const Timeline *timeline, GBytes **ret_pdf, GError **error)
{
    g_autoptr(Arena) arena = arena_new();
    Document document = timeline_document(timeline, arena);
    int pages = 0;
    *ret_pdf = press_draw(data, &document, &pages, error);
    return *ret_pdf != NULL;
}

static int export(const CommandLine *line, const Station *station, const char *account,
                  const SigningKey *key)
{
    g_autoptr(GByteArray) bundle = NULL;
    g_autoptr(GError) error = NULL;
    const char *out = line_option(line, "out");
    g_autofree char *letter = station_place("dunhub-letter", "lib/dunhub/dunhub-letter");
    g_autoptr(Press) press = press_new(letter);
    const BundleSetup setup = {
        .draw = line_flag(line, "no-pdf") ? NULL : draw,
        .draw_data = press,
        .store = station->store,
        .account = account,
        .organisation = station->configuration->book.organisation,
        .zone = zone_name(station->configuration->book.zone),
        .program = "dunhub " DUNHUB_VERSION,
        .key = key,
        .signed_at = desk_now(),
        .whole_configuration = line_flag(line, "whole-configuration"),
    };
    if (!bundle_make(&setup, &bundle, &error))
        return command_fail("audit", EXIT_ENVIRONMENT, "%s", error->message);
    int code = write_bundle(out, bundle);
    if (code == EXIT_GOOD)
        printf("%s: the evidence of %s, %u bytes\n", out, account, bundle->len);
    return code;
}

int audit_export(const CommandLine *line)
{
    g_autoptr(Station) station = NULL;
    g_autoptr(GError) error = NULL;
    const char *account = line_argument(line, 1);
    SigningKey key;
    if (account == NULL || line_option(line, "out") == NULL)
        return command_fail("audit", EXIT_USAGE,
                            "say whose, and where to: 'dunhub audit export ACCOUNT --out FILE'");
    int code = desk_open(line, STATION_READ, &station);
    if (code == EXIT_GOOD)
        code = desk_known_account(line, station, account);
    if (code != EXIT_GOOD)
        return code;
    g_autofree char *path = key_path(station);
    if (!key_read(path, &key, &error))
        return command_fail("audit", EXIT_ENVIRONMENT, "%s", error->message);
    code = export(line, station, account, &key);
    key_forget(&key);
    return code;
}

/* ---- verify ------------------------------------------------------------------------------------ */

/* --key: the hex itself, or a file that holds it. */
static int read_public(const char *given, uint8_t ret_public[KEY_PUBLIC_BYTES])
{
    g_autofree char *text = NULL;
    gsize n = 0;
    if (key_from_hex(given, KEY_PUBLIC_BYTES, ret_public))
        return EXIT_GOOD;
    if (!g_file_get_contents(given, &text, &n, NULL) || n > KEY_FILE_MAX)
        return command_fail("audit", EXIT_USAGE,
                            "--key takes a public key of 64 hex digits, or a file that holds one; "
                            "'%s' is neither",
                            given);
    if (!key_from_hex(g_strstrip(text), KEY_PUBLIC_BYTES, ret_public))
        return command_fail("audit", EXIT_USAGE, "%s holds no public key of 64 hex digits", given);
    return EXIT_GOOD;
}

static bool print_finding(const char *where, const char *what, void *data)
{
    const CommandLine *line = data;
    g_autofree char *shown = text_one_line(what, 1000);
    if (!line_flag(line, "json")) {
        printf("%s%s%s\n", where, where[0] != '\0' ? ": " : "", shown);
        return true;
    }
    g_autoptr(json_t) json = json_pack("{s:s, s:s}", "file", where, "finding", shown);
    g_autofree char *text = json_canonical(json);
    printf("%s\n", text);
    return true;
}

static void print_report(const CommandLine *line, const BundleReport *report, bool compared)
{
    g_autofree char *account =
        text_one_line(report->account != NULL ? report->account : "", ACCOUNT_SHOWN_MAX);
    g_autofree char *at = text_one_line(report->signed_at != NULL ? report->signed_at : "", 40);
    const char *by = report->signed_by != NULL ? report->signed_by : "";
    if (line_flag(line, "json")) {
        g_autoptr(json_t) json =
            json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:b}", "account", account,
                      "entries", (json_int_t)report->entries, "erased", (json_int_t)report->erased,
                      "seals", (json_int_t)report->seals, "notices", (json_int_t)report->notices,
                      "findings", (json_int_t)report->findings, "signed_at", at, "signed_by", by,
                      "key_compared", compared);
        g_autofree char *text = json_canonical(json);
        printf("%s\n", text);
        return;
    }
    printf("account %s: %" PRIu64 " entries, %" PRIu64 " seals, %" PRIu64 " messages", account,
           report->entries, report->seals, report->notices);
    if (report->erased > 0)
        printf("; the texts of %" PRIu64 " entries were erased, as the chain records",
               report->erased);
    printf("\nsigned %s with key %s%s\n", at, by,
           compared ? "" : " (not compared: say --key to check whose it is)");
    printf("%s\n", report->findings == 0 ? "everything holds" : "broken");
}

int audit_verify_file(const CommandLine *line, const char *path)
{
    uint8_t public[KEY_PUBLIC_BYTES];
    const char *key = line_option(line, "key");
    g_autoptr(GError) error = NULL;
    BundleReport report;
    int code = key != NULL ? read_public(key, public) : EXIT_GOOD;
    if (code != EXIT_GOOD)
        return code;
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return command_fail(
            "audit", EXIT_USAGE,
            "there is no file %s: verify looks at the whole store, or at a file that "
            "'audit export' wrote; 'dunhub audit show %s' shows one account",
            path, path);
    GMappedFile *file = g_mapped_file_new(path, FALSE, &error);
    if (file == NULL)
        return command_fail("audit", EXIT_ENVIRONMENT, "%s", error->message);
    if (g_mapped_file_get_length(file) > BUNDLE_LARGEST_BYTES) {
        g_mapped_file_unref(file);
        return command_fail("audit", EXIT_FINDING, "%s is larger than any bundle", path);
    }
    bundle_verify((const uint8_t *)g_mapped_file_get_contents(file), g_mapped_file_get_length(file),
                  key != NULL ? public : NULL, print_finding, (void *)line, &report);
    print_report(line, &report, key != NULL);
    code = report.findings == 0 ? EXIT_GOOD : EXIT_FINDING;
    bundle_report_clear(&report);
    g_mapped_file_unref(file);
    return code;
}
