/* dunhub audit verify, dunhub audit replay, dunhub audit show ACCOUNT: the proof. */
#include <glib.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "cmd/audit.h"
#include "cmd/cmd.h"
#include "cmd/desk.h"

enum {
    TEXT_MAX = 1000,
};
#define HUB_CHAIN "@hub" /* the hub's own entries; no account can have this name */

typedef struct {
    bool json;
    size_t findings;
} Verifying;

static bool print_finding(const char *account, uint64_t sequence, const char *what, void *data)
{
    Verifying *verifying = data;
    verifying->findings++;
    if (verifying->json) {
        g_autoptr(json_t) line = json_pack("{s:s?, s:I, s:s}", "account", account, "sequence",
                                           (json_int_t)sequence, "finding", what);
        g_autofree char *text = json_canonical(line);
        printf("%s\n", text);
    } else {
        printf("%s entry %" PRIu64 ": %s\n", account != NULL ? account : "hub", sequence, what);
    }
    return true;
}

static int verify(const CommandLine *line, const Station *station)
{
    g_autoptr(GError) error = NULL;
    Verifying verifying = {.json = line_flag(line, "json")};
    uint64_t entries = 0, seals = 0;
    if (!store_audit_verify(station->store, print_finding, &verifying, &entries, &seals, &error))
        return command_fail("audit", EXIT_ENVIRONMENT, "%s", error->message);
    if (verifying.json)
        printf("{\"entries\":%" PRIu64 ",\"findings\":%zu,\"seals\":%" PRIu64 "}\n", entries,
               verifying.findings, seals);
    else
        printf("%" PRIu64 " entries, %" PRIu64 " seals: %s\n", entries, seals,
               verifying.findings == 0 ? "all links hold" : "broken");
    return verifying.findings == 0 ? EXIT_GOOD : EXIT_FINDING;
}

static json_t *entry_json(const char *account, const AuditEntry *entry)
{
    char at[32], hash[HASH_HEX];
    json_t *detail = entry->detail != NULL
                         ? json_parse(entry->detail, strlen(entry->detail), 1 << 20, NULL)
                         : NULL;
    return json_pack("{s:s, s:I, s:I, s:s, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:o*, s:s}",
                     "account", account, "sequence", (json_int_t)entry->sequence, "position",
                     (json_int_t)entry->position, "at", instant_format(entry->at, at), "actor",
                     entry->actor, "event", entry->event, "rule", entry->rule, "subject",
                     entry->subject, "reason", entry->reason, "text", entry->text, "detail", detail,
                     "hash", hash_hex(&entry->hash, hash));
}

static bool print_entry(const char *account, const AuditEntry *entry, void *data)
{
    const CommandLine *line = data;
    if (line_flag(line, "json")) {
        g_autoptr(json_t) json = entry_json(account, entry);
        g_autofree char *text = json_canonical(json);
        printf("%s\n", text);
        return true;
    }
    char at[32];
    g_autofree char *text = text_one_line(entry->text != NULL ? entry->text : "", TEXT_MAX);
    printf("%s  %-20s %s%s%s%s%s  %s%s%s%s\n", instant_format(entry->at, at), entry->event,
           entry->subject != NULL ? entry->subject : "", entry->reason != NULL ? " (" : "",
           entry->reason != NULL ? entry->reason : "", entry->reason != NULL ? ")" : "",
           text[0] != '\0' ? ":" : "", text, entry->rule != NULL ? "  [" : "",
           entry->rule != NULL ? entry->rule : "", entry->rule != NULL ? "]" : "");
    return true;
}

static int show(const CommandLine *line, const Station *station)
{
    g_autoptr(GError) error = NULL;
    const char *account = line_argument(line, 1);
    if (account == NULL)
        return command_fail("audit", EXIT_USAGE, "say whose: 'dunhub audit show ACCOUNT'");
    bool of_hub = strcmp(account, HUB_CHAIN) == 0;
    int code = of_hub ? EXIT_GOOD : desk_known_account(line, station, account);
    if (code != EXIT_GOOD)
        return code;
    if (!store_audit_read(station->store, account, print_entry, (void *)line, &error))
        return command_fail("audit", EXIT_ENVIRONMENT, "%s", error->message);
    return EXIT_GOOD;
}

/* What has a file of its own, or needs no store. */
static int elsewhere(const CommandLine *line, bool *ret_done)
{
    const char *what = line_argument(line, 0), *second = line_argument(line, 1);
    *ret_done = true;
    if (strcmp(what, "export") == 0)
        return audit_export(line);
    if (strcmp(what, "key") == 0)
        return audit_key(line);
    if (strcmp(what, "verify") == 0 && second != NULL)
        return audit_verify_file(line, second);
    *ret_done = false;
    return EXIT_GOOD;
}

int cmd_audit(const CommandLine *line)
{
    static const char *const words[] = {"verify", "replay", "show", "export", "key", NULL};
    const char *what = line_argument(line, 0);
    bool done;
    if (!g_strv_contains(words, what))
        return command_fail("audit", EXIT_USAGE,
                            "say 'audit verify', 'replay', 'show ACCOUNT', 'export ACCOUNT' or "
                            "'key', not 'audit %s'",
                            what);
    int code = elsewhere(line, &done);
    if (done)
        return code;
    g_autoptr(Station) station = NULL;
    code = desk_open(line, STATION_READ, &station);
    if (code != EXIT_GOOD)
        return code;
    if (strcmp(what, "replay") == 0)
        return audit_replay(line, station, line_argument(line, 1));
    return strcmp(what, "verify") == 0 ? verify(line, station) : show(line, station);
}
