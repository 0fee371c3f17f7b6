/* Documents through dunhub-letter itself. */
#include <string.h>

#include <glib/gstdio.h>

#include "base/hash.h"
#include "press/press.h"

static const char *program(void)
{
    static char *path = NULL;
    if (path == NULL) {
        g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
        g_autofree char *build = g_path_get_dirname(self);
        while (!g_str_has_suffix(build, "/tests")) {
            char *up = g_path_get_dirname(build);
            g_free(build);
            build = up;
        }
        path = g_build_filename(build, "..", "dunhub-letter", NULL);
    }
    return path;
}

static const Column columns[] = {{"Invoice", ALIGN_START}, {"Open", ALIGN_END}};

/* A letter with so many invoices; text is its only paragraph. */
static Document letter_of(Arena *arena, const char *language, const char *text, size_t rows)
{
    static const char *const recipient[] = {"Jane Doe", "12 Main Street", "Columbus, OH 43215"};
    static const Fact facts[] = {{"Date", "July 1, 2026"}};
    const char **cells = arena_new0(arena, const char *, 2 * (rows + 1));
    for (size_t i = 0; i < rows; i++) {
        cells[2 * i] = arena_printf(arena, "INV-%zu", i + 1);
        cells[2 * i + 1] = "$120.00";
    }
    cells[2 * rows] = "Total";
    cells[2 * rows + 1] = "$1,234.50";
    const Block blocks[] = {{.kind = BLOCK_HEADING, .level = 1, .markup = "Second notice"},
                            {.kind = BLOCK_PARAGRAPH, .markup = text},
                            {.kind = BLOCK_TABLE,
                             .columns = columns,
                             .n_columns = 2,
                             .cells = cells,
                             .n_rows = rows + 1,
                             .n_totals = 1},
                            {.kind = BLOCK_ITEM, .level = 1, .markup = "Pay"},
                            {.kind = BLOCK_ITEM, .level = 1, .markup = "Dispute"}};
    return (Document){.language = language,
                      .title = "Second notice",
                      .author = "Kestrel Holdings",
                      .subject = "C-1001",
                      .date = date_from_ymd(2026, 7, 1),
                      .paper = PAPER_US_LETTER,
                      .envelope = ENVELOPE_US_10,
                      .sender = "Kestrel Holdings",
                      .recipient = recipient,
                      .n_recipient = G_N_ELEMENTS(recipient),
                      .facts = facts,
                      .n_facts = 1,
                      .blocks = arena_dup(arena, blocks, sizeof blocks),
                      .n_blocks = G_N_ELEMENTS(blocks),
                      .page_label = "Page %1 of %2"};
}

static bool contains(GBytes *pdf, const char *what)
{
    gsize n = 0;
    const void *bytes = g_bytes_get_data(pdf, &n);
    return memmem(bytes, n, what, strlen(what)) != NULL;
}

/* Output of a program that reads the PDF. */
static char *read_with(GBytes *pdf, const char *tool, const char *option)
{
    gsize n = 0;
    const char *bytes = g_bytes_get_data(pdf, &n);
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "dunhub-press-XXXXXX", NULL);
    int fd = g_mkstemp(path);
    g_assert_cmpint(fd, >=, 0);
    g_close(fd, NULL);
    g_assert_true(g_file_set_contents(path, bytes, (gssize)n, NULL));
    const char *arguments[] = {tool, option, path, strcmp(tool, "pdftotext") == 0 ? "-" : NULL,
                               NULL};
    char *out = NULL;
    int status = 0;
    g_autoptr(GError) error = NULL;
    g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, NULL,
                 &status, &error);
    g_assert_no_error(error);
    g_assert_true(g_spawn_check_wait_status(status, &error));
    g_unlink(path);
    return out;
}

static GBytes *draw(Press *press, const Document *document, int *ret_pages)
{
    g_autoptr(GError) error = NULL;
    GBytes *pdf = press_draw(press, document, ret_pages, &error);
    g_assert_no_error(error);
    return pdf;
}

static void test_letter(void)
{
    g_autoptr(Press) press = press_new(program());
    g_autoptr(Arena) arena = arena_new();
    Document letter = letter_of(arena, "en-US", "In all, <b>$1,234.50</b> is open.", 60);
    int pages = 0;
    g_autoptr(GBytes) pdf = draw(press, &letter, &pages);
    g_assert_cmpint(pages, ==, 3);
    g_assert_true(contains(pdf, "/Lang (en-US)"));
    g_assert_true(contains(pdf, "/StructTreeRoot"));
    g_assert_true(contains(pdf, "/MarkInfo"));
    g_assert_true(contains(pdf, "/DisplayDocTitle true"));
    g_assert_true(contains(pdf, "CreationDate (20260701"));
    g_autofree char *text = read_with(pdf, "pdftotext", "-layout");
    static const char *const expected[] = {"Jane Doe",    "In all, $1,234.50 is open.",
                                           "INV-60",      "Page 1 of 3",
                                           "Page 3 of 3", "Dispute"};
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++)
        g_assert_nonnull(strstr(text, expected[i]));
    int titles = 0;
    for (const char *at = text; (at = strstr(at, "Invoice ")) != NULL; at++)
        titles++;
    g_assert_cmpint(titles, ==, 3); /* again on every page */
    g_autofree char *check = read_with(pdf, "qpdf", "--check");
    g_assert_nonnull(strstr(check, "No syntax or stream encoding errors"));
}

