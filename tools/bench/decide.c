/* What a decision costs: decide against its own floor, which is copying the account's state and finding that nothing changed.
 *
 * Three kinds of account under the standard ladder, each with twelve past invoices: `settled` owes nothing, `waiting` is in a step
 * and nothing is due today, `moving` enters its first step. The floor is state_copy and state_diff of the same state in the same
 * round; medians of several rounds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escalation/decide.h"

enum { ROUNDS = 9, DECISIONS = 4000, INVOICES = 12 };

static const char policy_text[] =
    "organisation: {name: Bench, zone: UTC}\n"
    "settings: {minimum_cents: {USD: 1000}}\n"
    "policies:\n"
    "  standard:\n"
    "    source: S3\n"
    "    stages:\n"
    "      - {name: first_reminder, from: 1, to: 7, wait: 7, skippable: true}\n"
    "      - {name: second_notice, from: 8, to: 14, wait: 7, skippable: true}\n"
    "      - {name: final_notice, from: 15, to: 29, wait: 14, skippable: false}\n"
    "      - {name: pre_collections, from: 30, to: 44, wait: 14, skippable: false}\n"
    "      - {name: collections, from: 45, wait: 0, skippable: false, minimum_cents: 50000}\n";

static const Rulebook *load_book(Arena *arena)
{
    g_autoptr(Diags) diags = diags_new();
    const Node *root = tree_parse(policy_text, strlen(policy_text), "bench.yaml", arena, diags);
    Rulebook *book = arena_new0(arena, Rulebook, 1);
    if (!root || !rulebook_load(root, NULL, 0, 1, arena, diags, book)) {
        diags_print(diags, stderr, false);
        exit(1);
    }
    return book;
}

static void add_invoice(AccountState *state, int i, Date issued_on, int64_t amount, bool paid)
{
    Invoice *invoice = state_add(state, KIND_INVOICE);
    invoice->id = arena_printf(state->arena, "I%d", i);
    invoice->currency = (Currency){"USD"};
    invoice->amount = amount;
    invoice->issued_on = issued_on;
    invoice->due_on = issued_on + 30;
    invoice->status = INVOICE_OPEN;
    invoice->sequence = i;
    if (!paid)
        return;
    Payment *payment = state_add(state, KIND_PAYMENT);
    payment->id = arena_printf(state->arena, "P%d", i);
    payment->currency = invoice->currency;
    payment->amount = amount;
    payment->state = PAYMENT_SETTLED;
    payment->invoice = invoice->id;
    payment->effective_on = payment->settled_on = invoice->due_on - 2;
    payment->sequence = i;
}

static void make_state(Arena *arena, Date today, bool owes, AccountState *ret_state)
{
    state_init(ret_state, arena, "A");
    ret_state->account.kind = ACCOUNT_BUSINESS;
    ret_state->account.policy = "standard";
    ret_state->account.segment = ret_state->account.pinned_segment = "standard";
    ContactPoint *point = state_add(ret_state, KIND_CONTACT_POINT);
    point->channel = "email";
    point->address = "payer@example.test";
    point->role = "payer";
    for (int i = 0; i < INVOICES; i++)
        add_invoice(ret_state, i, today - 31 - 30 * (INVOICES - 1 - i), 24000,
                    !(owes && i == INVOICES - 1));
}

/* Lets the account live its first day, so that it waits in its step. */
static void settle_into_step(const Rulebook *book, Arena *arena, Instant now, AccountState *state)
{
    Event wake = {.kind = EVENT_WAKE, .source = "hub", .account = "A", .received_at = now};
    DecideOut out;
    decide(&(DecideIn){.state = state, .event = &wake, .now = now, .book = book}, arena, &out);
    *state = out.after;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, by_value);
    return values[ROUNDS / 2];
}

static double decisions_us(const Rulebook *book, const AccountState *state, Instant now,
                           Arena *scratch)
{
    Event wake = {.kind = EVENT_WAKE, .source = "hub", .account = "A", .received_at = now};
    DecideIn in = {.state = state, .event = &wake, .now = now, .book = book};
    int64_t start = g_get_monotonic_time();
    for (int i = 0; i < DECISIONS; i++) {
        DecideOut out;
        arena_reset(scratch);
        decide(&in, scratch, &out);
    }
    return (double)(g_get_monotonic_time() - start) / DECISIONS;
}

static double floor_us(const AccountState *state, Arena *scratch)
{
    int64_t start = g_get_monotonic_time();
    for (int i = 0; i < DECISIONS; i++) {
        AccountState copy;
        size_t n;
        arena_reset(scratch);
        state_copy(state, scratch, &copy);
        state_diff(state, &copy, scratch, &n);
    }
    return (double)(g_get_monotonic_time() - start) / DECISIONS;
}

int main(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Arena) scratch = arena_new();
    const Rulebook *book = load_book(arena);
    Date today = date_from_ymd(2026, 9, 1);
    Instant morning = zone_instant(book->zone, today, 5), next_day = morning + INSTANT_DAY;
    struct {
        const char *name;
        AccountState state;
        Instant now;
        double ours[ROUNDS], floor[ROUNDS];
    } kinds[] = {{.name = "settled", .now = morning},
                 {.name = "waiting", .now = next_day},
                 {.name = "moving", .now = morning}};
    for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++)
        make_state(arena, today, k > 0, &kinds[k].state);
    settle_into_step(book, arena, morning, &kinds[1].state);
    for (int round = 0; round < ROUNDS; round++)
        for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
            kinds[k].ours[round] = decisions_us(book, &kinds[k].state, kinds[k].now, scratch);
            kinds[k].floor[round] = floor_us(&kinds[k].state, scratch);
        }
    printf("a decision                  µs   floor µs   ratio\n");
    g_autoptr(GString) json = g_string_new("{");
    for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
        double ours = median(kinds[k].ours), least = median(kinds[k].floor);
        printf("  %-20s %7.1f    %7.1f  %5.1fx\n", kinds[k].name, ours, least, ours / least);
        g_string_append_printf(json, "%s\"%s_us\": %.2f, \"%s_ratio\": %.2f", k ? ", " : "",
                               kinds[k].name, ours, kinds[k].name, ours / least);
    }
    printf("%s}\n", json->str);
    return 0;
}
