/* What follows from an outcome: the table of docs/architecture.md §5, row by row. */
#include "hub/repeat.h"

enum { NOW = 1000 * 1000, HOUR = 3600 * 1000 };

typedef struct {
    const char *name;
    int effect, repeat;
    int64_t key_valid_ms, lag_ms;
    int outcome;
    bool lookup;
    int64_t attempt, age_ms; /* since the first and last sending */
    int64_t retry_after_ms;
    int expected;
    bool has_time;       /* retry_at is set */
    Instant least, most; /* of retry_at */
    bool credential;
} Row;

#define AGAIN .expected = OUTCOME_RETRY, .has_time = true, .least = NOW, .most = NOW + HOUR
#define LOOKED_UP .expected = OUTCOME_UNCERTAIN, .has_time = true, .least = NOW, .most = NOW + HOUR
#define HELD .expected = OUTCOME_UNCERTAIN
#define DEAD .expected = OUTCOME_PERMANENT
#define AT(INSTANT) .has_time = true, .least = (INSTANT), .most = (INSTANT)

static const Row rows[] = {
    {"ok", EFFECT_CONTACT, REPEAT_NONE, .outcome = OUTCOME_OK, .attempt = 1,
     .expected = OUTCOME_OK},
    {"retry of a contact", EFFECT_CONTACT, REPEAT_NONE, .outcome = OUTCOME_RETRY, .attempt = 1,
     AGAIN},
    {"retry waits as long as the platform asks", EFFECT_WRITE, REPEAT_NONE,
     .outcome = OUTCOME_RETRY, .attempt = 1, .retry_after_ms = 2 * HOUR, .expected = OUTCOME_RETRY,
     AT(NOW + 2 * HOUR)},
    {"retry without end", EFFECT_WRITE, REPEAT_KEY, .outcome = OUTCOME_RETRY,
     .attempt = REPEAT_ATTEMPTS_MAX, DEAD},
    {"permanent", EFFECT_WRITE, REPEAT_KEY, .outcome = OUTCOME_PERMANENT, .attempt = 1, DEAD},
    {"auth", EFFECT_WRITE, REPEAT_KEY, .outcome = OUTCOME_AUTH, .attempt = 1,
     .expected = OUTCOME_RETRY, AT(NOW), .credential = true},
    {"uncertain read", EFFECT_READ, REPEAT_NONE, .outcome = OUTCOME_UNCERTAIN, .attempt = 1, AGAIN},
    {"uncertain, key", EFFECT_CONTACT, REPEAT_KEY, .outcome = OUTCOME_UNCERTAIN, .attempt = 1,
     AGAIN},
    {"uncertain, safe", EFFECT_WRITE, REPEAT_SAFE, .outcome = OUTCOME_UNCERTAIN, .attempt = 1,
     AGAIN},
    {"uncertain, key still valid", EFFECT_WRITE, REPEAT_KEY, .key_valid_ms = HOUR,
     .outcome = OUTCOME_UNCERTAIN, .attempt = 1, .age_ms = HOUR - 1, AGAIN},
    {"uncertain, key lapsed", EFFECT_WRITE, REPEAT_KEY, .key_valid_ms = HOUR,
     .outcome = OUTCOME_UNCERTAIN, .attempt = 1, .age_ms = HOUR, HELD},
    {"uncertain, key, without end", EFFECT_WRITE, REPEAT_KEY, .outcome = OUTCOME_UNCERTAIN,
     .attempt = REPEAT_ATTEMPTS_MAX, HELD},
    {"uncertain, look-up", EFFECT_LEGAL, REPEAT_LOOKUP, .outcome = OUTCOME_UNCERTAIN, .attempt = 1,
     LOOKED_UP},
    {"uncertain, none", EFFECT_WRITE, REPEAT_NONE, .outcome = OUTCOME_UNCERTAIN, .attempt = 1,
     HELD},
    {"uncertain contact, none", EFFECT_CONTACT, REPEAT_NONE, .outcome = OUTCOME_UNCERTAIN,
     .attempt = 1, HELD},
    {"found", EFFECT_WRITE, REPEAT_LOOKUP, .outcome = OUTCOME_OK, .lookup = true, .attempt = 1,
     .expected = OUTCOME_OK},
    {"absent", EFFECT_WRITE, REPEAT_LOOKUP, .outcome = OUTCOME_ABSENT, .lookup = true, .attempt = 1,
     .expected = OUTCOME_RETRY, AT(NOW)},
    {"absent before the index can know", EFFECT_WRITE, REPEAT_LOOKUP, .lag_ms = HOUR / 2,
     .outcome = OUTCOME_ABSENT, .lookup = true, .attempt = 1, .age_ms = 1000,
     .expected = OUTCOME_UNCERTAIN, AT(NOW + HOUR / 2 - 1000)},
    {"look-up fails", EFFECT_WRITE, REPEAT_LOOKUP, .outcome = OUTCOME_RETRY, .lookup = true,
     .attempt = 1, LOOKED_UP},
    {"look-up refused", EFFECT_WRITE, REPEAT_LOOKUP, .outcome = OUTCOME_PERMANENT, .lookup = true,
     .attempt = 1, HELD},
    {"look-up without end", EFFECT_WRITE, REPEAT_LOOKUP, .outcome = OUTCOME_UNCERTAIN,
     .lookup = true, .attempt = REPEAT_ATTEMPTS_MAX, HELD},
    {"look-up, credential", EFFECT_WRITE, REPEAT_LOOKUP, .outcome = OUTCOME_AUTH, .lookup = true,
     .attempt = 1, LOOKED_UP, .credential = true},
};

