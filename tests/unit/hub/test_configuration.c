/* The whole folder: who carries what, options against manifests, templates, secrets. Manifests come
 * from a stand-in of the probe, so that the test knows every option. */
#include "hub/configuration.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- a folder ---- */

typedef struct {
    char *path;
} Folder;

static void put(const Folder *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder->path, name, NULL);
    g_autofree char *parent = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(parent, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void folder_init(Folder *folder)
{
    folder->path = g_dir_make_tmp("dunhub-configuration-XXXXXX", NULL);
    g_assert_nonnull(folder->path);
    static const char *const names[] = {"friendly", "payment_returned", "instalment_reminder",
                                        "promise_reminder"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *subject = g_strdup_printf("templates/%s/subject.txt", names[i]);
        g_autofree char *body = g_strdup_printf("templates/%s/body.txt", names[i]);
        put(folder, subject, "You owe us\n");
        put(folder, body, "Please pay. Reply STOP to get no more emails.\n");
    }
}

static void remove_all(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        if (g_file_test(child, G_FILE_TEST_IS_DIR))
            remove_all(child);
        else
            g_unlink(child);
    }
    g_clear_pointer(&dir, g_dir_close);
    g_rmdir(path);
}

static void folder_done(Folder *folder)
{
    remove_all(folder->path);
    g_free(folder->path);
}

/* Probes as the hub does, with a program that answers what the test wants. */
static Manifests *manifests_make(const Folder *folder)
{
    put(folder, "plugins/smtp.so", "");
    put(folder, "plugins/broken.so", "");
    put(folder, "probe",
        "#!/bin/sh\n"
        "case \"$2\" in\n"
        "*broken.so) echo '{\"name\":\"broken\",\"error\":\"made for ABI 2, this hub speaks ABI "
        "1\"}';;\n"
        "*) echo "
        "'{\"name\":\"smtp\",\"version\":\"1\",\"doc\":\"Mail.\",\"abi\":\"1.0\",\"options\":["
        "{\"name\":\"host\",\"type\":\"text\",\"required\":true,\"secret\":false},"
        "{\"name\":\"port\",\"type\":\"int\",\"required\":false,\"secret\":false,\"allowed\":\"1.."
        "65535\"},"
        "{\"name\":\"password\",\"type\":\"text\",\"required\":false,\"secret\":true},"
        "{\"name\":\"tls\",\"type\":\"choice\",\"required\":false,\"secret\":false,\"allowed\":"
        "\"none|starttls|tls\"},"
        "{\"name\":\"verify\",\"type\":\"bool\",\"required\":false,\"secret\":false},"
        "{\"name\":\"spool\",\"type\":\"path\",\"required\":false,\"secret\":false},"
        "{\"name\":\"proxy\",\"type\":\"url\",\"required\":false,\"secret\":false},"
        "{\"name\":\"keys\",\"type\":\"list\",\"required\":false,\"secret\":true},"
        "{\"name\":\"copies\",\"type\":\"list\",\"required\":false,\"secret\":false},"
        "{\"name\":\"headers\",\"type\":\"map\",\"required\":false,\"secret\":false,\"allowed\":"
        "\"from|reply_to\"}],"
        "\"actions\":[{\"verb\":\"message.email\",\"effect\":\"contact\",\"repeat\":\"none\"}],"
        "\"sources\":[],\"limits\":{}}';;\n"
        "esac\n");
    g_autofree char *plugins = g_build_filename(folder->path, "plugins", NULL);
    g_autofree char *probe = g_build_filename(folder->path, "probe", NULL);
    g_assert_cmpint(g_chmod(probe, 0700), ==, 0);
    return manifests_load(plugins, probe, NULL);
}

static Configuration *load(const Folder *folder, const Manifests *manifests, char **ret_findings)
{
    g_autoptr(Diags) diags = diags_new();
    Configuration *configuration = configuration_load(folder->path, manifests, NULL, 0, 1, diags);
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    diags_sort(diags);
    diags_print(diags, out, false);
    fclose(out);
    g_autoptr(GString) found = g_string_new(text);
    g_string_replace(found, folder->path, "conf.d", 0);
    free(text);
    *ret_findings = g_strdup(found->str);
    return configuration;
}

