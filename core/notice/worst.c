/* What templates are tried with when they are loaded. */
#include <string.h>

#include "notice/folder.h"

enum { INVOICES = 12 };

static void set(json_t *object, const char *path, json_t *value)
{
    g_auto(GStrv) words = g_strsplit(path, ".", 2);
    if (words[1] == NULL) {
        json_object_set_new(object, path, value);
        return;
    }
    json_t *inner = json_object_get(object, words[0]);
    if (!json_is_object(inner)) {
        inner = json_object();
        json_object_set_new(object, words[0], inner);
    }
    json_object_set_new(inner, words[1], value);
}

/* As long as values get with people and sums that exist. */
static const char *const values[][2] = {
    {"organisation.name", "Kestrel Property Holdings"},
    {"organisation.phone", "+1 614 555 0100"},
    {"organisation.website", "https://pay.example.com"},
    {"organisation.payment", "https://pay.example.com"},
    {"account.number", "C-2026-0001234"},
    {"account.name", "Katharina von Hohenberg"},
    {"account.property", "1200 Elm Street, Apartment 12"},
    {"notice.date", "30 September 2026"},
    {"amount", "USD 1,234,567.89"},
    {"currency", "USD"},
    {"due_on", "30 September 2026"},
    {"invoice_numbers", "INV-20260001, INV-20260002, INV-20260003 (+9)"},
    {"grace.until", "30 September 2026"},
};

json_t *worst_context(const char *channel)
{
    size_t n = 0;
    json_t *context = json_object(), *invoices = json_array();
    const TemplateName *names = template_names(&n);
    for (size_t i = 0; i < n; i++) {
        bool is_switch =
            g_str_has_prefix(names[i].name, "by.") || g_str_has_prefix(names[i].name, "tone.");
        if (!is_switch && !g_str_has_prefix(names[i].name, "invoices"))
            set(context, names[i].name, json_string("12"));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
        set(context, values[i][0], json_string(values[i][1]));
    for (int i = 0; i < INVOICES; i++)
        json_array_append_new(invoices, json_pack("{s:s,s:s,s:s,s:i}", "number", "INV-20260001",
                                                  "open", "USD 102,880.66", "due_on",
                                                  "30 September 2026", "days_overdue", 120 + i));
    json_object_set_new(context, "invoices", invoices);
    json_object_set_new(context, "by", json_pack("{s:b}", channel, 1));
    return context;
}