static void test_row(gconstpointer data)
{
    const Row *row = data;
    SeededRandom random;
    seeded_random_init(&random, 7);
    RepeatFacts facts = {row->effect, row->repeat, row->key_valid_ms, false, row->lag_ms};
    RepeatIn in = {
        .outcome = row->outcome,
        .lookup = row->lookup,
        .attempt = row->attempt,
        .now = NOW,
        .first_sent_at = NOW - row->age_ms,
        .last_sent_at = NOW - row->age_ms,
        .retry_after_ms = row->retry_after_ms,
    };
    RepeatOut out = repeat_judge(&facts, &in, &random.random);
    g_assert_cmpint(out.outcome, ==, row->expected);
    g_assert_cmpint(out.credential, ==, row->credential);
    g_assert_cmpint(out.retry_at != INSTANT_NONE, ==, row->has_time);
    if (row->has_time) {
        g_assert_cmpint(out.retry_at, >=, row->least);
        g_assert_cmpint(out.retry_at, <=, row->most);
    }
}

static void test_backoff_grows_is_capped_and_full_of_jitter(void)
{
    SeededRandom random;
    seeded_random_init(&random, 11);
    for (int64_t n = 1; n < 40; n++) {
        int64_t cap = n < 7 ? 1000 * (INT64_C(1) << (n - 1)) : 60000;
        int64_t least = INT64_MAX, most = 0;
        for (int i = 0; i < 200; i++) {
            int64_t wait = repeat_backoff_ms(&random.random, n, 1000, 60000);
            g_assert_cmpint(wait, >, 0);
            g_assert_cmpint(wait, <=, cap);
            least = MIN(least, wait);
            most = MAX(most, wait);
        }
        g_assert_cmpint(most - least, >, cap / 2);
    }
}

static void test_what_nobody_declared_is_read_most_carefully(void)
{
    RepeatFacts facts = repeat_facts(NULL, "agency.place");
    g_assert_cmpint(facts.effect, ==, EFFECT_LEGAL);
    g_assert_cmpint(facts.repeat, ==, REPEAT_NONE);
}

static void test_facts_come_from_the_manifest(void)
{
    g_autoptr(json_t) manifest =
        json_pack("{s:[{s:s,s:s,s:s,s:i,s:i}]}", "actions", "verb", "message.email", "effect",
                  "contact", "repeat", "key", "key_valid_s", 360, "lookup_lag_s", 5);
    RepeatFacts facts = repeat_facts(manifest, "message.email");
    g_assert_cmpint(facts.effect, ==, EFFECT_CONTACT);
    g_assert_cmpint(facts.repeat, ==, REPEAT_KEY);
    g_assert_cmpint(facts.key_valid_ms, ==, 360000);
    g_assert_cmpint(facts.lookup_lag_ms, ==, 5000);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/repeat/%s", rows[i].name);
        g_test_add_data_func(path, &rows[i], test_row);
    }
    g_test_add_func("/repeat/backoff", test_backoff_grows_is_capped_and_full_of_jitter);
    g_test_add_func("/repeat/undeclared", test_what_nobody_declared_is_read_most_carefully);
    g_test_add_func("/repeat/manifest", test_facts_come_from_the_manifest);
    return g_test_run();
}
