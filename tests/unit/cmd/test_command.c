/* The command line as a person meets it: what it says to a wrong word, and with which status. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>

static char *program; /* dunhub of the same build */

typedef struct {
    int status;
    char *out, *err;
} Answer;

static void answer_clear(Answer *answer)
{
    g_free(answer->out);
    g_free(answer->err);
}

static Answer run(const char *dir, const char *line)
{
    g_auto(GStrv) words = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *whole = g_strconcat("dunhub ", line, NULL);
    g_assert_true(g_shell_parse_argv(whole, NULL, &words, &error));
    g_free(words[0]);
    words[0] = g_strdup(program);
    Answer answer = {0};
    int wait_status = 0;
    g_assert_true(g_spawn_sync(dir, words, NULL, G_SPAWN_DEFAULT, NULL, NULL, &answer.out,
                               &answer.err, &wait_status, &error));
    g_assert_true(WIFEXITED(wait_status));
    answer.status = WEXITSTATUS(wait_status);
    return answer;
}

typedef struct {
    const char *line;
    int status;
    const char *out, *err; /* what stands in it; NULL: not looked at */
} Row;

static const Row rows[] = {
    {"help", 0, "simulate", NULL},
    {"--help", 0, "Exit status", NULL},
    {"", 2, NULL, "Usage: dunhub COMMAND"},
    {"version", 0, "dunhub ", NULL},
    {"version --json", 0, "{\"version\":\"", NULL},
    {"tset", 2, NULL, "there is no command 'tset', did you mean 'test'?"},
    {"frobnicate", 2, NULL, "'dunhub help' lists them"},
    {"help test", 0, "Usage: dunhub test [OPTION…] FILE…", NULL},
    {"test --help", 0, "--verbose", NULL},
    {"test", 2, NULL, "too few arguments; usage: dunhub test FILE…"},
    {"test --jsn x", 2, NULL, "unknown option --jsn, did you mean --json?"},
    {"test --case", 2, NULL, "--case needs a value: ID"},
    {"test --json=yes x", 2, NULL, "--json takes no value"},
    {"test -x", 2, NULL, "options are written with two dashes"},
    {"accounts everyone", 2, NULL, "takes no arguments"},
    {"accounts --conf /nowhere", 2, NULL, "/nowhere"},
    {"rules --conf /nowhere", 2, NULL, "/nowhere"},
    {"rules A B", 2, NULL, "too many arguments"},
    {"grace A soon", 2, NULL, "soon"},
    {"hold put A pause", 2, NULL, "say 'hold set', 'hold move' or 'hold end', not 'hold put'"},
    {"hold set A pauze", 2, NULL, "there is no hold 'pauze', did you mean 'pause'?"},
    {"audit all", 2, NULL, "say 'audit verify', 'replay', 'show ACCOUNT', 'export"},
    {"assign A maria --none", 2, NULL, "name a person, or say --none, not both"},
    {"retry K --close --release", 2, NULL, "exclude each other"},
    {"approve", 2, NULL, "say what"},
    {"approve A", 2, NULL, "say what is approved"},
    {"simulate", 2, NULL, "say which days"},
    {"simulate --from 2026-02-30 --to 2026-03-01", 2, NULL, "--from"},
    {"simulate --from 2026-03-02 --to 2026-03-01", 2, NULL, "--to is before --from"},
    {"simulate --from 2026-03-01 --to 2026-03-02 --format svg", 2, NULL, "--out FOLDER"},
    {"simulate --from 2026-03-01 --to 2026-03-02 --format pie", 2, NULL, "not 'pie'"},
    {"simulate --from 2026-03-01 --to 2026-03-02 --compare a", 2, NULL, "--compare A B"},
    {"simulate a b --from 2026-03-01 --to 2026-03-02", 2, NULL, "--compare A B"},
    {"completion zsh", 2, NULL, "only bash is known"},
    {"plugins --plugins /nowhere", 3, NULL, "there is no plugin folder /nowhere"},
    {"test /nowhere.yaml", 2, NULL, "/nowhere.yaml"},
    {"hold set A pause --until soon", 2, NULL, "--until: date \"soon\""},
    {"hold set A pause --from soon", 2, NULL, "--from: date \"soon\""},
    {"hold move A pause", 2, NULL, "say what to move: --from, --until or both"},
    {"exclude A", 2, NULL, "too few arguments; usage: dunhub exclude ACCOUNT INVOICE"},
    {"audit verify A", 2, NULL, "'dunhub audit show A' shows one"},
    {"approve A legal", 2, NULL, "say who asked for it with --requested-by"},
};

