/* What notices cost. Mails: text and HTML of a consolidated notice over ten invoices, with the starter set, against a floor in
 * the same round: the same bytes appended piece by piece to a string, as a program without templates would. Letters: 1,000 through
 * dunhub-letter in three languages, to names in three scripts, each checked (with DUNHUB_LETTERS=DIR they are kept there, to be read by pdftotext and qpdf); the floor is a program that is only started and draws one empty page. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "notice/notice.h"
#include "press/press.h"

enum { MAILS = 10000, LETTERS = 1000, INVOICES = 10, ROUNDS = 3 };

static const char *const languages[] = {"en-US", "de", "es", "fr", "hi", "ar"};
static const char *const names[] = {"Jane Doe",    "Jürgen Müller", "José Núñez",
                                    "Zoë Lefèvre", "अनिता शर्मा",    "ليلى أحمد"};

static double now_s(void)
{
    return (double)g_get_monotonic_time() / 1e6;
}

/* Of this process alone: others may use the machine meanwhile. */
static double used_s(void)
{
    struct timespec used = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

typedef struct {
    Arena *arena;
    AccountState state;
    Notice notice;
    Act act;
    NoticeIn in;
} Sample;

static void make_sample(Sample *sample, const char *channel)
{
    g_autoptr(GString) rows = g_string_new("[");
    for (int i = 0; i < INVOICES; i++)
        g_string_append_printf(rows,
                               "%s{\"id\":\"I%d\",\"number\":\"INV-%d\",\"open\":%d,\"due_on\":"
                               "\"2026-06-%02d\",\"days_overdue\":%d}",
                               i > 0 ? "," : "", i, 1000 + i, 12000 + 7 * i, i + 1, 30 - i);
    g_string_append_c(rows, ']');
    sample->arena = arena_new();
    state_init(&sample->state, sample->arena, "bench:C-1001");
    sample->state.account.name = "Jane Doe";
    record_init(&notice_type, &sample->notice);
    record_init(&act_type, &sample->act);
    sample->notice.name = "final_notice";
    sample->notice.currency = (Currency){"USD"};
    sample->notice.amount = 120315;
    sample->notice.invoices = arena_strdup(sample->arena, rows->str);
    sample->act.template_name = "firm";
    sample->act.channel = channel;
    sample->act.address = "12 Main Street, Columbus, OH 43215";
    sample->in = (NoticeIn){.state = &sample->state,
                            .notice = &sample->notice,
                            .act = &sample->act,
                            .organisation = "Kestrel Holdings",
                            .zone = "America/Chicago",
                            .today = date_from_ymd(2026, 7, 1)};
}

static json_t *render(const Templates *templates, Sample *sample)
{
    g_autoptr(GError) error = NULL;
    json_t *message = notice_render(templates, &sample->in, &error);
    if (message == NULL) {
        fprintf(stderr, "notices: %s\n", error->message);
        exit(1);
    }
    return message;
}

/* Seconds for all mails. */
static double write_mails(const Templates *templates, Sample *sample, size_t *ret_bytes)
{
    double start = used_s();
    for (int i = 0; i < MAILS; i++) {
        g_autoptr(json_t) message = render(templates, sample);
        g_autofree char *kept = json_canonical(message);
        *ret_bytes = strlen(kept);
    }
    return used_s() - start;
}

/* As many bytes, in pieces of sixteen. */
static double append_mails(size_t bytes)
{
    double start = used_s();
    for (int i = 0; i < MAILS; i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        while (text->len < bytes)
            g_string_append(text, "0123456789abcdef");
    }
    return used_s() - start;
}

static const Document *document_of(const Templates *templates, Sample *sample, int i, Arena *arena)
{
    sample->state.account.language = languages[i % (int)G_N_ELEMENTS(languages)];
    sample->state.account.name = names[i % (int)G_N_ELEMENTS(names)];
    sample->state.account.external_id = arena_printf(arena, "C-%d", 1000 + i);
    g_autoptr(json_t) message = render(templates, sample);
    g_autoptr(GError) error = NULL;
    const Document *document = document_parse(json_object_get(message, "document"), arena, &error);
    if (document == NULL) {
        fprintf(stderr, "notices: %s\n", error->message);
        exit(1);
    }
    return document;
}

/* A PDF of at least a page that says its language and ends as it should. */
static bool is_good(GBytes *pdf, int pages, const char *language)
{
    gsize n = 0;
    const char *bytes = g_bytes_get_data(pdf, &n);
    g_autofree char *lang = g_strdup_printf("/Lang (%s)", language);
    return pages >= 1 && n > 1000 && memcmp(bytes, "%PDF-", 5) == 0 &&
           memcmp(bytes + n - 6, "%%EOF\n", 6) == 0 && memmem(bytes, n, lang, strlen(lang)) != NULL;
}

/* Where somebody wants to look at them. */
static void keep(GBytes *pdf, const Document *document)
{
    const char *folder = g_getenv("DUNHUB_LETTERS");
    if (folder == NULL || document->subject == NULL)
        return;
    gsize n = 0;
    const char *bytes = g_bytes_get_data(pdf, &n);
    g_autofree char *path =
        g_strdup_printf("%s/%s-%s.pdf", folder, document->subject, document->language);
    if (!g_file_set_contents(path, bytes, (gssize)n, NULL))
        fprintf(stderr, "notices: %s cannot be written\n", path);
}

static void draw(Press *press, const Document *document)
{
    int pages = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) pdf = press_draw(press, document, &pages, &error);
    if (pdf != NULL && is_good(pdf, pages, document->language)) {
        keep(pdf, document);
        return;
    }
    fprintf(stderr, "notices: %s\n", error != NULL ? error->message : "a letter is not whole");
    exit(1);
}

