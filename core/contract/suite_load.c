/* contract.yaml to a Suite: tables of keys, then what a table cannot say. */
#include <string.h>

#include "contract/suite.h"
#include "model/event.h"

static const char *const outcomes[] = {"ok",        "retry",  "permanent", "auth",
                                       "uncertain", "absent", NULL};
static const char *const faults[] = {"none",         "drop",         "reset",     "hang",
                                     "hang_in_head", "hang_in_body", "truncated", "malformed",
                                     "html",         "huge",         "gzip_bomb", NULL};

/* clang-format off */
typedef struct { const char *method, *path, *body; const Node *query, *headers, *form, *json; } RequestSource;
static const Key request_keys[] = {
    {.name = "method", .type = KEY_TEXT, .offset = offsetof(RequestSource, method), .doc = "POST and the like."},
    {.name = "path", .type = KEY_TEXT, .offset = offsetof(RequestSource, path), .doc = "Path without query."},
    {.name = "query", .type = KEY_NODE, .offset = offsetof(RequestSource, query), .doc = "Parameters of the URL, all of them."},
    {.name = "headers", .type = KEY_NODE, .offset = offsetof(RequestSource, headers), .doc = "Headers that are looked at; null: absent."},
    {.name = "form", .type = KEY_NODE, .offset = offsetof(RequestSource, form), .doc = "The body as a form."},
    {.name = "json", .type = KEY_NODE, .offset = offsetof(RequestSource, json), .doc = "The body as JSON: a map, a list, or JSON in a text."},
    {.name = "body", .type = KEY_TEXT, .offset = offsetof(RequestSource, body), .doc = "The body as text."},
};
typedef struct { int64_t status; const char *body; const Node *headers, *form, *json; int fault; } AnswerSource;
static const Key answer_keys[] = {
    {.name = "status", .type = KEY_INT, .offset = offsetof(AnswerSource, status), .least = 100, .most = 599, .default_text = "200", .doc = "HTTP status."},
    {.name = "headers", .type = KEY_NODE, .offset = offsetof(AnswerSource, headers), .doc = "Headers."},
    {.name = "json", .type = KEY_NODE, .offset = offsetof(AnswerSource, json), .doc = "Body as JSON."},
    {.name = "form", .type = KEY_NODE, .offset = offsetof(AnswerSource, form), .doc = "Body as a form."},
    {.name = "body", .type = KEY_TEXT, .offset = offsetof(AnswerSource, body), .doc = "Body as text."},
    {.name = "fault", .type = KEY_CHOICE, .offset = offsetof(AnswerSource, fault), .choices = faults, .default_text = "none", .doc = "How it goes wrong."},
};
typedef struct { const Node *request, *answer; int64_t times; } ExchangeSource;
static const Key exchange_keys[] = {
    {.name = "request", .type = KEY_NODE, .offset = offsetof(ExchangeSource, request), .doc = "What is asked."},
    {.name = "answer", .type = KEY_NODE, .offset = offsetof(ExchangeSource, answer), .doc = "What is answered."},
    {.name = "times", .type = KEY_INT, .offset = offsetof(ExchangeSource, times), .least = 1, .most = 1000, .default_text = "1", .doc = "So often in a row."},
};
typedef struct { const char *action, *source, *amount, *currency; bool reads_answer; const Node *input, *server; } ExampleSource;
static const Key example_keys[] = {
    {.name = "action", .type = KEY_TEXT, .offset = offsetof(ExampleSource, action), .doc = "A verb."},
    {.name = "source", .type = KEY_TEXT, .offset = offsetof(ExampleSource, source), .doc = "A source."},
    {.name = "input", .type = KEY_NODE, .offset = offsetof(ExampleSource, input), .doc = "A valid input."},
    {.name = "reads_answer", .type = KEY_BOOL, .offset = offsetof(ExampleSource, reads_answer), .default_text = "true", .doc = "Whether the body of a good answer matters."},
    {.name = "amount", .type = KEY_TEXT, .offset = offsetof(ExampleSource, amount), .doc = "Pointer to minor units in the input."},
    {.name = "currency", .type = KEY_TEXT, .offset = offsetof(ExampleSource, currency), .doc = "Pointer to their currency."},
    {.name = "server", .type = KEY_NODE, .offset = offsetof(ExampleSource, server), .flags = KEY_REQUIRED, .doc = "What the platform answers."},
};
static const Key exception_keys[] = {
    {.name = "action", .type = KEY_TEXT, .offset = offsetof(SuiteException, action), .flags = KEY_REQUIRED, .doc = "A verb or source."},
    {.name = "seen", .type = KEY_INT, .offset = offsetof(SuiteException, seen), .flags = KEY_REQUIRED, .least = 100, .most = 599, .doc = "The status."},
    {.name = "outcome", .type = KEY_CHOICE, .offset = offsetof(SuiteException, outcome), .flags = KEY_REQUIRED, .choices = outcomes, .doc = "What it means there."},
    {.name = "why", .type = KEY_TEXT, .offset = offsetof(SuiteException, why), .flags = KEY_REQUIRED, .doc = "The vendor's documented reason."},
};
typedef struct { int outcome; const char *code, *external_id, *message, *cursor; const Node *data, *events, *findings, *state; int64_t retry_after_ms; } ExpectSource;
static const Key expect_keys[] = {
    {.name = "outcome", .type = KEY_CHOICE, .offset = offsetof(ExpectSource, outcome), .flags = KEY_REQUIRED, .choices = outcomes, .doc = "Of the call."},
    {.name = "code", .type = KEY_TEXT, .offset = offsetof(ExpectSource, code), .doc = "Its code."},
    {.name = "external_id", .type = KEY_TEXT, .offset = offsetof(ExpectSource, external_id), .doc = "Of what was made."},
    {.name = "message", .type = KEY_TEXT, .offset = offsetof(ExpectSource, message), .doc = "Its message."},
    {.name = "retry_after_ms", .type = KEY_INT, .offset = offsetof(ExpectSource, retry_after_ms), .least = 0, .most = INT64_MAX, .doc = "When to come again."},
    {.name = "data", .type = KEY_NODE, .offset = offsetof(ExpectSource, data), .doc = "Its data."},
    {.name = "events", .type = KEY_NODE, .offset = offsetof(ExpectSource, events), .doc = "Events that became durable, in order."},
    {.name = "cursor", .type = KEY_TEXT, .offset = offsetof(ExpectSource, cursor), .doc = "The last cursor."},
    {.name = "findings", .type = KEY_NODE, .offset = offsetof(ExpectSource, findings), .doc = "Findings as \"place: text\"."},
    {.name = "state", .type = KEY_NODE, .offset = offsetof(ExpectSource, state), .doc = "State values afterwards."},
};
typedef struct {
    const char *name, *key, *call, *lookup, *poll, *read, *map, *answer; bool check, setup;
    const char *const *bodies; const Node *input, *options, *state, *hook, *exchange, *expect;
} CaseSource;
static const Key case_keys[] = {
    {.name = "name", .type = KEY_TEXT, .offset = offsetof(CaseSource, name), .flags = KEY_REQUIRED, .doc = "What it shows."},
    {.name = "call", .type = KEY_TEXT, .offset = offsetof(CaseSource, call), .doc = "A verb."},
    {.name = "lookup", .type = KEY_TEXT, .offset = offsetof(CaseSource, lookup), .doc = "A verb whose look-up is asked."},
    {.name = "poll", .type = KEY_TEXT, .offset = offsetof(CaseSource, poll), .doc = "A source."},
    {.name = "read", .type = KEY_TEXT, .offset = offsetof(CaseSource, read), .doc = "A source that reads the accounts of the input."},
    {.name = "map", .type = KEY_TEXT, .offset = offsetof(CaseSource, map), .doc = "A hook whose request becomes events."},
    {.name = "answer", .type = KEY_TEXT, .offset = offsetof(CaseSource, answer), .doc = "A hook whose reply the plugin gives."},
    {.name = "check", .type = KEY_BOOL, .offset = offsetof(CaseSource, check), .default_text = "false", .doc = "The check of options and credential."},
    {.name = "setup", .type = KEY_BOOL, .offset = offsetof(CaseSource, setup), .default_text = "false", .doc = "Registering what the platform sends where."},
    {.name = "key", .type = KEY_TEXT, .offset = offsetof(CaseSource, key), .default_text = "contract-key-1", .doc = "Key of the call."},
    {.name = "input", .type = KEY_NODE, .offset = offsetof(CaseSource, input), .doc = "Input of the call."},
    {.name = "bodies", .type = KEY_TEXTS, .offset = offsetof(CaseSource, bodies), .doc = "Contents that travel with it."},
    {.name = "options", .type = KEY_NODE, .offset = offsetof(CaseSource, options), .doc = "Options over those of the file."},
    {.name = "state", .type = KEY_NODE, .offset = offsetof(CaseSource, state), .doc = "State values before, name to text."},
    {.name = "request", .type = KEY_NODE, .offset = offsetof(CaseSource, hook), .doc = "Of map and answer: what the platform sent."},
    {.name = "exchange", .type = KEY_NODE, .offset = offsetof(CaseSource, exchange), .doc = "Exactly these requests, in order, and their answers."},
    {.name = "expect", .type = KEY_NODE, .offset = offsetof(CaseSource, expect), .flags = KEY_REQUIRED, .doc = "The result."},
};
typedef struct { const Node *options, *server, *examples, *exceptions, *cases; } FileSource;
static const Key file_keys[] = {
    {.name = "options", .type = KEY_NODE, .offset = offsetof(FileSource, options), .doc = "Options of every call."},
    {.name = "server", .type = KEY_NODE, .offset = offsetof(FileSource, server), .doc = "Answered whenever asked: token endpoints."},
    {.name = "examples", .type = KEY_NODE, .offset = offsetof(FileSource, examples), .doc = "A valid use of each action and source."},
    {.name = "exceptions", .type = KEY_NODE, .offset = offsetof(FileSource, exceptions), .doc = "Statuses that mean something else here."},
    {.name = "cases", .type = KEY_NODE, .offset = offsetof(FileSource, cases), .doc = "Exact requests and results."},
};
/* clang-format on */

