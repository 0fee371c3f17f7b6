#include "cmd/simulate_lines.h"

#include <string.h>

#include "base/text.h"
#include "simulate/spill.h"

enum {
    TEXT_MAX = 400,
    CHUNK_BYTES = 8 << 10,
    HELD_MAX = 64, /* gates remembered between two notices of an account */
};

/* A gate that has held something back, until it goes. */
typedef struct {
    char *subject, *gate, *detail;
} Held;

struct Lines {
    LinesSetup setup;
    Spill *spill; /* a stream for each day */
    GString *text;
    uint32_t order;
    size_t count;
    char *account; /* whose gates are remembered */
    GArray *held;  /* Held */
};

/* In a stream: this, the account and the line. */
typedef struct {
    Instant at;
    uint32_t order, n_account, n_text;
} Kept;

/* What is told of a decision; everything else is its working. */
static const char *const told[] = {"entered",
                                   "left",
                                   "step_entered",
                                   "step_skipped",
                                   "resumed",
                                   "cycle_reopened",
                                   "notice_released",
                                   "notice_suppressed",
                                   "notice_unreachable",
                                   "fee_charged",
                                   "service_suspended",
                                   "service_restored",
                                   "act_done",
                                   "needs_intervention",
                                   "awaiting",
                                   NULL};

static void clear_held(gpointer data)
{
    Held *held = data;
    g_free(held->subject);
    g_free(held->gate);
    g_free(held->detail);
}

Lines *lines_new(const LinesSetup *setup)
{
    Lines *lines = g_new0(Lines, 1);
    lines->setup = *setup;
    lines->spill = spill_new((size_t)(setup->to - setup->from) + 1, CHUNK_BYTES);
    lines->text = g_string_new(NULL);
    lines->held = g_array_new(FALSE, FALSE, sizeof(Held));
    g_array_set_clear_func(lines->held, clear_held);
    return lines;
}

void lines_free(Lines *lines)
{
    if (!lines)
        return;
    spill_free(lines->spill);
    g_string_free(lines->text, TRUE);
    g_array_unref(lines->held);
    g_free(lines->account);
    g_free(lines);
}

size_t lines_count(const Lines *lines)
{
    return lines->count;
}

/* ---- gates ----------------------------------------------------------------------------------- */

static void remember_gate(Lines *lines, const char *account, const Reason *reason)
{
    if (g_strcmp0(lines->account, account) != 0) {
        g_free(lines->account);
        lines->account = g_strdup(account);
        g_array_set_size(lines->held, 0);
    }
    if (lines->held->len == HELD_MAX)
        g_array_remove_index(lines->held, 0);
    Held held = {g_strdup(reason->subject), g_strdup(reason->rule), g_strdup(reason->detail)};
    g_array_append_val(lines->held, held);
}

/* The gates that held this subject back before it went; new reference. */
static json_t *take_gates(Lines *lines, const char *account, const Reason *reason)
{
    json_t *gates = json_array();
    for (guint i = 0; g_strcmp0(lines->account, account) == 0 && i < lines->held->len;) {
        const Held *held = &g_array_index(lines->held, Held, i);
        if (g_strcmp0(held->subject, reason->subject) != 0) {
            i++;
            continue;
        }
        g_autoptr(json_t) detail = held->detail ? json_loads(held->detail, 0, NULL) : NULL;
        json_t *gate = json_pack("{s:s?}", "gate", held->gate);
        static const char *const members[] = {"until", "rule", "citation"};
        for (size_t k = 0; k < G_N_ELEMENTS(members); k++)
            if (json_object_get(detail, members[k]))
                json_object_set(gate, members[k], json_object_get(detail, members[k]));
        json_array_append_new(gates, gate);
        g_array_remove_index(lines->held, i);
    }
    return gates;
}

/* ---- one line -------------------------------------------------------------------------------- */

/* The latest notice of that name: what it showed. */
static const Notice *notice_named(const AccountState *state, const char *name)
{
    const Notice *latest = NULL;
    STATE_FOREACH (state, KIND_NOTICE, const Notice, notice)
        if (g_strcmp0(notice->name, name) == 0)
            latest = notice;
    return latest;
}

static const Cycle *latest_cycle(const AccountState *state)
{
    const Cycle *latest = NULL;
    STATE_FOREACH (state, KIND_CYCLE, const Cycle, cycle)
        latest = cycle;
    return latest;
}

static bool is_about_notice(const Reason *reason)
{
    return g_str_has_prefix(reason->event, "notice_");
}

static json_t *invoices_of(const Notice *notice)
{
    json_t *list = notice->invoices != NULL
                       ? json_parse(notice->invoices, strlen(notice->invoices), 1 << 20, NULL)
                       : NULL;
    json_t *ids = json_array();
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *number = json_object_get(json_array_get(list, i), "number");
        const json_t *id = json_object_get(json_array_get(list, i), "id");
        json_array_append_new(ids, json_copy((json_t *)(json_is_string(number) ? number : id)));
    }
    json_decref(list);
    return ids;
}

static json_t *optional_text(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

static char *line_json(const char *date, const char *account, const AccountState *after,
                       const Reason *reason, json_t *gates)
{
    g_autoptr(json_t) line =
        json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:s?, s:O}", "date", date, "account", account,
                  "decision", reason->event, "rule", reason->rule, "reason",
                  reason->reason != NULL ? reason->reason : reason->text, "text", reason->text,
                  "gates", gates);
    const Cycle *cycle = latest_cycle(after);
    json_object_set_new(line, "step", optional_text(cycle != NULL ? cycle->step : NULL));
    const Notice *notice = is_about_notice(reason) ? notice_named(after, reason->subject) : NULL;
    json_object_set_new(line, "notice", optional_text(notice != NULL ? notice->name : NULL));
    json_object_set_new(line, "invoices", notice != NULL ? invoices_of(notice) : json_array());
    if (notice != NULL && notice->amount != AMOUNT_NONE) {
        g_autofree char *amount = money_to_decimal((Money){notice->amount, notice->currency});
        json_object_set_new(line, "amount", json_string(amount));
        json_object_set_new(line, "currency", json_string(notice->currency.code));
    } else {
        json_object_set_new(line, "amount", json_null());
    }
    return json_canonical(line);
}

