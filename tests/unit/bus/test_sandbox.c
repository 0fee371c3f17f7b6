/* A hostile plugin in a host process: what it reaches, and what it does not. */
#include "host/landlock.h"
#include "rig.h"

#include <glib/gstdio.h>

typedef struct {
    Rig *rig;
    char *top; /* of everything below */
    uint64_t last;
} House;

static char *place(const House *house, const char *below)
{
    return g_build_filename(house->top, below, NULL);
}

static void put_file(const House *house, const char *below)
{
    g_autofree char *path = place(house, below);
    g_autofree char *folder = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, "secret", -1, NULL));
}

static House house_open(void)
{
    House house = {.rig = rig_new(NULL), .top = g_dir_make_tmp("dunhub-house-XXXXXX", NULL)};
    const char *const files[] = {"store/hub.db", "ledgers/rents.csv", "other/token", "out/first"};
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
        put_file(&house, files[i]);
    return house;
}

static void house_close(House *house)
{
    rig_free(house->rig);
    const char *const files[] = {"store/hub.db",
                                 "ledgers/rents.csv",
                                 "ledgers/new.csv",
                                 "other/token",
                                 "out/first",
                                 "out/second",
                                 "store",
                                 "ledgers",
                                 "other",
                                 "out",
                                 ""};
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = place(house, files[i]);
        g_remove(path);
    }
    g_free(house->top);
}

static void move_in(House *house, const char *ledger, const char *folder)
{
    g_autofree char *options = g_strdup_printf("{\"ledger\":\"%s/%s\",\"folder\":\"%s/%s\","
                                               "\"word\":\"%s/other\"}",
                                               house->top, ledger, house->top, folder, house->top);
    g_autofree char *store = place(house, "store");
    g_autoptr(json_t) private_paths = json_pack("[s]", store);
    g_autoptr(json_t) parsed = json_loads(options, 0, NULL);
    InstanceConfig config = {"guest", "burglar", ISOLATE_PROCESS, parsed, private_paths, false};
    g_assert_true(bus_add(house->rig->bus, &config, NULL));
}

static const char *tries(House *house, const char *verb, const char *what)
{
    g_autofree char *input = g_strdup_printf("{\"x\":\"%s\"}", what);
    rig_call(house->rig, "guest", ++house->last, CALL_ACTION, verb, input);
    return rig_result(house->rig, house->last)->message;
}

static const char *tries_file(House *house, const char *verb, const char *below)
{
    g_autofree char *path = place(house, below);
    return tries(house, verb, path);
}

static void test_files(void)
{
    House house = house_open();
    move_in(&house, "ledgers/rents.csv", "out");
    rig_wait_up(house.rig, "guest");
    static const struct {
        const char *verb, *below, *end;
    } rows[] = {
        {"test.read", "ledgers/rents.csv", "done"},  {"test.write", "ledgers/rents.csv", "EACCES"},
        {"test.write", "ledgers/new.csv", "EACCES"}, {"test.read", "out/first", "done"},
        {"test.write", "out/second", "done"},        {"test.read", "store/hub.db", "EACCES"},
        {"test.write", "store/hub.db", "EACCES"},    {"test.read", "other/token", "EACCES"},
        {"test.read", "../passwd", "ENOENT"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpstr(tries_file(&house, rows[i].verb, rows[i].below), ==, rows[i].end);
    const char *const elsewhere[] = {"/etc/passwd", "/proc/self/environ", "/proc/1/status", "/root",
                                     "/dev/shm"};
    for (size_t i = 0; i < G_N_ELEMENTS(elsewhere); i++)
        g_assert_cmpstr(tries(&house, "test.read", elsewhere[i]), ==, "EACCES");
    g_assert_cmpstr(tries(&house, "test.read", "/etc/nsswitch.conf"), ==, "done");
    g_assert_cmpstr(tries(&house, "test.write", "/usr/lib/x"), ==, "EACCES");
    house_close(&house);
}

/* The ledger is written anew under its name: the host reads the new one. */
static void test_replaced_file(void)
{
    House house = house_open();
    move_in(&house, "ledgers/rents.csv", "out");
    rig_wait_up(house.rig, "guest");
    put_file(&house, "ledgers/new.csv");
    g_autofree char *new = place(&house, "ledgers/new.csv"),
                    *old = place(&house, "ledgers/rents.csv");
    g_assert_cmpint(g_rename(new, old), ==, 0);
    g_assert_cmpstr(tries_file(&house, "test.read", "ledgers/rents.csv"), ==, "done");
    house_close(&house);
}

static void test_kernel(void)
{
    House house = house_open();
    move_in(&house, "ledgers/rents.csv", "out");
    rig_wait_up(house.rig, "guest");
    static const struct {
        const char *verb, *end;
    } rows[] = {
        {"test.fork", "EPERM"},  {"test.exec", "EPERM"},   {"test.kill", "EPERM"},
        {"test.trace", "EPERM"}, {"test.ring", "EPERM"},   {"test.listen", "EACCES"},
        {"test.thread", "done"}, {"test.hoard", "ENOMEM"}, {"test.descriptors", "EMFILE"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpstr(tries(&house, rows[i].verb, ""), ==, rows[i].end);
    g_assert_cmpstr(tries(&house, "test.resolve", "localhost"), ==, "done");
    house_close(&house);
}

/* A folder that holds the hub's store is not granted to anybody. */
static void test_store_in_a_granted_folder(void)
{
    House house = house_open();
    move_in(&house, "ledgers/rents.csv", "");
    rig_wait_downs(house.rig, 1);
    const char *why = g_ptr_array_index(house.rig->downs, 0);
    g_assert_nonnull(strstr(why, "also holds the hub's"));
    g_assert_nonnull(strstr(why, "give the instance a folder of its own"));
    house_close(&house);
}

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static void test_nothing(void)
{
    g_test_skip(SANITIZED ? "a sanitizer's host is not confined"
                          : "this kernel's Landlock does not hold all of it");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (SANITIZED || landlock_version() < 6) {
        g_test_add_func("/bus/sandbox", test_nothing);
        return g_test_run();
    }
    g_test_add_func("/bus/sandbox/files", test_files);
    g_test_add_func("/bus/sandbox/replaced_file", test_replaced_file);
    g_test_add_func("/bus/sandbox/kernel", test_kernel);
    g_test_add_func("/bus/sandbox/store_in_a_granted_folder", test_store_in_a_granted_folder);
    return g_test_run();
}
