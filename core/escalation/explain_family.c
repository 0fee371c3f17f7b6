/* What a family means for the account: with whom it is collected, or whom it is collected for, and what would change it. */
#include "escalation/explain.h"

#include <string.h>

/* "65.00 USD and 12.00 EUR"; child NULL: of the account itself. NULL: nothing is open. */
static const char *open_of(const Telling *t, const char *child)
{
    g_autoptr(GString) sums = g_string_new(NULL);
    for (size_t c = 0; c < t->ledger.n_currencies; c++) {
        Currency currency = t->ledger.currencies[c].currency;
        int64_t sum = 0;
        for (size_t i = 0; i < t->ledger.n_invoices; i++) {
            const InvoiceBalance *b = &t->ledger.invoices[i];
            if (currency_equal(b->invoice->currency, currency) &&
                g_strcmp0(b->invoice->child, child) == 0)
                sum = ledger_sum(sum, b->open);
        }
        if (sum > 0)
            g_string_append_printf(sums, "%s%s", sums->len ? " and " : "",
                                   explain_money(t, sum, currency));
    }
    return sums->len ? arena_strdup(t->arena, sums->str) : NULL;
}

static void say_collected(Telling *t)
{
    const char *collector = t->state->account.collector, *open = open_of(t, NULL);
    explain_say(
        t, "families", DATE_NONE,
        "it is collected with account %s: its own invoices (%s) are demanded there, with the "
        "family's, and nothing is demanded here",
        collector, open ? open : "nothing is open");
    explain_say(t, "families", DATE_NONE,
                "steps, notices, holds and plans are those of account %s; the service follows it",
                collector);
    explain_say(t, "families", DATE_NONE,
                "it would be collected alone again when its ledger names no parent, or says "
                "collect_with_parent: false; what the family had paid of its debt would become its "
                "credit");
}

static void say_member(Telling *t, const FamilyMember *member)
{
    const char *open = open_of(t, member->child);
    explain_say(t, "families", member->joined_on,
                "the invoices of account %s%s%s%s (%s) are collected here since %s", member->child,
                member->name ? " (" : "", member->name ? member->name : "", member->name ? ")" : "",
                open ? open : "nothing is open", explain_day(t, member->joined_on));
}

void explain_family(Telling *t)
{
    if (t->state->account.collector)
        say_collected(t);
    STATE_FOREACH (t->state, KIND_FAMILY_MEMBER, const FamilyMember, member)
        if (member->left_on == DATE_NONE)
            say_member(t, member);
}
