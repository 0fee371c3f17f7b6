/* Replies of customers, as mail and as text. What is read is bounded, clean and the same when it is read
 * again. */
#include "escalation/reply_rules.h"

#include <string.h>

#include "fuzz.h"

static void read_as(const ReplyRules *rules, const char *channel, const char *text, Arena *arena)
{
    ReplyReading reading, again;
    reply_read(rules, channel, text, arena, &reading);
    g_assert_true(strlen(reading.words) <= REPLY_BYTES_MAX &&
                  g_utf8_validate(reading.words, -1, NULL));
    g_assert_true(reading.n <= REPLY_HITS_MAX && reading.class_ >= 0 &&
                  reading.class_ < N_REPLY_CLASSES);
    reply_read(rules, "sms", reading.words, arena, &again);
    g_assert_cmpint(again.class_, ==, reading.class_);
    g_assert_cmpstr(again.rules, ==, reading.rules);
}

void fuzz_reply(const uint8_t *bytes, size_t n)
{
    g_autoptr(Arena) arena = arena_new();
    g_autofree char *text = g_strndup((const char *)bytes, n);
    ReplyRules rules = reply_builtin(arena);
    read_as(&rules, "sms", text, arena);
    read_as(&rules, "email", text, arena);
    const char *needle = reply_needle(text, arena);
    g_assert_true(!needle || (needle[0] == ' ' && needle[1] != '\0'));
}
