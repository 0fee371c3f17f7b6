/* Does well or badly, as the verb says. */
#include <dunhub/plugin.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static DunhubBytes text(const char *p)
{
    return (DunhubBytes){p, strlen(p)};
}

/* The number behind "name": in the input; these inputs hold nothing else that looks like it. */
static long number(const DunhubHost *host, DunhubCall *call, const char *name, long fallback)
{
    DunhubBytes input = host->input(call);
    char *copy = host->alloc(call, input.n + 1);
    memcpy(copy, input.p, input.n);
    const char *at = strstr(copy, name);
    at = at != NULL ? strchr(at, ':') : NULL;
    return at != NULL ? strtol(at + 1, NULL, 10) : fallback;
}

static void echo(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    ret_result->outcome = DUNHUB_OK;
    ret_result->external_id = host->key(call);
    ret_result->message = host->verb(call);
    ret_result->data = host->input(call);
}

static void crash(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    (void)host, (void)call, (void)ret_result;
    raise(SIGKILL);
}

static void leave(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    (void)host, (void)call, (void)ret_result;
    _exit(7);
}

static void hang(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    (void)host, (void)call, (void)ret_result;
    for (;;) {
        pause();
    }
}

static void slow(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    while (host->wait(call, 60000) > 0) {}
    ret_result->code = DUNHUB_LITERAL("cancelled");
}

static void rest(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    host->wait(call, number(host, call, "ms", 10));
    ret_result->outcome = DUNHUB_OK;
}

static void huge(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    static const char head[] = "{\"x\":\"";
    size_t n = (size_t)number(host, call, "bytes", 0);
    char *data = host->alloc(call, n);
    memset(data, 'x', n);
    memcpy(data, head, strlen(head));
    memcpy(data + n - 2, "\"}", 2);
    ret_result->outcome = DUNHUB_OK;
    ret_result->external_id = DUNHUB_LITERAL("made");
    ret_result->data = (DunhubBytes){data, n};
}

static void speak(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    ret_result->outcome = (int32_t)number(host, call, "outcome", 0);
    ret_result->retry_after_ms = number(host, call, "after", 0);
    ret_result->message = text("a\xff"
                               "b");
    ret_result->data = text("{\"broken\":");
}

static void memory(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    int blocks = 0;
    while (host->alloc(call, 1 << 20) != NULL) {
        blocks++;
    }
    char *data = host->alloc(call, 40);
    if (data == NULL) {
        data = (char[40]){0};
    }
    static const char *const words[] = {"less", "exactly", "more"};
    ret_result->code = text(words[(blocks > 64) - (blocks < 64) + 1]);
    ret_result->outcome = DUNHUB_OK;
}

static void options_(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    ret_result->outcome = DUNHUB_OK;
    ret_result->message = host->option(call, "greeting");
    ret_result->external_id = host->option(call, "token");
    ret_result->data = host->option(call, "columns");
    if (host->option(call, "unset").p == NULL && host->option(call, "undeclared").p == NULL &&
        getenv("HOME") == NULL && getenv("PATH") == NULL) {
        ret_result->code = DUNHUB_LITERAL("clean");
    }
}

static void bodies(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    size_t total = 0;
    uint32_t i = 0;
    for (; host->body(call, i).p != NULL; i++) {
        total += host->body(call, i).n;
    }
    char *said = host->alloc(call, 64);
    snprintf(said, 64, "%u bodies, %zu bytes", i, total);
    ret_result->message = text(said);
    ret_result->outcome = DUNHUB_OK;
}

static void state(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    DunhubBytes value = {NULL, 0};
    uint64_t version = 0;
    int32_t before = host->state_get(call, "token", &value, &version);
    int32_t first = host->state_put(call, "token", DUNHUB_LITERAL("one"), version);
    int32_t stale = host->state_put(call, "token", DUNHUB_LITERAL("two"), version);
    int32_t after = host->state_get(call, "token", &value, &version);
    int32_t unnamed = host->state_put(call, "", value, 0);
    char *said = host->alloc(call, 100);
    snprintf(said, 100, "%d %d %d %d %d %.*s %d", before, first, stale, after, (int)version,
             (int)value.n, value.p, unnamed);
    ret_result->message = text(said);
    ret_result->outcome = DUNHUB_OK;
}