static double draw_letters(const Templates *templates, Press *press)
{
    Sample sample = {0};
    make_sample(&sample, "letter");
    double start = now_s();
    for (int i = 0; i < LETTERS; i++) {
        g_autoptr(Arena) arena = arena_new();
        draw(press, document_of(templates, &sample, i, arena));
    }
    double took = now_s() - start;
    arena_free(sample.arena);
    return took;
}

static double draw_empty(const char *program)
{
    const Document empty = {.language = "en", .title = "Nothing", .date = 20000};
    double start = now_s();
    g_autoptr(Press) press = press_new(program);
    draw(press, &empty);
    return now_s() - start;
}

int main(void)
{
    const char *build = g_getenv("DUNHUB_BUILD");
    g_autofree char *program =
        g_build_filename(build != NULL ? build : "build", "dunhub-letter", NULL);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Templates) templates = templates_load("conf.d/templates", diags);
    if (templates == NULL) {
        diags_print(diags, stderr, false);
        return 1;
    }
    Sample sample = {0};
    size_t bytes = 0;
    double mails = 1e9, floor = 1e9;
    make_sample(&sample, "email");
    for (int i = 0; i < ROUNDS; i++) { /* the best of each: the machine is not ours alone */
        mails = MIN(mails, write_mails(templates, &sample, &bytes));
        floor = MIN(floor, append_mails(bytes));
    }
    arena_free(sample.arena);
    double empty = draw_empty(program);
    g_autoptr(Press) press = press_new(program);
    double letters = draw_letters(templates, press);
    printf("%-46s %10.0f /s   %5.1f x the floor of appending %zu bytes\n",
           "mails of ten invoices, text and HTML", MAILS / mails, mails / floor, bytes);
    printf("%-46s %10.1f ms  %5.2f x starting the program for an empty page\n",
           "a letter of ten invoices", letters / LETTERS * 1000, letters / LETTERS / empty);
    printf("{\"mails_per_s\": %.0f, \"mails_to_floor\": %.2f, \"letter_ms\": %.2f, \"empty_ms\": "
           "%.2f, \"letters\": %d}\n",
           MAILS / mails, mails / floor, letters / LETTERS * 1000, empty * 1000, LETTERS);
    return 0;
}