static const char good[] =
    "organisation: {name: Example, zone: UTC}\n"
    "hub: {store: ../var/hub.db, publish: 'tcp://127.0.0.1:5556'}\n"
    "instances:\n"
    "  mail: {plugin: smtp, poll_every: 5m, options: {host: localhost, port: 25, password: "
    "'${file:secrets/mail}', spool: outbox, copies: [a]}}\n"
    "channels: {email: {via: mail}}\n"
    "policies: {p: {stages: [{name: friendly, from: 1}]}}\n";

static void complete(void)
{
    Folder folder;
    folder_init(&folder);
    put(&folder, "10.yaml", good);
    put(&folder, "secrets/mail", "hunter2\n");
    g_autoptr(Manifests) manifests = manifests_make(&folder);
    g_autofree char *findings = NULL;
    g_autoptr(Configuration) configuration = load(&folder, manifests, &findings);
    g_assert_cmpstr(findings, ==, "");
    g_assert_nonnull(configuration);
    const Instance *mail = &configuration->instances[0];
    g_autofree char *parent = g_path_get_dirname(folder.path),
                    *store = g_build_filename(parent, "var/hub.db", NULL);
    g_autofree char *spool = g_build_filename(folder.path, "outbox", NULL);
    g_assert_cmpstr(configuration->store_path, ==, store);
    g_assert_cmpstr(configuration->publish, ==, "tcp://127.0.0.1:5556");
    g_assert_null(configuration->plugin_dir);
    g_assert_cmpstr(mail->name, ==, "mail");
    g_assert_cmpint(mail->poll_every_ms, ==, 5 * INSTANT_MINUTE);
    g_assert_cmpstr(json_string_value(json_object_get(mail->options, "spool")), ==, spool);
    g_assert_cmpint(json_integer_value(json_object_get(mail->options, "port")), ==, 25);
    /* the secret is in what is resolved and nowhere else */
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) options = configuration_resolve(mail, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(json_string_value(json_object_get(options, "password")), ==, "hunter2");
    g_assert_null(strstr(configuration->canonical, "hunter2"));
    g_assert_cmpuint(strlen(configuration->hash), ==, 64);
    folder_done(&folder);
}

static void hash_follows_meaning(void)
{
    Folder folder;
    folder_init(&folder);
    put(&folder, "10.yaml", good);
    g_autofree char *a = NULL, *b = NULL, *c = NULL;
    g_autoptr(Configuration) first = load(&folder, NULL, &a);
    g_autofree char *commented = g_strconcat("# as before\n", good, NULL);
    put(&folder, "10.yaml", commented);
    g_autoptr(Configuration) second = load(&folder, NULL, &b);
    put(&folder, "templates/friendly/body.txt",
        "Please pay now. Reply STOP to get no more emails.\n");
    g_autoptr(Configuration) third = load(&folder, NULL, &c);
    g_assert_cmpstr(first->hash, ==, second->hash);
    g_assert_cmpstr(first->hash, !=, third->hash);
    folder_done(&folder);
}

#define TOP "organisation: {name: E, zone: UTC}\n"