typedef struct {
    Suite *suite;
    const json_t *manifest;
    Arena *arena;
    Diags *diags;
} Reader;

#define READ(reader, node, keys, ret)                                                              \
    tree_read((node), (keys), G_N_ELEMENTS(keys), (reader)->arena, (reader)->diags, (ret))

/* The suite keeps it. NULL in, NULL out; a text is JSON itself. */
static json_t *json_of(const Reader *reader, const Node *node, bool text_is_json)
{
    if (node == NULL)
        return NULL;
    json_t *json = NULL;
    if (node->kind == NODE_SCALAR && text_is_json && node->text != NULL) {
        json_error_t error;
        json = json_loads(node->text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
        if (json == NULL)
            diags_add(reader->diags, "K001", node->place,
                      "this is no JSON: %s (line %d of the text)", error.text, error.line);
    } else {
        json = node_to_json(node);
    }
    if (json != NULL)
        g_ptr_array_add(reader->suite->json, json);
    return json;
}

static bool is_kind(const Reader *reader, const Node *node, NodeKind kind, const char *what)
{
    if (node == NULL || node->kind == kind)
        return node != NULL;
    diags_add(reader->diags, "K001", node->place, "'%s' has to be %s", what,
              kind == NODE_LIST ? "a list" : "a map");
    return false;
}

static bool read_request(const Reader *reader, const Node *node, RequestPattern *ret_request)
{
    RequestSource source = {0};
    if (!is_kind(reader, node, NODE_MAP, "request") || !READ(reader, node, request_keys, &source))
        return false;
    *ret_request = (RequestPattern){
        .method = source.method,
        .path = source.path,
        .body = source.body,
        .query = json_of(reader, source.query, false),
        .headers = json_of(reader, source.headers, false),
        .form = json_of(reader, source.form, false),
        .json = json_of(reader, source.json, true),
    };
    return true;
}

static bool read_exchange(const Reader *reader, const Node *node, Exchange *ret_exchange)
{
    ExchangeSource source = {0};
    AnswerSource answer = {.status = 200};
    if (!is_kind(reader, node, NODE_MAP, "exchange") || !READ(reader, node, exchange_keys, &source))
        return false;
    if (source.request != NULL && !read_request(reader, source.request, &ret_exchange->request))
        return false;
    if (source.answer != NULL && (!is_kind(reader, source.answer, NODE_MAP, "answer") ||
                                  !READ(reader, source.answer, answer_keys, &answer)))
        return false;
    ret_exchange->times = source.times;
    ret_exchange->status = answer.status;
    ret_exchange->body = answer.body;
    ret_exchange->fault = answer.fault;
    ret_exchange->headers = json_of(reader, answer.headers, false);
    ret_exchange->json = json_of(reader, answer.json, true);
    ret_exchange->form = json_of(reader, answer.form, false);
    return true;
}

static Script read_script(const Reader *reader, const Node *node)
{
    if (!is_kind(reader, node, NODE_LIST, "exchange"))
        return (Script){0};
    Exchange *rows = arena_new0(reader->arena, Exchange, node->n);
    size_t n = 0;
    for (const Node *item = node->first; item != NULL; item = item->next)
        n += read_exchange(reader, item, &rows[n]);
    return (Script){rows, n};
}

/* ---- names of the manifest ---------------------------------------------------------------- */

static bool offers(const Reader *reader, const char *section, const char *member, const char *name,
                   DiagPlace place)
{
    const json_t *list = json_object_get(reader->manifest, section);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *word = json_string_value(json_object_get(json_array_get(list, i), member));
        g_ptr_array_add(names, (char *)(word != NULL ? word : ""));
    }
    g_ptr_array_add(names, NULL);
    const char *const *all = (const char *const *)names->pdata;
    if (g_strv_contains(all, name))
        return true;
    const char *near = diag_nearest(name, all);
    diags_add(reader->diags, "K002", place, "%s has no '%s' among its %s%s%s%s",
              reader->suite->plugin, name, section, near != NULL ? ", did you mean '" : "",
              near != NULL ? near : "", near != NULL ? "'?" : "");
    return false;
}