static void talk(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    for (long i = number(host, call, "findings", 0); i > 0; i--) {
        host->finding(call, DUNHUB_LITERAL("file.csv:7"),
                      DUNHUB_LITERAL("amount '12,34.5' is no number"));
    }
    host->log(call, 0, DUNHUB_LITERAL("spoken"));
    ret_result->outcome = DUNHUB_OK;
    if (host->emit(call, DUNHUB_LITERAL("{\"id\":\"1\",\"type\":\"t\",\"data\":{}}")) == -1) {
        ret_result->code = DUNHUB_LITERAL("no_emit");
    }
}

static void find(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    (void)host, (void)call;
    ret_result->outcome = DUNHUB_ABSENT;
}

/* {"pages":P,"events":E}: P pages of E events with cursors, then E more without. */
static void pages(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    long n_pages = number(host, call, "pages", 1);
    long n_events = number(host, call, "events", 1);
    for (long page = 0; page <= n_pages; page++) {
        for (long i = 0; i < n_events; i++) {
            char *event = host->alloc(call, 100);
            snprintf(event, 100, "{\"id\":\"%ld-%ld\",\"type\":\"account.updated\",\"data\":{}}",
                     page, i);
            if (host->emit(call, text(event)) != 0) {
                return;
            }
        }
        char *cursor = host->alloc(call, 32);
        snprintf(cursor, 32, "page %ld", page);
        if (page < n_pages && host->page_done(call, text(cursor)) != 0) {
            ret_result->code = DUNHUB_LITERAL("stopped");
            return;
        }
    }
    if (host->emit(call, DUNHUB_LITERAL("{\"id\":1}")) == -1) {
        ret_result->outcome = DUNHUB_OK;
    }
}

static const DunhubOption options[] = {
    {sizeof(DunhubOption), "greeting", DUNHUB_OPTION_TEXT, 0, "hello", NULL, "What it says."},
    {sizeof(DunhubOption), "token", DUNHUB_OPTION_TEXT, DUNHUB_OPTION_SECRET, NULL, NULL,
     "A secret."},
    {sizeof(DunhubOption), "columns", DUNHUB_OPTION_MAP, 0, NULL, NULL, "A map."},
    {sizeof(DunhubOption), "unset", DUNHUB_OPTION_TEXT, 0, NULL, NULL, "Never set."},
};

#define ACTION(name, handler)                                                                      \
    {                                                                                              \
        .size = sizeof(DunhubAction), .verb = name, .effect = DUNHUB_WRITE, .run = handler         \
    }

static const DunhubAction actions[] = {
    ACTION("test.echo", echo),
    ACTION("test.crash", crash),
    ACTION("test.leave", leave),
    ACTION("test.hang", hang),
    ACTION("test.slow", slow),
    ACTION("test.rest", rest),
    ACTION("test.huge", huge),
    ACTION("test.speak", speak),
    ACTION("test.memory", memory),
    ACTION("test.options", options_),
    ACTION("test.bodies", bodies),
    ACTION("test.state", state),
    ACTION("test.talk", talk),
    {.size = sizeof(DunhubAction),
     .verb = "test.findable",
     .object = "thing",
     .input_schema = "{\"type\":\"object\"}",
     .effect = DUNHUB_CONTACT,
     .repeat = DUNHUB_REPEAT_LOOKUP,
     .lookup_lag_s = 30,
     .run = echo,
     .lookup = find},
};

static const DunhubSource sources[] = {
    {.size = sizeof(DunhubSource),
     .name = "ledger",
     .emits = "account.updated",
     .doc = "Made-up accounts.",
     .every_s = 60,
     .flags = DUNHUB_SOURCE_LEDGER,
     .poll = pages},
};

static const DunhubLimits limits = {
    .size = sizeof(DunhubLimits), .concurrency = 32, .timeout_ms = 5000};

static const DunhubPlugin plugin = {
    .magic = DUNHUB_MAGIC,
    .abi_major = DUNHUB_ABI_MAJOR,
    .abi_minor = DUNHUB_ABI_MINOR,
    .size = sizeof(DunhubPlugin),
    .option_size = sizeof(DunhubOption),
    .action_size = sizeof(DunhubAction),
    .source_size = sizeof(DunhubSource),
    .name = "unruly",
    .version = "1.0",
    .doc = "Does well or badly, as the verb says.",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .actions = actions,
    .n_actions = sizeof actions / sizeof actions[0],
    .sources = sources,
    .n_sources = 1,
    .limits = &limits,
};

const DunhubPlugin *dunhub_plugin(void)
{
    return &plugin;
}
