/* The timeline as text, as a page, and for machines. */
#include "evidence/timeline.h"

#include <string.h>

static const char *const statuses[] = {"draft", "open", "void", "written off"};
static const char *const kinds[] = {"charge", "fee", "interest", "instalment"};

static const char *or_dash(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : "-";
}

/* ---- text -------------------------------------------------------------------------------------- */

static void text_line(GString *out, const char *label, const char *value)
{
    if (value != NULL && value[0] != '\0')
        g_string_append_printf(out, "    %-10s %s\n", label, value);
}

static void text_invoices(GString *out, const AccountState *state)
{
    g_string_append_printf(out, "\nInvoices\n");
    STATE_FOREACH (state, KIND_INVOICE, const Invoice, invoice) {
        g_autofree char *amount = money_to_text((Money){invoice->amount, invoice->currency});
        char issued[16], due[16];
        g_string_append_printf(
            out, "  %-20s %-10s %18s  issued %s  due %s  %s\n",
            invoice->number != NULL ? invoice->number : invoice->id, kinds[invoice->kind], amount,
            or_dash(date_format(invoice->issued_on, issued)),
            or_dash(date_format(invoice->due_on, due)), statuses[invoice->status]);
    }
}

char *timeline_text(const Timeline *timeline)
{
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "Timeline of account %s%s%s\n%s\nTimes are local: %s\n",
                           timeline->account, timeline->name != NULL ? ", " : "",
                           timeline->name != NULL ? timeline->name : "",
                           or_dash(timeline->organisation), timeline->zone);
    text_invoices(out, timeline->state);
    g_string_append_c(out, '\n');
    for (size_t i = 0; i < timeline->n; i++) {
        const TimelineRow *row = &timeline->rows[i];
        g_autofree char *entry =
            row->sequence > 0
                ? g_strdup_printf("chain %" G_GUINT64_FORMAT ", journal %" G_GUINT64_FORMAT,
                                  row->sequence, row->position)
                : g_strdup_printf("journal %" G_GUINT64_FORMAT, row->position);
        g_string_append_printf(out, "%5zu  %s  %-9s %s\n", i + 1, row->local, row->kind, row->what);
        text_line(out, "amount", row->amount);
        text_line(out, "rule", row->rule);
        text_line(out, "citation", row->citation);
        text_line(out, "template", row->version);
        text_line(out, "sent", row->content);
        text_line(out, "by", row->by);
        text_line(out, "entry", entry);
    }
    return g_string_free(out, FALSE);
}

/* ---- HTML -------------------------------------------------------------------------------------- */

static const char style[] =
    "body{font:10.5pt/1.45 'Noto Sans','DejaVu Sans',sans-serif;color:#1b1f24;max-width:62rem;"
    "margin:2rem auto;padding:0 1rem}"
    "h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}"
    ".under{color:#57606a;margin:.2rem 0 1rem}"
    "table{border-collapse:collapse;width:100%}"
    "th{text-align:left;font-weight:600;border-bottom:1.5px solid #1b1f24}"
    "th,td{padding:.3rem .6rem .3rem 0;vertical-align:top}"
    "td{border-bottom:1px solid #d0d7de;overflow-wrap:anywhere}"
    "tr{break-inside:avoid}"
    ".n,.t,.m{white-space:nowrap;font-variant-numeric:tabular-nums}.m{text-align:right}"
    ".t{font-size:.88em}.k{font-size:.82em;color:#57606a;white-space:nowrap}"
    ".s{font-size:.82em;color:#57606a}.h{font-family:'DejaVu Sans Mono',monospace;font-size:.75em}"
    "@page{size:A4;margin:18mm}";

static void cell(GString *out, const char *class, const char *text)
{
    g_autofree char *escaped = g_markup_escape_text(text != NULL ? text : "", -1);
    g_string_append_printf(out, "<td class=\"%s\">%s</td>", class, escaped);
}

