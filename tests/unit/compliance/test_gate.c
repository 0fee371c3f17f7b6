/* Gates: where and when an act may go, a row for each rule (domain.md §6.8, §9). */
#include "compliance/gate.h"

#include <string.h>

typedef struct {
    const char *name;
    const char *at;      /* local time in Chicago */
    const char *channel; /* NULL: not a message */
    const char *verb;
    int consent;
    bool undeliverable, consumer, answer, cutoff;
    const char *zones;
    int verdict;
    const char *gate;
    const char *until; /* local, where it is delayed */
} Row;

static const Row rows[] = {
    {.name = "inside", .at = "2026-07-14 12:00", .channel = "email", .verdict = GATE_ALLOW},
    {.name = "first minute", .at = "2026-07-14 09:00", .channel = "email", .verdict = GATE_ALLOW},
    {.name = "last minute", .at = "2026-07-14 18:00", .channel = "email", .verdict = GATE_ALLOW},
    {.name = "early",
     .at = "2026-07-14 08:59",
     .channel = "email",
     .verdict = GATE_DELAY,
     .gate = "send_window",
     .until = "2026-07-14 09:00"},
    {.name = "late",
     .at = "2026-07-14 18:01",
     .channel = "email",
     .verdict = GATE_DELAY,
     .gate = "send_window",
     .until = "2026-07-15 09:00"},
    {.name = "closed day",
     .at = "2026-07-18 12:00",
     .channel = "email",
     .verdict = GATE_DELAY,
     .gate = "closed_day",
     .until = "2026-07-20 09:00"},
    {.name = "late before closed days",
     .at = "2026-07-17 19:00",
     .channel = "email",
     .verdict = GATE_DELAY,
     .gate = "send_window",
     .until = "2026-07-20 09:00"},
    {.name = "texts need consent",
     .at = "2026-07-14 12:00",
     .channel = "sms",
     .verdict = GATE_REDIRECT,
     .gate = "sms_consent"},
    {.name = "consent",
     .at = "2026-07-14 12:00",
     .channel = "sms",
     .consent = CONSENT_GRANTED,
     .verdict = GATE_ALLOW},
    {.name = "revoked",
     .at = "2026-07-14 12:00",
     .channel = "sms",
     .consent = CONSENT_REVOKED,
     .verdict = GATE_REDIRECT,
     .gate = "sms_consent"},
    {.name = "held for review",
     .at = "2026-07-14 12:00",
     .channel = "voice",
     .consent = CONSENT_HELD_FOR_REVIEW,
     .verdict = GATE_REDIRECT,
     .gate = "sms_consent"},
    {.name = "bad address",
     .at = "2026-07-14 12:00",
     .channel = "email",
     .undeliverable = true,
     .verdict = GATE_REDIRECT,
     .gate = "undeliverable"},
    {.name = "an answer goes at once",
     .at = "2026-07-18 03:00",
     .channel = "sms",
     .answer = true,
     .consent = CONSENT_REVOKED,
     .verdict = GATE_ALLOW},
    {.name = "consumer elsewhere",
     .at = "2026-07-14 09:30",
     .channel = "email",
     .consumer = true,
     .zones = "America/Los_Angeles",
     .verdict = GATE_DELAY,
     .gate = "contact_window",
     .until = "2026-07-14 10:00"},
    {.name = "company elsewhere",
     .at = "2026-07-14 09:30",
     .channel = "email",
     .zones = "America/Los_Angeles",
     .verdict = GATE_ALLOW},
    {.name = "cut-off",
     .at = "2026-07-14 03:00",
     .verb = "service.suspend",
     .cutoff = true,
     .verdict = GATE_ALLOW},
    {.name = "cut-off before a closed day",
     .at = "2026-07-17 10:00",
     .verb = "service.suspend",
     .cutoff = true,
     .verdict = GATE_DELAY,
     .gate = "closed_day",
     .until = "2026-07-20 09:00"},
    {.name = "not if the setting is off",
     .at = "2026-07-17 10:00",
     .verb = "service.suspend",
     .verdict = GATE_ALLOW},
};

static Instant local(const Zone *zone, const char *text)
{
    g_autofree char *date = g_strndup(text, 10);
    Date day = DATE_NONE;
    int minute = 0;
    g_assert_true(date_parse(date, &day, NULL) && minute_parse(text + 11, &minute, NULL));
    return zone_instant(zone, day, minute);
}

static void test_row(gconstpointer data)
{
    const Row *row = data;
    g_autoptr(Arena) arena = arena_new();
    const Zone *zone = zone_get("America/Chicago", NULL);
    Date closed[2];
    g_assert_true(date_parse("2026-07-18", &closed[0], NULL) &&
                  date_parse("2026-07-19", &closed[1], NULL));
    Calendar calendar = {.closed = closed, .n_closed = 2};
    AccountState state;
    state_init(&state, arena, "A");
    state.account.is_consumer = row->consumer;
    state.account.zones = row->zones;
    ContactPoint *point = state_add(&state, KIND_CONTACT_POINT);
    point->channel = row->channel ? row->channel : "email";
    point->address = "a";
    point->consent = row->consent;
    point->undeliverable = row->undeliverable;
    Notice notice;
    record_init(&notice_type, &notice);
    Act act;
    record_init(&act_type, &act);
    act.verb = row->verb ? row->verb : "message";
    act.channel = row->channel;
    act.address = "a";
    act.purpose = row->answer ? "answer" : NULL;
    GateIn in = {.state = &state,
                 .act = &act,
                 .notice = row->channel ? &notice : NULL,
                 .zone = zone,
                 .calendar = &calendar,
                 .now = local(zone, row->at),
                 .window_from = 540,
                 .window_to = 1080,
                 .send_at = 540,
                 .no_cutoff_before_closed_day = row->cutoff};
    GateAnswer answer = gate_act(&in, arena);
    g_assert_cmpint(answer.verdict, ==, row->verdict);
    g_assert_cmpstr(answer.gate, ==, row->gate);
    if (row->until)
        g_assert_cmpint(answer.until, ==, local(zone, row->until));
    act.undo = true;
    g_assert_cmpint(gate_act(&in, arena).verdict, ==, GATE_ALLOW);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/gate/%s", rows[i].name);
        g_test_add_data_func(path, &rows[i], test_row);
    }
    return g_test_run();
}