static void check_part(const char *text, const char *part, const char *line)
{
    if (part != NULL && strstr(text, part) == NULL)
        g_error("dunhub %s: expected '%s' in: %s", line, part, text);
}

static void test_rows(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Answer answer = run(NULL, rows[i].line);
        if (answer.status != rows[i].status)
            g_error("dunhub %s: status %d, expected %d; said: %s%s", rows[i].line, answer.status,
                    rows[i].status, answer.out, answer.err);
        check_part(answer.out, rows[i].out, rows[i].line);
        check_part(answer.err, rows[i].err, rows[i].line);
        answer_clear(&answer);
    }
}

/* Every command explains itself, and the completion knows every one. */
static void test_each_has_help(void)
{
    Answer list = run(NULL, "help"), completion = run(NULL, "completion bash");
    g_auto(GStrv) lines = g_strsplit(list.out, "\n", -1);
    size_t n = 0;
    for (size_t i = 0; lines[i] != NULL; i++) {
        if (!g_str_has_prefix(lines[i], "  "))
            continue;
        g_auto(GStrv) words = g_strsplit_set(lines[i] + 2, " ", 2);
        g_autofree char *line = g_strconcat(words[0], " --help", NULL);
        g_autofree char *usage = g_strconcat("Usage: dunhub ", words[0], NULL);
        Answer help = run(NULL, line);
        g_assert_cmpint(help.status, ==, 0);
        check_part(help.out, usage, line);
        check_part(completion.out, words[0], "completion bash");
        answer_clear(&help);
        n++;
    }
    g_assert_cmpuint(n, ==, 44);
    answer_clear(&list);
    answer_clear(&completion);
}

/* ---- a case file, played ------------------------------------------------------------------ */

static const char cases[] =
    "format: delinquency-cases/1\n"
    "defaults: {tz: America/Chicago, evaluate_at: \"00:05\", send_at: \"09:00\", send_window: "
    "[\"09:00\", \"18:00\"], currency: USD,\n"
    "  settings: {days_to_overdue: 10, minimum_cents: {USD: 1000}, days_to_delinquent: 5},\n"
    "  account: {kind: subscriber, policy: isp, contact_points: [{channel: email, address: "
    "payer@example.test}]}}\n"
    "policies: {isp: {steps: [new, suspended, disconnected, paid_by_customer], notices: [overdue, "
    "delinquency]}}\n"
    "cases:\n"
    "- id: A-1\n  title: holds\n  source: own\n  given: {accounts: [{id: A}]}\n"
    "  when:\n  - {at: \"2026-07-01T06:00\", do: invoice_issued, account: A, invoice: I1, "
    "amount_cents: 6500}\n"
    "  then:\n  - {day: 2026-07-16, account: A, state: {status: delinquent}, sent: [{notice: "
    "delinquency}]}\n"
    "- id: A-2\n  title: does not hold\n  source: own\n  given: {accounts: [{id: A}]}\n"
    "  when:\n  - {at: \"2026-07-01T06:00\", do: invoice_issued, account: A, invoice: I1, "
    "amount_cents: 6500}\n"
    "  then:\n  - {day: 2026-07-16, account: A, state: {status: current}}\n"
    "- id: A-3\n  title: asks for what is not there\n  source: own\n"
    "  when:\n  - {at: \"2026-07-01T06:00\", do: query_notice_form, state: ZZ, served_on: "
    "2026-07-01, first_time_late: true}\n"
    "  then: []\n";