static void mistakes(void)
{
    static const struct {
        const char *yaml, *findings;
    } rows[] = {
        {TOP "polices: {}\n",
         "conf.d/10.yaml:2:1: error: unknown key 'polices', did you mean 'policies'? [C031]\n"},
        {TOP "instances: {mail: {plugin: smpt}}\n",
         "conf.d/10.yaml:2:28: error: unknown plugin 'smpt', did you mean 'smtp'? [C070]\n"},
        {TOP "instances: {x: {plugin: broken}}\n",
         "conf.d/10.yaml:2:25: error: plugin 'broken' cannot be used: made for ABI 2, this hub "
         "speaks ABI 1 [C076]\n"},
        {TOP "instances: {mail: {plugin: smtp}}\n",
         "conf.d/10.yaml:2:13: error: plugin 'smtp' needs the option 'host' [C073]\n"},
        {TOP "instances: {mail: {plugin: smtp, options: {hots: a}}}\n",
         "conf.d/10.yaml:2:43: error: plugin 'smtp' needs the option 'host' [C073]\n"
         "conf.d/10.yaml:2:44: error: plugin 'smtp' has no option 'hots', did you mean 'host'? "
         "[C071]\n"},
        {TOP "instances: {mail: {plugin: smtp, options: {host: a, port: 99999}}}\n",
         "conf.d/10.yaml:2:59: error: 'port' of plugin 'smtp' must be a whole number between 1 and "
         "65535, not '99999' [C072]\n"},
        {TOP "instances: {mail: {plugin: smtp, options: {host: [a]}}}\n",
         "conf.d/10.yaml:2:50: error: 'host' of plugin 'smtp' must be a text, not a list [C072]\n"},
        {TOP "instances: {mail: {plugin: smtp, options: {host: a, password: hunter2}}}\n",
         "conf.d/10.yaml:2:63: error: 'password' is a secret: refer to it as ${file:/path}, "
         "${credential:name} or ${env:NAME}, do not "
         "write it here [C035]\n"},
        {TOP "instances: {mail: {plugin: smtp, options: {host: a, keys: ['${env:A}', hunter2]}}}\n",
         "conf.d/10.yaml:2:72: error: 'keys' is a secret: refer to it as ${file:/path}, "
         "${credential:name} or ${env:NAME}, do not write it "
         "here [C035]\n"},
        {TOP "instances: {mail: {plugin: smtp, options: {host: a, keys: '${env:A}'}}}\n",
         "conf.d/10.yaml:2:59: error: 'keys' of plugin 'smtp' must be a list, not '${env:A}' "
         "[C072]\n"},
        {TOP "instances: {mail: {plugin: smtp, options: {host: a, tls: startls}}}\n",
         "conf.d/10.yaml:2:58: error: 'tls' of plugin 'smtp' must be one of none, starttls, tls "
         "(did you mean 'starttls'?), not 'startls' "
         "[C072]\n"},
        {TOP "instances: {mail: {plugin: smtp, options: {host: a, verify: yes}}}\n",
         "conf.d/10.yaml:2:61: error: 'verify' of plugin 'smtp' must be true or false, not 'yes' "
         "[C072]\n"},
        {TOP "instances: {mail: {plugin: smtp, options: {host: a, proxy: nowhere}}}\n",
         "conf.d/10.yaml:2:60: error: 'proxy' of plugin 'smtp' must be a URL such as "
         "https://example.com/hook, not 'nowhere' [C072]\n"},
        {TOP "instances: {mail: {plugin: smtp, options: {host: a, headers: {form: x}}}}\n",
         "conf.d/10.yaml:2:63: error: unknown key in 'headers' of plugin 'smtp': 'form', did you "
         "mean 'from'? [C071]\n"},
        {TOP "instances: {mail: {plugin: smtp, options: {host: a}}}\nactions: {a: {verb: "
             "message.sms, via: mail}, b: {verb: message.emial, via: mail}}\n",
         "conf.d/10.yaml:3:14: error: instance 'mail' (plugin smtp) does not offer 'message.sms'; "
         "it offers message.email [C075]\n"
         "conf.d/10.yaml:3:49: error: instance 'mail' (plugin smtp) does not offer "
         "'message.emial', did you mean 'message.email'? [C075]\n"},
        {TOP "instances: {mail: {plugin: smtp, options: {host: a}}}\nactions: {a: {verb: "
             "message.email, via: mial}}\n",
         "conf.d/10.yaml:3:14: error: unknown instance 'mial', did you mean 'mail'? [C074]\n"},
        {TOP "actions: {a: {verb: chat.post}, b: {verb: message.sms}, c: {verb: task.create}}\n",
         "conf.d/10.yaml:2:14: error: nobody carries 'chat.post': name an instance in 'via' "
         "[C063]\n"
         "conf.d/10.yaml:2:36: error: nobody carries 'message.sms': name an instance in 'via', or "
         "set the channel up in 'channels' [C063]\n"},
        {TOP "actions: {a: {verb: task.create, template: freindly}, b: {verb: task.create, "
             "template: nothing}}\n",
         "conf.d/10.yaml:2:14: error: action 'a' uses the unknown template 'freindly', did you "
         "mean 'friendly'? [C300]\n"
         "conf.d/10.yaml:2:58: error: action 'b' uses the unknown template 'nothing'; add the "
         "folder conf.d/templates/nothing [C300]\n"},
        {TOP "instances: {mail: {plugin: smtp, options: {host: a}}}\nchannels: {email: {via: "
             "mail}}\npolicies: {p: {stages: [{name: urgent, from: 1}]}}\n",
         "conf.d/10.yaml:4:25: error: policy 'p' uses the unknown template 'urgent'; add the "
         "folder conf.d/templates/urgent [C300]\n"},
        {TOP "policies: {p: {stages: [{name: friendly, from: 1}]}}\n",
         "conf.d/10.yaml:2:12: error: policy 'p' sends notices, and no channel is set up in "
         "'channels' [C063]\n"},
        /* every room speaks in one run */
        {"organisation: {name: E, zone: Nowhere}\nhub: {stroe: x}\ninstances: {mail: {plugin: "
         "smpt}}\npolicies: {p: {stages: [{name: a}]}}\n",
         "conf.d/10.yaml:1:31: error: 'zone' must be a time zone such as America/Chicago; the time "
         "zone database has no 'Nowhere' [C032]\n"
         "conf.d/10.yaml:2:7: error: unknown key 'stroe', did you mean 'store'? [C031]\n"
         "conf.d/10.yaml:3:28: error: unknown plugin 'smpt', did you mean 'smtp'? [C070]\n"
         "conf.d/10.yaml:4:25: error: 'from' is missing [C034]\n"},
    };
    Folder folder;
    folder_init(&folder);
    g_autoptr(Manifests) manifests = manifests_make(&folder);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        put(&folder, "10.yaml", rows[i].yaml);
        g_autofree char *findings = NULL;
        g_autoptr(Configuration) configuration = load(&folder, manifests, &findings);
        g_assert_cmpstr(findings, ==, rows[i].findings);
        g_assert_null(configuration);
    }
    folder_done(&folder);
}

