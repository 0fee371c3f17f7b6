#include "match.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/ledger_memory.h"

/* ---- invoices ---- */

static const char *text_of(const CamtTransaction *transaction, const char *place)
{
    const struct {
        const char *name, *text;
    } rows[] = {{"creditor_reference", transaction->creditor_ref},
                {"remittance", transaction->remittance},
                {"end_to_end_id", transaction->end_to_end},
                {"additional", transaction->additional}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, place) == 0)
            return rows[i].text;
    return NULL;
}

static bool read_places(const DunhubTask *task, Matching *ret)
{
    static const char *const known[] = {"creditor_reference", "remittance", "end_to_end_id",
                                        "additional", NULL};
    json_auto_t *list = dunhub_option_json(task, "look_in");
    const CamtTransaction none = {0};
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *place = json_string_value(json_array_get(list, i));
        if (!place || !text_of(&none, place) || ret->n_places == MATCH_PLACES_MAX) {
            const char *near = place ? dunhub_nearest(place, known) : NULL;
            dunhub_permanent(task, "option",
                             "option 'look_in': '%s' is no place%s%s%s; there are "
                             "creditor_reference, remittance, "
                             "end_to_end_id and additional",
                             place ? place : "", near ? ", did you mean '" : "", near ? near : "",
                             near ? "'?" : "");
            return false;
        }
        ret->places[ret->n_places++] = dunhub_format(task, "%s", place);
    }
    return true;
}

bool matching_init(const DunhubTask *task, Matching *ret_matching)
{
    *ret_matching = (Matching){.prefix = dunhub_option(task, "invoice_prefix")};
    const char *pattern = dunhub_option(task, "invoice_pattern");
    if (!read_places(task, ret_matching))
        return false;
    int error = pattern ? regcomp(&ret_matching->pattern, pattern, REG_EXTENDED | REG_ICASE) : 0;
    if (error) {
        char why[128];
        regerror(error, &ret_matching->pattern, why, sizeof why);
        dunhub_permanent(
            task, "option",
            "option 'invoice_pattern' is '%s': %s; write an extended regular expression such as "
            "INV-[0-9]+",
            pattern, why);
        return false;
    }
    ret_matching->has_pattern = pattern != NULL;
    return true;
}

void matching_done(Matching *matching)
{
    if (matching->has_pattern)
        regfree(&matching->pattern);
}

static void add_reference(const Matching *matching, const char *text, size_t length,
                          char ret[MATCH_MAX][MATCH_BYTES], size_t *n)
{
    const char *prefix = matching->prefix ? matching->prefix : "";
    if (!length || strlen(prefix) + length >= MATCH_BYTES || *n == MATCH_MAX)
        return;
    snprintf(ret[*n], MATCH_BYTES, "%s%.*s", prefix, (int)length, text);
    for (size_t i = 0; i < *n; i++)
        if (strcmp(ret[i], ret[*n]) == 0)
            return;
    ++*n;
}

static size_t match_pattern(const Matching *matching, const char *text,
                            char ret[MATCH_MAX][MATCH_BYTES])
{
    regmatch_t found[2];
    size_t n = 0;
    for (int flags = 0; regexec(&matching->pattern, text, 2, found, flags) == 0;
         flags = REG_NOTBOL) {
        const regmatch_t *group = found[1].rm_so >= 0 ? &found[1] : &found[0];
        add_reference(matching, text + group->rm_so, (size_t)(group->rm_eo - group->rm_so), ret,
                      &n);
        text += found[0].rm_eo > 0 ? found[0].rm_eo : 1;
        if (!*text)
            break;
    }
    return n;
}

static bool is_provided(const char *text)
{
    return *text && strcmp(text, "NOTPROVIDED") != 0;
}

size_t match_invoices(const Matching *matching, const CamtTransaction *transaction,
                      char ret[MATCH_MAX][MATCH_BYTES])
{
    size_t n = 0;
    for (size_t i = 0; i < matching->n_places && !n; i++) {
        const char *text = text_of(transaction, matching->places[i]);
        bool is_reference = text == transaction->creditor_ref || text == transaction->end_to_end;
        if (!is_provided(text))
            continue;
        if (matching->has_pattern)
            n = match_pattern(matching, text, ret);
        else if (is_reference) /* free text is no reference without a pattern */
            add_reference(matching, text, strlen(text), ret, &n);
    }
    return n;
}

