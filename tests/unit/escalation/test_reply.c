/* What replies say: each class, its doubt, what is quoted, and texts made to hide words. */
#include "escalation/reply_rules.h"

#include <string.h>

typedef struct {
    const char *channel, *text, *class_word, *rules; /* rules NULL: none */
} Row;

static const Row rows[] = {
    {"sms", "STOP", "stop", "stop"},
    {"sms", "s\xcc\x81top.", "stop", "stop"},    /* an accent on the s */
    {"sms", "St\xe2\x80\x8bop", "stop", "stop"}, /* a zero-width space */
    {"sms", "opt\tout\n", "stop", "stop"},
    {"sms", "END.", "stop", "stop"},
    {"sms", "Weekend", "unclear", NULL},
    {"sms", "Stop by tomorrow and I will pay", "unclear", NULL},
    {"sms", "Start", "start", "start"},
    {"sms", "HELP", "help", "help"},
    {"sms", "help me", "unclear", NULL},
    {"sms", "I can not pay", "hardship", "hardship"},
    {"sms", "I can’t pay", "hardship", "hardship"},
    {"sms", "i cannot   pay\nthis", "hardship", "hardship"},
    {"sms", "I can pay", "unclear", NULL},
    {"sms", "If I can't pay, what then?", "hardship", "hardship"},
    {"sms", "I don't need help", "unclear", "hardship?"},
    {"sms", "payment was sent monday", "paid", "paid"},
    {"sms", "I haven't paid yet", "unclear", NULL},
    {"sms", "I will pay when I get paid", "unclear", NULL},
    {"sms", "I have paid, when I get paid again I pay the rest", "unclear", "paid?"},
    {"sms", "never received this order", "dispute", "dispute"},
    {"sms", "I dispute the late fee", "dispute", "dispute"},
    {"sms", "This is not my debt", "dispute", "dispute"},
    {"sms", "you have the wrong man", "wrong_person", "wrong_person"},
    {"sms", "filed bankruptcy", "bankruptcy", "bankruptcy"},
    {"sms", "We want to avoid bankruptcy", "unclear", "bankruptcy?"},
    {"sms", "I'm represented by counsel", "attorney", "attorney"},
    {"sms", "I have no lawyer", "unclear", "attorney_mentioned?"},
    {"sms", "my lawyer says hi", "attorney", "attorney,attorney_mentioned?"},
    {"sms", "leave me alone", "cease", "cease"},
    {"sms", "don't contact me at work", "unclear", "cease?"},
    {"sms", "do not contact me by phone", "channel", "cease?,stop_calls"},
    {"sms", "my phone has died", "unclear", "deceased?"},
    {"sms", "he died", "deceased", "deceased"},
    {"sms", "quit calling me", "channel", "stop_calls"},
    {"sms", "take me off your list", "channel", "stop_here"},
    {"sms", "ok", "nothing", "thanks"},
    {"sms", "", "unclear", NULL},
    {"sms", NULL, "unclear", NULL},
    {"sms", "\xff\xfe", "unclear", NULL},
    {"email", "I already paid\n\n-- \nAda Moore, Attorney at Law", "paid", "paid"},
    {"email", "Thanks\n\n-----Original Message-----\nI dispute", "nothing", "thanks"},
    {"email", "> I dispute\nI already paid", "paid", "paid"},
    {"email", "Am 12. Juli 2026 um 09:00 schrieb Kestrel:\n> dispute", "unclear", NULL},
    {"email",
     "paid it\n\nOn Sun, Jul 12, 2026 at 9:00 AM Kestrel Holdings\n<b@example.test> "
     "wrote:\ndispute",
     "paid", "paid"},
    {"email", "paid it\nFrom: Kestrel\nSent: Monday\nSubject: dispute", "paid", "paid"},
    {"email", "From: now on I dispute", "dispute", "dispute"},
    {"email", "_______________\ndispute", "unclear", NULL},
    {"sms", "> I dispute", "dispute", "dispute"},
    {"email", "Automatic reply: my attorney handles this", "attorney",
     "attorney,attorney_mentioned?,automatic"},
    {"email", "Automatic reply: any lawyer jokes?", "unclear", "attorney_mentioned?,automatic"},
};

static void test_rows(void)
{
    g_autoptr(Arena) arena = arena_new();
    ReplyRules rules = reply_builtin(arena);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].text ? rows[i].text : "(null)");
        ReplyReading reading;
        reply_read(&rules, rows[i].channel, rows[i].text, arena, &reading);
        g_assert_cmpstr(reply_class_words[reading.class_], ==, rows[i].class_word);
        g_assert_cmpstr(reading.rules, ==, rows[i].rules);
    }
}

/* Every built-in rule can speak, names a class and none has a phrase that stands in every text. */
static void test_builtin(void)
{
    g_autoptr(Arena) arena = arena_new();
    ReplyRules rules = reply_builtin(arena);
    for (size_t i = 0; i < rules.n; i++) {
        const ReplyRule *rule = &rules.rules[i];
        g_assert_nonnull(rule->phrases[0]);
        for (const char *const *needle = rule->phrases; *needle; needle++) {
            g_assert_cmpuint(strlen(*needle), >=, 2);
            g_assert_true((*needle)[0] == ' ');
            ReplyReading reading;
            reply_read(&rules, "sms", *needle, arena, &reading);
            bool spoke = false;
            for (size_t h = 0; h < reading.n; h++)
                spoke = spoke || reading.hits[h].rule == rule ||
                        reading.hits[h].rule->whole; /* a phrase that is a keyword by itself */
            g_assert_true(spoke || !g_str_has_suffix(*needle, " "));
        }
        for (size_t k = 0; k < i; k++)
            g_assert_cmpstr(rules.rules[k].name, !=, rule->name);
    }
}

/* However long a text is, no more than the bound is kept, and never half a character. */
static void test_bound(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < 3000; i++)
        g_string_append(text, "é ");
    const char *words = reply_own_words("sms", text->str, arena);
    g_assert_cmpuint(strlen(words), <=, REPLY_BYTES_MAX);
    g_assert_cmpuint(strlen(words), >, REPLY_BYTES_MAX - 4);
    g_assert_true(g_utf8_validate(words, -1, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reply/rows", test_rows);
    g_test_add_func("/reply/builtin", test_builtin);
    g_test_add_func("/reply/bound", test_bound);
    return g_test_run();
}