static void check_options(const Reader *reader, const Node *options)
{
    for (const Node *option = options != NULL ? options->first : NULL; option != NULL;
         option = option->next)
        offers(reader, "options", "name", option->key, option->key_place);
}

/* ---- sections ----------------------------------------------------------------------------- */

static bool read_example(const Reader *reader, const Node *node, SuiteExample *ret_example)
{
    ExampleSource source = {0};
    if (!is_kind(reader, node, NODE_MAP, "example") || !READ(reader, node, example_keys, &source))
        return false;
    if ((source.action != NULL) == (source.source != NULL)) {
        diags_add(reader->diags, "K001", node->place,
                  "an example is of an 'action' or of a 'source', one of the two");
        return false;
    }
    *ret_example = (SuiteExample){
        .action = source.action,
        .source = source.source,
        .input = json_of(reader, source.input, true),
        .reads_answer = source.reads_answer,
        .amount = source.amount,
        .currency = source.currency,
        .server = read_script(reader, source.server),
        .place = node->place,
    };
    return source.action != NULL ? offers(reader, "actions", "verb", source.action, node->place)
                                 : offers(reader, "sources", "name", source.source, node->place);
}

static bool read_exception(const Reader *reader, const Node *node, SuiteException *ret_exception)
{
    return is_kind(reader, node, NODE_MAP, "exception") &&
           READ(reader, node, exception_keys, ret_exception);
}

