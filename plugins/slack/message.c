/* Messages in Block Kit. `text` is what a notification shows; the blocks are what stands in the channel. */
#include "slack.h"

#include <stdlib.h>
#include <string.h>

/* Slack's limits, and some room: a section 3,000 characters, a field 2,000, a button's value 2,000. */
enum { SECTION_MAX = 2800, FIELD_MAX = 300, NOTIFICATION_MAX = 3500 };

char *slack_escape(const DunhubTask *task, const char *text)
{
    static const char *const entities[] = {['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;"};
    DunhubBuffer out = {0};
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        const char *entity = *p < sizeof entities / sizeof *entities ? entities[*p] : NULL;
        if (entity)
            dunhub_append_text(&out, entity);
        else
            dunhub_append(&out, p, 1);
    }
    char *escaped = out.failed ? NULL : dunhub_text(task, (DunhubBytes){out.p ? out.p : "", out.n});
    dunhub_buffer_done(&out);
    return escaped ? escaped : dunhub_format(task, "%s", "");
}

static const char *shown(const DunhubTask *task, const char *text, size_t max)
{
    const char *cut = dunhub_shorten(task, text, max);
    return slack_escape(task, cut ? cut : "");
}

/* ---- what it says ---- */

static const char *happening(const json_t *input)
{
    static const char *const words[][2] = {
        {"case.opened", "is overdue and became delinquent"},
        {"case.step_entered", "entered a step"},
        {"case.step_left", "left a step"},
        {"case.needs_intervention", "needs a person"},
        {"case.resolved", "is resolved"},
        {"action.dead", "has an action that failed for good"},
    };
    const char *event = dunhub_find_text(input, "event");
    for (size_t i = 0; event && i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i][0], event) == 0)
            return words[i][1];
    return event ? event : "needs attention";
}

static const char *overdue(const DunhubTask *task, const json_t *input)
{
    const char *currency = dunhub_find_text(input, "currency");
    const json_t *amount = json_object_get(input, "overdue");
    char text[32];
    if (!currency || !json_is_integer(amount) || dunhub_currency_exponent(currency) < 0)
        return NULL;
    dunhub_money_format(json_integer_value(amount), currency, text);
    return dunhub_format(task, "%s %s", text, currency);
}

/* "Ada Moore (C-1)" */
static const char *whose(const DunhubTask *task, const json_t *input)
{
    const char *account = dunhub_find_text(input, "account");
    const char *name = dunhub_at_text(input, "/customer/name");
    if (account && name && *name)
        return dunhub_format(task, "%s (%s)", name, account);
    return account ? account : "An account";
}

/* The text of a template or of the configuration; without one a line is made of what the act knows. */
static const char *headline(const DunhubTask *task, const json_t *input)
{
    const char *text = dunhub_find_text(input, "text"), *owed = overdue(task, input);
    if (text && *text)
        return text;
    return dunhub_format(task, "%s %s%s%s", whose(task, input), happening(input), owed ? ": " : "",
                         owed ? owed : "");
}

/* ---- blocks ---- */

static json_t *section(const char *escaped)
{
    return json_pack("{s:s, s:{s:s, s:s}}", "type", "section", "text", "type", "mrkdwn", "text",
                     escaped);
}

static void add_field(const DunhubTask *task, json_t *fields, const char *title, const char *value)
{
    if (value && *value)
        json_array_append_new(
            fields,
            json_pack("{s:s, s:s}", "type", "mrkdwn", "text",
                      dunhub_format(task, "*%s*\n%s", title,
                                    shown(task, dunhub_one_line(task, value, 1000), FIELD_MAX))));
}

static void add_facts(const DunhubTask *task, const json_t *input, json_t *blocks)
{
    static const char *const rows[][2] = {{"account", "Account"},   {"step", "Step"},
                                          {"what", "Approval"},     {"by", "Asked by"},
                                          {"evidence", "Evidence"}, {"reason", "Reason"}};
    json_t *fields = json_array();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        add_field(task, fields, rows[i][1], dunhub_find_text(input, rows[i][0]));
    add_field(task, fields, "Overdue", overdue(task, input));
    if (json_array_size(fields))
        json_array_append_new(blocks, json_pack("{s:s, s:O}", "type", "section", "fields", fields));
    json_decref(fields);
}

static json_t *button(const char *id, const char *label, const char *style, const char *value)
{
    json_t *row = json_pack("{s:s, s:s, s:{s:s, s:s}, s:s}", "type", "button", "action_id", id,
                            "text", "type", "plain_text", "text", label, "value", value);
    if (style)
        json_object_set_new(row, "style", json_string(style));
    return row;
}