static void html_invoices(GString *out, const AccountState *state)
{
    g_string_append(out, "<h2>Invoices</h2>\n<table><thead><tr><th>Invoice</th><th>Kind</th>"
                         "<th>Issued</th><th>Due</th><th>Status</th><th class=\"m\">Amount</th>"
                         "</tr></thead><tbody>\n");
    STATE_FOREACH (state, KIND_INVOICE, const Invoice, invoice) {
        g_autofree char *amount = money_to_text((Money){invoice->amount, invoice->currency});
        char issued[16], due[16];
        g_string_append(out, "<tr>");
        cell(out, "", invoice->number != NULL ? invoice->number : invoice->id);
        cell(out, "k", kinds[invoice->kind]);
        cell(out, "t", date_format(invoice->issued_on, issued));
        cell(out, "t", date_format(invoice->due_on, due));
        cell(out, "k", statuses[invoice->status]);
        cell(out, "m", amount);
        g_string_append(out, "</tr>\n");
    }
    g_string_append(out, "</tbody></table>\n");
}

static void under(GString *out, const char *class, const char *label, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    g_autofree char *escaped = g_markup_escape_text(text, -1);
    g_string_append_printf(out, "<div class=\"%s\">%s%s</div>", class, label, escaped);
}

static void html_row(GString *out, size_t number, const TimelineRow *row)
{
    g_autofree char *what = g_markup_escape_text(row->what, -1);
    g_string_append_printf(out, "<tr><td class=\"n\">%zu</td>", number);
    cell(out, "t", row->local);
    cell(out, "k", row->kind);
    g_string_append_printf(out, "<td>%s", what);
    under(out, "s", "by ", row->by);
    under(out, "s", "template ", row->version);
    under(out, "h", "sent: notices/", row->content);
    g_string_append(out, "</td><td>");
    under(out, "s", "", row->rule);
    under(out, "s", "", row->citation);
    g_string_append(out, "</td>");
    cell(out, "m", row->amount);
    g_string_append(out, "</tr>\n");
}

char *timeline_html(const Timeline *timeline)
{
    GString *out = g_string_new(NULL);
    g_autofree char *account = g_markup_escape_text(timeline->account, -1);
    g_autofree char *name = g_markup_escape_text(
        timeline->name != NULL ? timeline->name : "(name erased or unknown)", -1);
    g_autofree char *organisation = g_markup_escape_text(or_dash(timeline->organisation), -1);
    g_string_append_printf(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Timeline of "
        "%s</title>\n<style>%s</style></head><body>\n<h1>Timeline of account %s</h1>\n"
        "<p class=\"under\">%s &middot; %s &middot; times are local: %s</p>\n",
        account, style, account, name, organisation, timeline->zone);
    html_invoices(out, timeline->state);
    g_string_append(out, "<h2>What happened</h2>\n<table><thead><tr><th>No</th><th>Local time</th>"
                         "<th>Kind</th><th>What</th><th>Rule, citation</th><th "
                         "class=\"m\">Amount</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < timeline->n; i++)
        html_row(out, i + 1, &timeline->rows[i]);
    g_string_append(out, "</tbody></table>\n</body></html>\n");
    return g_string_free(out, FALSE);
}

/* ---- JSON -------------------------------------------------------------------------------------- */

char *timeline_json(const Timeline *timeline)
{
    g_autoptr(json_t) rows = json_array();
    for (size_t i = 0; i < timeline->n; i++) {
        const TimelineRow *row = &timeline->rows[i];
        char at[32];
        json_array_append_new(
            rows, json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*}",
                            "position", (json_int_t)row->position, "sequence",
                            (json_int_t)row->sequence, "at", instant_format(row->at, at), "local",
                            row->local, "kind", row->kind, "what", row->what, "by", row->by, "rule",
                            row->rule, "citation", row->citation, "amount", row->amount, "content",
                            row->content, "template", row->version));
    }
    g_autoptr(json_t) all = json_pack("{s:s, s:s*, s:s*, s:s, s:O}", "account", timeline->account,
                                      "name", timeline->name, "organisation",
                                      timeline->organisation, "zone", timeline->zone, "rows", rows);
    return json_canonical(all);
}