/* ---- payments ----
 * "paid.HASH" is what was last heard under an EndToEndId and an amount: the state's letter and the payment's id. "same.HASH"
 * says of a transaction which was joined to another's payment whose it is, for a file that comes twice. Each is written before
 * its event: when that is lost, the next poll finds what it would write. */

enum { NAME_BYTES = 32 };

static void put_name(const char *kind, const DunhubBytes *parts, size_t n, char ret[NAME_BYTES])
{
    snprintf(ret, NAME_BYTES, "%s.%016" PRIx64, kind, ledger_memory_hash(parts, n));
}

static DunhubBytes bytes_of(const char *text)
{
    return (DunhubBytes){text, strlen(text)};
}

static bool say_state(const DunhubTask *task)
{
    dunhub_retry(
        task, 0, "state",
        "the hub's state of what was paid before could not be used; the next poll tries again");
    return false;
}

static bool get(const DunhubTask *task, const char *name, char ret[MATCH_BYTES + 1],
                uint64_t *ret_version)
{
    DunhubBytes value = {0};
    *ret = 0;
    *ret_version = 0;
    int32_t found = task->host->state_get(task->call, name, &value, ret_version);
    if (found > 0)
        snprintf(ret, MATCH_BYTES + 1, "%.*s", (int)(value.n < MATCH_BYTES ? value.n : MATCH_BYTES),
                 value.p);
    return found >= 0 || say_state(task);
}

static bool put(const DunhubTask *task, const char *name, const char *value, uint64_t version)
{
    return task->host->state_put(task->call, name, bytes_of(value), version) == 0 ||
           say_state(task);
}

typedef struct {
    const DunhubTask *task;
    char paid[NAME_BYTES], same[NAME_BYTES];
    char known[MATCH_BYTES + 1]; /* letter and id; "" none */
    uint64_t version;
} Past;

static const char letters[] = "psr"; /* by MatchState */

/* Is what is known of this payment at least as late as that? */
static bool is_as_late(const Past *past, MatchState state, const char *id)
{
    const char *letter = *past->known ? strchr(letters, *past->known) : NULL;
    return letter && strcmp(past->known + 1, id) == 0 && letter - letters >= (int)state;
}

static bool remember(const Past *past, MatchState state, const char *id)
{
    char value[MATCH_BYTES + 1];
    snprintf(value, sizeof value, "%c%s", letters[state], id);
    return is_as_late(past, state, id) || put(past->task, past->paid, value, past->version);
}

/* own belongs to the payment that is known. */
static bool join(const Past *past, MatchState state, char ret_id[MATCH_BYTES])
{
    memcpy(ret_id, past->known + 1, MATCH_BYTES);
    return put(past->task, past->same, ret_id, 0) && remember(past, state, ret_id);
}

bool match_payment(const DunhubTask *task, const CamtTransaction *transaction, int64_t amount,
                   MatchState state, const char *own, char ret_id[MATCH_BYTES], bool *ret_is_known)
{
    snprintf(ret_id, MATCH_BYTES, "%s", own);
    *ret_is_known = false;
    if (!is_provided(transaction->end_to_end))
        return true;
    const DunhubBytes agreed[] = {bytes_of(transaction->account),
                                  bytes_of(transaction->end_to_end),
                                  bytes_of(transaction->currency),
                                  {(const char *)&amount, sizeof amount}};
    const DunhubBytes mine[] = {bytes_of(transaction->account), bytes_of(own)};
    Past past = {.task = task};
    put_name("paid", agreed, sizeof agreed / sizeof *agreed, past.paid);
    put_name("same", mine, sizeof mine / sizeof *mine, past.same);
    char joined[MATCH_BYTES + 1];
    uint64_t version;
    if (!get(task, past.paid, past.known, &past.version) || !get(task, past.same, joined, &version))
        return false;
    char letter = *past.known;
    bool is_known = letter == 'p' || letter == 's';
    if (*joined) { /* the write after it may have been lost */
        memcpy(ret_id, joined, MATCH_BYTES);
        *ret_is_known = true;
        return strcmp(past.known + 1, joined) != 0 || remember(&past, state, joined);
    }
    if (state == MATCH_RETURNED) {
        *ret_is_known = is_known;
        return !is_known || join(&past, state, ret_id);
    }
    if (letter == 'p' && strcmp(past.known + 1, own) != 0)
        return join(&past, state, ret_id);
    return remember(&past, state, ret_id);
}
