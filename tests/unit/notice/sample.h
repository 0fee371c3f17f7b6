/* Folders of templates and an account with all that templates can read: for the tests of notices. */
#ifndef DUNHUB_TESTS_NOTICE_SAMPLE_H
#define DUNHUB_TESTS_NOTICE_SAMPLE_H

#include "notice/notice.h"

#include <glib/gstdio.h>
#include <string.h>

#define STARTER_SET "conf.d/templates"

/* A folder of templates that is gone when the test is over. */
typedef struct {
    char *dir;
    GPtrArray *paths;
} Scratch;

static inline void scratch_init(Scratch *scratch)
{
    scratch->dir = g_dir_make_tmp("dunhub-templates-XXXXXX", NULL);
    scratch->paths = g_ptr_array_new_with_free_func(g_free);
    g_assert_nonnull(scratch->dir);
}

static inline void scratch_write(Scratch *scratch, const char *file, const char *text, gssize n)
{
    char *path = g_build_filename(scratch->dir, file, NULL);
    g_autofree char *folder = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, text, n, NULL));
    g_ptr_array_add(scratch->paths, path);
}

static inline void scratch_done(Scratch *scratch)
{
    for (guint i = 0; i < scratch->paths->len; i++) {
        g_autofree char *folder = g_path_get_dirname(scratch->paths->pdata[i]);
        g_unlink(scratch->paths->pdata[i]);
        g_rmdir(folder);
    }
    g_rmdir(scratch->dir);
    g_ptr_array_unref(scratch->paths);
    g_free(scratch->dir);
}

static inline char *printed(Diags *diags)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    diags_sort(diags);
    diags_print(diags, out, false);
    fclose(out);
    return text;
}

static inline Templates *load_starter_set(void)
{
    g_autoptr(Diags) diags = diags_new();
    Templates *templates = templates_load(STARTER_SET, diags);
    g_autofree char *findings = printed(diags);
    g_assert_cmpstr(findings, ==, "");
    g_assert_nonnull(templates);
    return templates;
}

/* An account with all that templates can read. */
typedef struct {
    Arena *arena;
    AccountState state;
    Notice *notice;
    Act *act;
    NoticeIn in;
} Sample;

static inline Date date_of(const char *text)
{
    Date date = DATE_NONE;
    g_assert_true(date_parse(text, &date, NULL));
    return date;
}

static inline void add_agreements(AccountState *state, Currency usd)
{
    Promise *promise = state_add(state, KIND_PROMISE);
    *promise = (Promise){.id = "pr1",
                         .currency = usd,
                         .amount = 50000,
                         .promised_on = date_of("2026-07-20"),
                         .state = PROMISE_OPEN};
    Plan *plan = state_add(state, KIND_PLAN);
    *plan = (Plan){.id = "pl1", .currency = usd, .instalments = 3, .state = PLAN_ACTIVE};
    static const char *const due[] = {"2026-06-15", "2026-07-15", "2026-08-15"};
    for (int i = 0; i < 3; i++) {
        Instalment *instalment = state_add(state, KIND_INSTALMENT);
        *instalment = (Instalment){
            .plan = "pl1", .number = i + 1, .due_on = date_of(due[i]), .amount = 41151};
    }
    Hold *hold = state_add(state, KIND_HOLD);
    hold->id = "h1";
    hold->kind = HOLD_GRACE;
    hold->until = date_of("2026-07-31");
    hold->over_on = DATE_NONE;
}

static inline void sample_init(Sample *sample)
{
    const Currency usd = {"USD"};
    sample->arena = arena_new();
    AccountState *state = &sample->state;
    state_init(state, sample->arena, "books:4711");
    state->account.external_id = "4711";
    state->account.name = "Miller & Sons <Ltd>";
    state->account.property = "12 Elm Street";
    Invoice *invoice = state_add(state, KIND_INVOICE);
    invoice->id = "i2";
    invoice->due_on = date_of("2026-06-20");
    add_agreements(state, usd);

    Notice *notice = state_add(state, KIND_NOTICE);
    notice->key = "n1";
    notice->name = "final_notice";
    notice->step = "final_notice";
    notice->currency = usd;
    notice->amount = 123450;
    notice->invoices = "[{\"id\":\"i1\",\"number\":\"INV-1001\",\"open\":100000,\"due_on\":\"2026-"
                       "06-15\",\"days_overdue\":16},"
                       "{\"id\":\"i2\",\"number\":\"INV-1002\",\"open\":23450,\"due_on\":\"2026-06-"
                       "20\",\"days_overdue\":11}]";
    Act *act = state_add(state, KIND_ACT);
    act->key = "a1";
    act->channel = "email";
    act->address = "ap@miller.example";
    sample->notice = notice;
    sample->act = act;
    sample->in = (NoticeIn){.state = state,
                            .notice = notice,
                            .act = act,
                            .organisation = "Lakeside Utilities",
                            .zone = "America/New_York",
                            .today = date_of("2026-07-01")};
}

static inline void sample_done(Sample *sample)
{
    arena_free(sample->arena);
}

static inline json_t *render(const Templates *templates, Sample *sample, const char *name,
                      const char *channel)
{
    g_autoptr(GError) error = NULL;
    sample->act->template_name = name;
    sample->act->channel = channel;
    json_t *message = notice_render(templates, &sample->in, &error);
    g_assert_no_error(error);
    g_assert_nonnull(message);
    return message;
}

static inline const char *member(const json_t *message, const char *name)
{
    const char *text = json_string_value(json_object_get(message, name));
    return text != NULL ? text : "";
}

#endif