static void test_cases(void)
{
    g_autofree char *dir = g_dir_make_tmp("command-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "c.yaml", NULL);
    g_assert_true(g_file_set_contents(path, cases, -1, NULL));
    Answer all = run(dir, "test c.yaml");
    g_assert_cmpint(all.status, ==, 1);
    g_assert_cmpstr(all.out, ==,
                    "ok A-1 holds\n"
                    "not ok A-2 does not hold\n"
                    "    c.yaml:22:43: state.status: expected current, seen delinquent\n"
                    "not ok A-3 asks for what is not there\n"
                    "    c.yaml:27:5: query_notice_form: no rule is about the state ZZ\n"
                    "1 passed, 2 failed\n");
    Answer one = run(dir, "test --case A-1 c.yaml"),
           json = run(dir, "test --case A-2 --json c.yaml"),
           none = run(dir, "test --case Z c.yaml"),
           verbose = run(dir, "test --case A-1 --verbose c.yaml");
    g_assert_cmpint(one.status, ==, 0);
    g_assert_cmpstr(one.out, ==, "ok A-1 holds\n1 passed, 0 failed\n");
    check_part(json.out, "\"expected\":\"current\"", "test --json");
    check_part(json.out, "{\"failed\":1,\"passed\":0}", "test --json");
    g_assert_cmpint(none.status, ==, 2);
    check_part(verbose.out, "2026-07-16 09:00  A  sent delinquency by email, USD 6500",
               "test --verbose");
    answer_clear(&all);
    answer_clear(&one);
    answer_clear(&json);
    answer_clear(&none);
    answer_clear(&verbose);
    g_unlink(path);
    g_rmdir(dir);
}

/* ---- a small ledger, replayed ------------------------------------------------------------- */

static const char ledger[] = "customer,invoice,amount,issued,due,settled\n"
                             "C1,I1,100.00,2026-03-01,2026-03-05,2026-03-12\n"
                             "C2,I2,50.00,2026-03-01,2026-03-06,\n"
                             "C3,I3,9.99,2026-03-01,2026-03-05,\n";

static const char conf[] =
    "organisation: {name: Small, zone: Europe/Berlin}\n"
    "hub: {store: var/hub.db, run_dir: var}\n"
    "settings: {currency: EUR, minimum: {EUR: \"10.00\"}}\n"
    "instances:\n"
    "  books:\n"
    "    plugin: csv_ledger\n"
    "    options:\n"
    "      path: ledger.csv\n"
    "      currency: EUR\n"
    "      columns: {account: customer, invoice: invoice, amount: amount, issued_on: issued, "
    "due_on: due, settled_on: settled}\n"
    "      defaults: {kind: business, email: payer@example.test}\n"
    "  inbox: {plugin: file_drop, options: {folder: inbox, from: us@example.test}}\n"
    "channels: {email: {via: inbox}}\n"
    "policies: {ladder: {stages: [{name: nudge, from: 1, to: 3, wait: 3, skippable: true}, {name: "
    "firm, from: 4, wait: 0}]}}\n";

static const char *const letters[] = {"nudge", "firm", "payment_returned", "instalment_reminder",
                                      "promise_reminder"};

static const char timeline[] =
    "2026-03-06  C1             entered            -                EUR 100.00 is overdue (day 1): "
    "the account is delinquent  [§4 entry]\n"
    "2026-03-06  C1             step_entered       nudge            step nudge begins  [policy "
    "ladder version 1]\n"
    "2026-03-06  C1             notice_released    nudge            EUR 100.00  notice nudge goes "
    "by email  [§6.6]\n"
    "2026-03-07  C2             entered            -                EUR 50.00 is overdue (day 1): "
    "the account is delinquent  [§4 entry]\n"
    "2026-03-07  C2             step_entered       nudge            step nudge begins  [policy "
    "ladder version 1]\n"
    "2026-03-07  C2             notice_released    nudge            EUR 50.00  notice nudge goes "
    "by email  [§6.6]\n"
    "2026-03-09  C1             step_entered       firm             step firm begins  [policy "
    "ladder version 1]\n"
    "2026-03-09  C1             notice_released    firm             EUR 100.00  notice firm goes "
    "by email  [§6.6]\n"
    "2026-03-10  C2             step_entered       firm             step firm begins  [policy "
    "ladder version 1]\n"
    "2026-03-10  C2             notice_released    firm             EUR 50.00  notice firm goes by "
    "email  [§6.6]\n"
    "2026-03-12  C1             left               -                the account left step firm: "
    "payment  [§4 exit]\n"
    "\n"
    "2026-03-01 to 2026-03-20: 3 accounts, 2 became delinquent, 11 decisions\n"
    "\n"
    "notices          \n"
    "firm by email   2\n"
    "nudge by email  2\n"
    "all notices     4\n"
    "\n"
    "steps                \n"
    "nudge entered       2\n"
    "nudge account-days  6\n"
    "firm entered        2\n"
    "firm account-days   14\n"
    "\n"
    "figures                        \n"
    "collection rate 45 days, EUR  nothing to judge\n"
    "days to payment, EUR          7.0000 (target met)\n"
    "recovered cash, EUR           100.00\n"
    "retention                     nothing to judge\n"
    "cost per recovery             nothing to judge\n";

static void write_file(const char *dir, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autofree char *folder = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static char *make_site(void)
{
    char *dir = g_dir_make_tmp("site-XXXXXX", NULL);
    write_file(dir, "ledger.csv", ledger);
    write_file(dir, "conf.yaml", conf);
    for (size_t i = 0; i < G_N_ELEMENTS(letters); i++) {
        g_autofree char *subject = g_build_filename("templates", letters[i], "subject.txt", NULL);
        g_autofree char *body = g_build_filename("templates", letters[i], "body.txt", NULL);
        write_file(dir, subject, "About your invoice\n");
        write_file(dir, body, "Something is owed. Reply STOP to get no more emails.\n");
    }
    return dir;
}

static void remove_tree(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    for (const char *name = dir != NULL ? g_dir_read_name(dir) : NULL; name != NULL;
         name = g_dir_read_name(dir)) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        remove_tree(inner);
    }
    if (dir != NULL)
        g_dir_close(dir);
    g_remove(path);
}

/* The same lines in any time zone and locale; nothing leaves and nothing is kept. */
static void test_simulate(void)
{
    g_autofree char *dir = make_site();
    static const char *const zones[] = {"UTC", "Asia/Tokyo", "America/Lima"};
    for (size_t i = 0; i < G_N_ELEMENTS(zones); i++) {
        g_setenv("TZ", zones[i], TRUE);
        Answer answer = run(dir, "simulate --conf . --from 2026-03-01 --to 2026-03-20");
        g_assert_cmpstr(answer.err, ==, "");
        g_assert_cmpstr(answer.out, ==, timeline);
        g_assert_cmpint(answer.status, ==, 0);
        answer_clear(&answer);
    }
    Answer by_day = run(dir, "simulate --conf . --from 2026-03-01 --to 2026-03-20 --day-by-day");
    g_assert_cmpstr(by_day.out, ==, timeline);
    answer_clear(&by_day);
    Answer json = run(dir, "simulate --conf . --from 2026-03-01 --to 2026-03-06 --json");
    check_part(json.out,
               "{\"account\":\"C1\",\"amount\":\"100.00\",\"currency\":\"EUR\",\"date\":\"2026-03-"
               "06\",\"decision\":\"notice_released\","
               "\"gates\":[],\"invoices\":[\"I1\"],\"notice\":\"nudge\"",
               "simulate --json");
    answer_clear(&json);
    g_autofree char *inbox = g_build_filename(dir, "inbox", NULL),
                    *store = g_build_filename(dir, "var", "hub.db", NULL);
    g_assert_false(g_file_test(inbox, G_FILE_TEST_EXISTS));
    g_assert_false(g_file_test(store, G_FILE_TEST_EXISTS));
    Answer other = run(dir, "simulate --conf . --from 2026-03-01 --to 2026-03-06 --ledger bokks");
    g_assert_cmpint(other.status, ==, 3);
    check_part(other.err, "'bokks' is no ledger", "simulate --ledger");
    answer_clear(&other);
    remove_tree(dir);
}

/* ---- lists without a hub ------------------------------------------------------------------ */

static void expect(const char *dir, const char *line, int status, const char *out, const char *err)
{
    Answer answer = run(dir, line);
    if (answer.status != status)
        g_error("dunhub %s: status %d, expected %d; said: %s%s", line, answer.status, status,
                answer.out, answer.err);
    check_part(answer.out, out, line);
    check_part(answer.err, err, line);
    answer_clear(&answer);
}

/* A hub runs some days on a moved clock; then everything is looked at and acted on without one. */
static void test_desk(void)
{
    g_autofree char *dir = make_site();
    write_file(dir, "inbox/.keep", "");
    expect(dir, "check .", 0, "good: 1 policies, 0 routes, 2 instances", NULL);
    expect(dir, "check . --json", 0,
           "{\"conf\":\".\",\"instances\":2,\"policies\":1,\"routes\":0}\n", NULL);
    expect(dir, "status --conf .", 1, "there is no store yet", NULL);
    expect(dir, "assign C1 maria --conf .", 3, NULL, "there is no store");
    expect(dir, "accounts --conf .", 3, NULL, "there is no store");
    expect(dir, "run --conf . --release --as-of 2026-03-06 --to 2026-03-10", 0, NULL, NULL);
    expect(dir, "accounts --conf . --delinquent", 0, "EUR 50.00", NULL);
    expect(dir, "accounts --conf . --json", 0, "\"account\":\"C2\"", NULL);
    expect(dir, "show C2 --conf .", 0, "I2", NULL);
    expect(dir, "show C2 --conf . --json", 0, "\"cycle\"", NULL);
    expect(dir, "show C9 --conf .", 1, NULL, "there is no account 'C9', did you mean 'C1'?");
    expect(dir, "explain C2 --conf .", 0, "firm", NULL);
    expect(dir, "audit verify --conf .", 0, "all links hold", NULL);
    expect(dir, "audit show C2 --conf .", 0, "step_entered", NULL);
    expect(dir, "outbox --conf .", 0, NULL, NULL);
    expect(dir, "dead --conf .", 0, "nothing died", NULL);
    expect(dir, "graph --conf .", 0, "ladder", NULL);
    expect(dir, "graph ladder --conf .", 0, "firm", NULL);
    expect(dir, "graph ladder --dot --conf .", 0, "digraph", NULL);
    expect(dir, "graph laddr --conf .", 1, NULL, "did you mean 'ladder'?");
    expect(dir, "plugins", 0, "csv_ledger", NULL);
    expect(dir, "plugins csv_ledger", 0, "date_format", NULL);
    expect(dir, "assign C2 maria --conf . --by maria", 0, "C2 is assigned to maria", NULL);
    expect(dir, "accounts --conf . --delinquent", 0, "maria", NULL);
    expect(dir, "hold set C2 pause --conf . --reason test", 0, "C2: hold pause set", NULL);
    expect(dir, "show C2 --conf .", 0, "pause", NULL);
    expect(dir, "rules --disparity --conf . --from 2026-03-01 --to 2099-12-31", 0,
           "decided otherwise than the rules: 1; without a reason: 0\n", NULL);
    expect(dir, "rules --disparity --conf . --from 2026-03-01 --to 2099-12-31 --json", 0,
           "{\"group\":\"standard\",\"override\":\"hold\",\"reason\":\"test\",\"times\":1}\n",
           NULL);
    write_file(dir, "groups.csv", "account,group\nC1,north\n\"C2\",\"south, far\"\n");
    write_file(dir, "wrong.csv", "C1,north\nC2\n");
    expect(dir, "rules --disparity --conf . --groups groups.csv --from 2026-03-01 --to 2099-12-31",
           0, "south, far", NULL);
    expect(dir, "rules --disparity --conf . --groups wrong.csv", 2, NULL,
           "wrong.csv:2: a line is an account and its group, such as C-1007,north");
    expect(dir, "rules --disparity --conf . --by race", 2, NULL, "--by: there is no 'race'");
    expect(dir, "rules C2 --disparity --conf .", 2, NULL, "--disparity is about all accounts");
    expect(dir, "hold move C2 pause --until 2030-01-01 --conf .", 0, "C2: hold pause moved", NULL);
    expect(dir, "show C2 --conf .", 0, "2030-01-01", NULL);
    expect(dir, "hold move C2 pause --until ended --conf .", 0, "C2: hold pause moved", NULL);
    expect(dir, "hold move C2 pause --from 2030-01-01 --conf .", 1, NULL, "refused (hold_began)");
    expect(dir, "exclude C2 nothing --conf .", 1, NULL, "refused (unknown_invoice)");
    expect(dir, "exclude C2 I2 --conf . --reason offset", 0, "invoice I2 is left out", NULL);
    expect(dir, "show C2 --conf .", 0, "left out", NULL);
    expect(dir, "exclude C2 I2 --undo --conf .", 0, "C2: invoice I2 counts again", NULL);
    expect(dir, "rules --disparity --conf . --from 2026-03-01 --to 2099-12-31", 1,
           "(none was given)", NULL);
    expect(dir, "grace C2 2030-01-01 --conf .", 1, NULL, "refused (grace_too_long)");
    expect(dir, "retry nothing --conf .", 1, NULL, "has the key 'nothing'");
    expect(dir, "assign C9 maria --conf .", 1, NULL,
           "there is no account 'C9', did you mean 'C1'?");
    expect(dir, "outbox C9 --conf .", 1, NULL, "did you mean 'C1'?");
    expect(dir, "move C2 frm --conf .", 1, NULL,
           "policy ladder has no step 'frm'; it has nudge, firm");
    expect(dir, "approve C2 legl --conf . --by jonas", 2, NULL, "did you mean 'legal'?");
    expect(dir, "approve C2 legal --conf . --by maria --requested-by maria", 1, NULL,
           "refused (self_approval)");
    expect(dir, "approve C2 legal --conf . --by jonas --requested-by maria", 0,
           "C2: legal approved", NULL);
    expect(dir, "call inbx chat.post --conf .", 1, NULL,
           "there is no instance 'inbx', did you mean 'inbox'?");
    expect(dir, "call inbox chat.pst --conf .", 1, NULL, "did you mean 'chat.post'?");
    expect(dir, "call inbox chat.post --conf . --input /nowhere.json", 3, NULL, "/nowhere.json");
    expect(dir, "poll inbox --conf .", 1, NULL, "instance 'inbox' has no sources");
    expect(dir, "explain C2 --conf . --json", 0, "{\"rule\":", NULL);
    expect(dir, "graph --conf . --json", 0,
           "{\"policy\":\"ladder\",\"steps\":[\"nudge\",\"firm\"],\"version\":1}", NULL);
    expect(dir, "status --conf .", 1, "no hub runs on", NULL);
    expect(dir, "status --conf . --json", 1, "\"running\":false", NULL);
    remove_tree(dir);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *dir = g_path_get_dirname(self);
    program = g_build_filename(dir, "..", "..", "..", "dunhub", NULL);
    if (!g_file_test(program, G_FILE_TEST_IS_EXECUTABLE))
        g_error("%s is not there: run 'make' before this test", program);
    g_test_add_func("/cmd/rows", test_rows);
    g_test_add_func("/cmd/help", test_each_has_help);
    g_test_add_func("/cmd/cases", test_cases);
    g_test_add_func("/cmd/simulate", test_simulate);
    g_test_add_func("/cmd/desk", test_desk);
    int status = g_test_run();
    g_free(program);
    return status;
}