static void test_same_bytes(void)
{
    g_autoptr(Arena) arena = arena_new();
    Document letter = letter_of(arena, "de", "Grüße: Ελληνικά, Русский", 3);
    g_autoptr(GBytes) first = NULL;
    for (int i = 0; i < 2; i++) { /* by two processes */
        g_autoptr(Press) press = press_new(program());
        int pages = 0;
        g_autoptr(GBytes) pdf = draw(press, &letter, &pages);
        if (first == NULL)
            first = g_bytes_ref(pdf);
        g_assert_true(g_bytes_equal(first, pdf));
    }
}

static void test_scripts(void)
{
    static const struct {
        const char *language, *text, *reads;
    } rows[] = {
        {"en", "The amount is open.", "The amount is open."},
        {"ru", "Сумма не оплачена.", "Сумма не оплачена."},
        {"hi", "राशि बकाया है।", NULL},
        {"ar", "المبلغ متأخر", NULL},
        {"he", "הסכום פתוח", NULL},
        {"ja", "未払いです", "未払いです"},
        {"zh", "尚未支付", "尚未支付"},
    };
    g_autoptr(Press) press = press_new(program());
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Arena) arena = arena_new();
        Document letter = letter_of(arena, rows[i].language, rows[i].text, 2);
        int pages = 0;
        g_autoptr(GBytes) pdf = draw(press, &letter, &pages);
        g_assert_cmpint(pages, ==, 1);
        g_autofree char *text = read_with(pdf, "pdftotext", "-layout");
        g_assert_true(rows[i].reads == NULL || strstr(text, rows[i].reads) != NULL);
    }
}

static void test_missing_glyph(void)
{
    g_autoptr(Press) press = press_new(program());
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) error = NULL;
    Document letter = letter_of(arena, "en", "Dear \xf3\xb0\x80\x81, good day",
                                1); /* private use: nobody has it */
    int pages = 0;
    g_assert_null(press_draw(press, &letter, &pages, &error));
    g_assert_error(error, PRESS_ERROR, PRESS_ERROR_REFUSED);
    g_assert_nonnull(strstr(error->message, "U+F0001"));
    g_assert_nonnull(strstr(error->message, "fonts-noto-core"));
    letter = letter_of(arena, "en", "Dear Ann, good day", 1); /* it goes on */
    g_autoptr(GBytes) pdf = draw(press, &letter, &pages);
    g_assert_nonnull(pdf);
}

static void count(void *data, uint64_t job, GBytes *pdf, int pages, const GError *error)
{
    GString *seen = data;
    g_string_append_printf(seen, "%" G_GUINT64_FORMAT "%s%s ", job, pdf != NULL ? "+" : "-",
                           error != NULL && error->code == PRESS_ERROR_REFUSED ? "refused" : "");
    (void)pages;
}

static void test_queue(void)
{
    g_autoptr(Press) press = press_new(program());
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GString) seen = g_string_new(NULL);
    Document letter = letter_of(arena, "en", "Hello", 1);
    g_autoptr(json_t) json = document_json(&letter);
    g_autofree char *text = json_canonical(json);
    g_assert_true(press_submit(press, 1, text, count, seen, NULL));
    g_assert_true(press_submit(press, 2, "{\"blocks\":7}", count, seen, NULL));
    g_assert_true(press_submit(press, 3, text, count, seen, NULL));
    while (press_waiting(press) > 0) {
        press_turn(press);
        g_usleep(1000);
    }
    g_assert_cmpstr(seen->str, ==, "1+ 2-refused 3+ ");
    for (guint i = 0; i < PRESS_MOST_WAITING; i++)
        g_assert_true(press_submit(press, i, text, count, seen, NULL));
    g_autoptr(GError) error = NULL;
    g_assert_false(press_submit(press, 9, text, count, seen, &error));
    g_assert_error(error, PRESS_ERROR, PRESS_ERROR_FULL);
}

static void test_no_program(void)
{
    static const char *const programs[] = {"/nowhere/dunhub-letter", "/bin/false"};
    for (size_t i = 0; i < G_N_ELEMENTS(programs); i++) {
        g_autoptr(Press) press = press_new(programs[i]);
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(GError) error = NULL;
        Document letter = letter_of(arena, "en", "Hello", 1);
        int pages = 0;
        g_assert_null(press_draw(press, &letter, &pages, &error));
        g_assert_error(error, PRESS_ERROR, PRESS_ERROR_FAILED);
        g_assert_cmpuint(press_waiting(press), ==, 0);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/press/letter", test_letter);
    g_test_add_func("/press/same-bytes", test_same_bytes);
    g_test_add_func("/press/scripts", test_scripts);
    g_test_add_func("/press/missing-glyph", test_missing_glyph);
    g_test_add_func("/press/queue", test_queue);
    g_test_add_func("/press/no-program", test_no_program);
    return g_test_run();
}