static bool read_expect(const Reader *reader, const Node *node, SuiteCase *ret_case)
{
    ExpectSource source = {.retry_after_ms = -1};
    if (!is_kind(reader, node, NODE_MAP, "expect") || !READ(reader, node, expect_keys, &source))
        return false;
    ret_case->outcome = source.outcome;
    ret_case->code = source.code;
    ret_case->external_id = source.external_id;
    ret_case->message = source.message;
    ret_case->cursor = source.cursor;
    ret_case->retry_after_ms = source.retry_after_ms;
    ret_case->data = json_of(reader, source.data, true);
    ret_case->events = json_of(reader, source.events, true);
    ret_case->findings = json_of(reader, source.findings, false);
    ret_case->kept = json_of(reader, source.state, false);
    return true;
}

/* Which of the words says what is called; false: none or several. */
static bool read_kind(const Reader *reader, const CaseSource *source, const Node *node,
                      SuiteCase *ret_case)
{
    const struct {
        const char *name;
        int kind;
        const char *section, *member;
    } rows[] = {
        {source->call, CALL_ACTION, "actions", "verb"},
        {source->lookup, CALL_LOOKUP, "actions", "verb"},
        {source->poll, CALL_POLL, "sources", "name"},
        {source->read, CALL_READ, "sources", "name"},
        {source->map, CALL_MAP, "hooks", "name"},
        {source->answer, CALL_ANSWER, "hooks", "name"},
        {source->check ? "" : NULL, CALL_CHECK, NULL, NULL},
        {source->setup ? "" : NULL, CALL_SETUP, NULL, NULL},
    };
    unsigned n = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].name == NULL)
            continue;
        n++;
        ret_case->kind = rows[i].kind;
        ret_case->verb = rows[i].section != NULL ? rows[i].name : NULL;
        if (rows[i].section != NULL &&
            !offers(reader, rows[i].section, rows[i].member, rows[i].name, node->place))
            return false;
    }
    if (n != 1)
        diags_add(reader->diags, "K001", node->place,
                  "a case says one of call, lookup, poll, read, map, answer, check and setup");
    return n == 1;
}