/* An undo that comes from the verb is dropped where nobody offers it; one that is written is a
 * finding. */
static void undo(void)
{
    Folder folder;
    folder_init(&folder);
    g_autoptr(Manifests) manifests = manifests_make(&folder);
    put(&folder, "10.yaml",
        TOP "instances: {mail: {plugin: smtp, options: {host: a}}}\nactions: {a: {verb: "
            "message.email, via: mail, undo: message.withdraw}}\n");
    g_autofree char *findings = NULL, *none = NULL;
    g_assert_null(load(&folder, manifests, &findings));
    g_assert_cmpstr(findings, ==,
                    "conf.d/10.yaml:3:14: error: 'message.email' cannot be taken back: no instance "
                    "in 'via' offers 'message.withdraw' [C075]\n");
    put(&folder, "10.yaml", TOP "actions: {a: {verb: service.suspend}}\n");
    g_autoptr(Configuration) configuration = load(&folder, manifests, &none);
    g_assert_cmpstr(configuration->book.actions[0].undo, ==, "service.restore");
    folder_done(&folder);
}

static void secrets(void)
{
    Folder folder;
    folder_init(&folder);
    put(&folder, "empty", "\n");
    put(&folder, "crlf", "a b\r\n");
    g_autofree char *large = g_strnfill(SECRET_MAX_BYTES + 1, 'x');
    put(&folder, "large", large);
    put(&folder, "binary", "\xff\xfe");
    put(&folder, "credentials/smtp", "from systemd");
    g_autofree char *credentials = g_build_filename(folder.path, "credentials", NULL);
    g_setenv("CREDENTIALS_DIRECTORY", credentials, TRUE);
    g_setenv("DUNHUB_TEST_SECRET", "from env", TRUE);
    g_unsetenv("DUNHUB_TEST_NOTHING");
    static const struct {
        const char *reference, *text, *error;
    } rows[] = {
        {"${file:@/crlf}", "a b", NULL},
        {"${env:DUNHUB_TEST_SECRET}", "from env", NULL},
        {"${credential:smtp}", "from systemd", NULL},
        {"plain", "plain", NULL},
        {"${file:@/none}", NULL,
         "the secret file @/none cannot be read: No such file or directory; check the path and its "
         "permissions"},
        {"${file:@/empty}", NULL,
         "the secret file @/empty cannot be read: it is empty; check the path and its permissions"},
        {"${file:@/large}", NULL,
         "the secret file @/large cannot be read: larger than 64 KiB; check the path and its "
         "permissions"},
        {"${file:@/binary}", NULL,
         "the secret file @/binary cannot be read: it is no text; check the path and its "
         "permissions"},
        {"${file:@}", NULL,
         "the secret file @ cannot be read: not a regular file; check the path and its "
         "permissions"},
        {"${env:DUNHUB_TEST_NOTHING}", NULL,
         "the environment variable DUNHUB_TEST_NOTHING is not set; set it where the hub is "
         "started"},
        {"${credential:../smtp}", NULL,
         "the credential ../smtp has no possible name; use letters, digits, '_', '-' and '.'"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GString) reference = g_string_new(rows[i].reference);
        g_string_replace(reference, "@", folder.path, 0);
        g_autoptr(json_t) options =
            json_pack("{s:{s:[s]}, s:i}", "inner", "token", reference->str, "port", 25);
        Instance instance = {.name = "mail", .options = options};
        g_autoptr(GError) error = NULL;
        g_autoptr(json_t) resolved = configuration_resolve(&instance, &error);
        if (rows[i].error) {
            g_autoptr(GString) expected =
                g_string_new("instance 'mail', option 'inner': option 'token': ");
            g_string_append(expected, rows[i].error);
            g_string_replace(expected, "@", folder.path, 0);
            g_assert_error(error, CONFIGURATION_ERROR, CONFIGURATION_ERROR_SECRET);
            g_assert_cmpstr(error->message, ==, expected->str);
            continue;
        }
        g_assert_no_error(error);
        const json_t *token =
            json_array_get(json_object_get(json_object_get(resolved, "inner"), "token"), 0);
        g_assert_cmpstr(json_string_value(token), ==, rows[i].text);
        g_assert_cmpint(json_integer_value(json_object_get(resolved, "port")), ==, 25);
    }
    folder_done(&folder);
}