/* "https://hub.example/accounts/{account}" */
static const char *case_url(const DunhubTask *task, const json_t *input)
{
    const char *form = dunhub_option(task, "case_url"),
               *account = dunhub_find_text(input, "account");
    const char *mark = form ? strstr(form, "{account}") : NULL;
    if (!mark || !account)
        return NULL;
    return dunhub_format(task, "%.*s%s%s", (int)(mark - form), form,
                         dunhub_url_escape(task, account), mark + strlen("{account}"));
}

/* What a button brings back: it is signed by Slack on its way, and read again with suspicion. */
static const char *value_of(const DunhubTask *task, const json_t *input, const char *what)
{
    json_t *value = json_object();
    static const char *const kept[] = {"account", "case", "by"};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        const char *text = dunhub_find_text(input, kept[i]);
        if (text)
            json_object_set_new(value, kept[i], json_string(text));
    }
    if (what)
        json_object_set_new(value, "what", json_string(what));
    char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
    const char *kept_text = text ? dunhub_format(task, "%s", text) : NULL;
    free(text);
    json_decref(value);
    return kept_text && strlen(kept_text) <= 2000 ? kept_text : NULL;
}

static void add_open(const DunhubTask *task, const json_t *input, json_t *elements)
{
    const char *url = case_url(task, input);
    if (!url)
        return;
    json_t *open = button(SLACK_OPEN, "Open", NULL, "open");
    json_object_set_new(open, "url", json_string(url));
    json_array_append_new(elements, open);
}

static void add_actions(json_t *blocks, json_t *elements)
{
    if (json_array_size(elements))
        json_array_append_new(blocks, json_pack("{s:s, s:s, s:O}", "type", "actions", "block_id",
                                                "dunhub_actions", "elements", elements));
    json_decref(elements);
}

static json_t *message(const DunhubTask *task, const char *text, json_t *blocks)
{
    return json_pack("{s:s, s:o}", "text", shown(task, text, NOTIFICATION_MAX), "blocks", blocks);
}

json_t *slack_alert(const DunhubTask *task, const json_t *input)
{
    const char *text = headline(task, input), *event = dunhub_find_text(input, "event");
    const char *value = value_of(task, input, NULL);
    json_t *blocks = json_array(), *elements = json_array();
    json_array_append_new(blocks, section(shown(task, text, SECTION_MAX)));
    add_facts(task, input, blocks);
    bool open = !event || strcmp(event, "case.resolved") != 0;
    if (open && dunhub_option_bool(task, "buttons")) {
        if (value && dunhub_find_text(input, "account"))
            json_array_append_new(elements, button(SLACK_ASSIGN, "Assign to me", NULL, value));
        add_open(task, input, elements);
    }
    add_actions(blocks, elements);
    return message(task, text, blocks);
}

json_t *slack_request(const DunhubTask *task, const json_t *input, const char *what)
{
    const char *given = dunhub_find_text(input, "text"),
               *account = dunhub_find_text(input, "account");
    const char *text = given && *given ? given
                                       : dunhub_format(task, "The approval %s is asked for: %s",
                                                       what, whose(task, input));
    const char *value = value_of(task, input, what);
    json_t *blocks = json_array(), *elements = json_array();
    json_array_append_new(blocks, section(shown(task, text, SECTION_MAX)));
    add_facts(task, input, blocks);
    if (value && account && slack_has_approvers(task)) {
        json_array_append_new(elements, button(SLACK_APPROVE, "Approve", "primary", value));
        json_array_append_new(elements, button(SLACK_REFUSE, "Refuse", "danger", value));
    }
    add_open(task, input, elements);
    add_actions(blocks, elements);
    return message(task, text, blocks);
}

json_t *slack_settled(const DunhubTask *task, const json_t *blocks, const char *line)
{
    (void)task;
    json_t *kept = json_array();
    for (size_t i = 0; i < json_array_size(blocks); i++) {
        json_t *block = json_array_get(blocks, i);
        const char *type = dunhub_find_text(block, "type");
        if (type && strcmp(type, "actions") != 0)
            json_array_append(kept, block);
    }
    json_array_append_new(kept, json_pack("{s:s, s:[{s:s, s:s}]}", "type", "context", "elements",
                                          "type", "mrkdwn", "text", line));
    return kept;
}