static bool read_case(const Reader *reader, const Node *node, SuiteCase *ret_case)
{
    CaseSource source = {0};
    if (!is_kind(reader, node, NODE_MAP, "case") || !READ(reader, node, case_keys, &source))
        return false;
    *ret_case = (SuiteCase){
        .name = source.name,
        .key = source.key,
        .input = json_of(reader, source.input, true),
        .options = json_of(reader, source.options, false),
        .state = json_of(reader, source.state, false),
        .bodies = source.bodies,
        .exchange = read_script(reader, source.exchange),
        .place = node->place,
    };
    check_options(reader, source.options);
    bool good = source.hook == NULL || read_request(reader, source.hook, &ret_case->hook);
    bool expected = read_expect(reader, source.expect, ret_case);
    return read_kind(reader, &source, node, ret_case) && expected && good;
}

#define READ_LIST(reader, node, Type, read, name, ret_rows, ret_n)                                 \
    do {                                                                                           \
        if (!is_kind((reader), (node), NODE_LIST, (name)))                                         \
            break;                                                                                 \
        Type *rows = arena_new0((reader)->arena, Type, (node)->n);                                 \
        for (const Node *item = (node)->first; item != NULL; item = item->next)                    \
            *(ret_n) += read((reader), item, &rows[*(ret_n)]);                                     \
        *(ret_rows) = rows;                                                                        \
    } while (0)

static void read_file(const Reader *reader, const Node *root)
{
    Suite *suite = reader->suite;
    FileSource source = {0};
    if (!READ(reader, root, file_keys, &source))
        return;
    check_options(reader, source.options);
    suite->options = json_of(reader, source.options, false);
    suite->server = read_script(reader, source.server);
    READ_LIST(reader, source.examples, SuiteExample, read_example, "examples", &suite->examples,
              &suite->n_examples);
    READ_LIST(reader, source.exceptions, SuiteException, read_exception, "exceptions",
              &suite->exceptions, &suite->n_exceptions);
    READ_LIST(reader, source.cases, SuiteCase, read_case, "cases", &suite->cases, &suite->n_cases);
}

/* An action without an example would pass every law unseen. */
static void check_covered(const Reader *reader)
{
    const json_t *actions = json_object_get(reader->manifest, "actions");
    for (size_t i = 0; i < json_array_size(actions); i++) {
        const char *verb = json_string_value(json_object_get(json_array_get(actions, i), "verb"));
        bool covered = false;
        for (size_t j = 0; j < reader->suite->n_examples; j++)
            covered |= g_strcmp0(reader->suite->examples[j].action, verb) == 0;
        if (!covered)
            diags_add(reader->diags, "K003", (DiagPlace){reader->suite->file, 0, 0},
                      "the action '%s' has no example, so the laws cannot be tried on it", verb);
    }
}

Suite *suite_load(const char *folder, const json_t *manifest, Arena *arena, Diags *diags)
{
    g_autofree char *path = g_build_filename(folder, "contract.yaml", NULL);
    size_t before = diags_count(diags, DIAG_ERROR);
    const Node *root = tree_parse_file(path, arena, diags);
    if (root == NULL)
        return NULL;
    g_autoptr(Suite) suite = g_new0(Suite, 1);
    suite->plugin = arena_strdup(arena, json_string_value(json_object_get(manifest, "name")));
    suite->file = arena_strdup(arena, path);
    suite->json = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
    const Reader reader = {suite, manifest, arena, diags};
    read_file(&reader, root);
    check_covered(&reader);
    return diags_count(diags, DIAG_ERROR) == before ? g_steal_pointer(&suite) : NULL;
}

void suite_free(Suite *suite)
{
    g_ptr_array_unref(suite->json);
    g_free(suite);
}