/* conf.d of this tree, with the plugins that were built beside this test. */
static void example(void)
{
    g_autofree char *build = g_build_filename(g_test_get_dir(G_TEST_BUILT), "..", "..", "..", NULL);
    g_autofree char *plugins = g_build_filename(build, "plugins", NULL),
                    *host = g_build_filename(build, "dunhub-host", NULL);
    g_autoptr(Manifests) manifests = manifests_load(plugins, host, NULL);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Configuration) configuration =
        configuration_load("conf.d", manifests, NULL, 0, 1, diags);
    diags_print(diags, stderr, false);
    g_assert_cmpuint(diags_length(diags), ==, 0);
    g_assert_cmpuint(configuration->n_instances, ==, 6);
    g_assert_cmpuint(configuration->book.n_policies, ==, 6);
    g_assert_cmpstr(configuration->book.organisation, ==, "Kestrel Holdings");
    g_assert_cmpstr(
        rulebook_policy(&configuration->book, "tenant_formal", NULL)->steps[2].on_enter[0].undo, ==,
        "document.void");
}

int main(int argc, char **argv)
{
    g_setenv("LC_ALL", "C", TRUE);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hub/configuration/complete", complete);
    g_test_add_func("/hub/configuration/hash", hash_follows_meaning);
    g_test_add_func("/hub/configuration/mistakes", mistakes);
    g_test_add_func("/hub/configuration/undo", undo);
    g_test_add_func("/hub/configuration/secrets", secrets);
    g_test_add_func("/hub/configuration/example", example);
    return g_test_run();
}