/* An entry of the audit as it would stand there. */
static char *entry_json(Instant now, const char *account, const Reason *reason)
{
    char at[32];
    g_autoptr(json_t) detail = reason->detail != NULL ? json_loads(reason->detail, 0, NULL) : NULL;
    g_autoptr(json_t) line = json_pack(
        "{s:s, s:s, s:s, s:s?, s:s?, s:s?, s:s?, s:O?}", "account", account, "at",
        instant_format(now, at), "event", reason->event, "rule", reason->rule, "subject",
        reason->subject, "reason", reason->reason, "text", reason->text, "detail", detail);
    return json_canonical(line);
}

/* Ids of cycles say nothing to a reader. */
static const char *subject_of(const Reason *reason)
{
    static const char *const about_cycles[] = {"entered", "left", "resumed", "cycle_reopened",
                                               NULL};
    return reason->subject != NULL && !g_strv_contains(about_cycles, reason->event)
               ? reason->subject
               : "-";
}

static void append_gates(GString *line, const json_t *gates)
{
    for (size_t i = 0; i < json_array_size(gates); i++) {
        const json_t *gate = json_array_get(gates, i);
        const char *rule = json_string_value(json_object_get(gate, "rule"));
        g_string_append_printf(line, "%s%s%s%s", i == 0 ? "; held by " : ", ",
                               json_string_value(json_object_get(gate, "gate")),
                               rule != NULL ? " " : "", rule != NULL ? rule : "");
    }
}

static void write_text(GString *line, const char *date, const char *account,
                       const AccountState *after, const Reason *reason, const json_t *gates)
{
    g_autofree char *text = text_one_line(reason->text != NULL ? reason->text : "", TEXT_MAX);
    const Notice *notice = is_about_notice(reason) ? notice_named(after, reason->subject) : NULL;
    g_autofree char *amount = notice != NULL && notice->amount != AMOUNT_NONE
                                  ? money_to_text((Money){notice->amount, notice->currency})
                                  : NULL;
    g_string_printf(line, "%s  %-14s %-18s %-16s %s%s%s  [%s", date, account, reason->event,
                    subject_of(reason), amount != NULL ? amount : "", amount != NULL ? "  " : "",
                    text, reason->rule != NULL ? reason->rule : "-");
    append_gates(line, gates);
    g_string_append_c(line, ']');
}

static void write_line(Lines *lines, const char *account, Instant now, const AccountState *after,
                       const Reason *reason)
{
    const LinesSetup *setup = &lines->setup;
    const Zone *own =
        after->account.zone != NULL ? zone_get(after->account.zone, NULL) : setup->zone;
    char date[16];
    date_format(zone_date(own, now), date);
    g_autoptr(json_t) gates = take_gates(lines, account, reason);
    if (setup->form == LINES_TEXT) {
        write_text(lines->text, date, account, after, reason, gates);
        return;
    }
    g_autofree char *text = setup->all ? entry_json(now, account, reason)
                                       : line_json(date, account, after, reason, gates);
    g_string_assign(lines->text, text);
}

bool lines_add(Lines *lines, const char *account, Instant now, const AccountState *after,
               const Reason *reason, GError **error)
{
    const LinesSetup *setup = &lines->setup;
    if (strcmp(reason->event, "gate") == 0)
        remember_gate(lines, account, reason);
    if (!setup->all && !g_strv_contains(told, reason->event))
        return true;
    Date day = CLAMP(zone_date(setup->zone, now), setup->from, setup->to);
    write_line(lines, account, now, after, reason);
    Kept kept = {now, lines->order++, (uint32_t)strlen(account), (uint32_t)lines->text->len};
    size_t stream = (size_t)(day - setup->from);
    lines->count++;
    return spill_put(lines->spill, stream, &kept, sizeof kept, error) &&
           spill_put(lines->spill, stream, account, kept.n_account + 1u, error) &&
           spill_put(lines->spill, stream, lines->text->str, kept.n_text + 1u, error);
}

/* ---- a day ----------------------------------------------------------------------------------- */

typedef struct {
    Instant at;
    uint32_t order;
    const char *account, *text;
} Line;

static int by_instant(gconstpointer a, gconstpointer b)
{
    const Line *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    int order = strcmp(x->account, y->account);
    return order != 0 ? order : x->order < y->order ? -1 : 1;
}

bool lines_print(Lines *lines, Date day, FILE *out, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(Line));
    if (!spill_read(lines->spill, (size_t)(day - lines->setup.from), bytes, error))
        return false;
    for (const char *p = (const char *)bytes->data; p < (const char *)bytes->data + bytes->len;) {
        Kept kept;
        memcpy(&kept, p, sizeof kept);
        p += sizeof kept;
        Line line = {kept.at, kept.order, p, p + kept.n_account + 1};
        p += kept.n_account + 1 + kept.n_text + 1;
        g_array_append_val(list, line);
    }
    g_array_sort(list, by_instant);
    for (guint i = 0; i < list->len; i++) {
        fputs(g_array_index(list, Line, i).text, out);
        fputc('\n', out);
    }
    return true;
}
