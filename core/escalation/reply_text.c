/* The text of a reply: what the customer wrote, and the form in which phrases are looked for. */
#include <string.h>

#include "escalation/reply_rules.h"

enum { INTRO_BYTES_MAX = 300, RULE_LINE_LEAST = 10 };

/* ---- without what is quoted ------------------------------------------------------------------ */

static bool has_any(const char *line, const char *const *words)
{
    for (; *words; words++)
        if (strstr(line, *words))
            return true;
    return false;
}

/* "On Tue, Jul 14, 2026 at 9:00 AM Kestrel <…> wrote:", in the languages of common mail programs. */
static bool is_intro(const char *line)
{
    static const char *const begins[] = {"on ", "am ", "le ", "el ", "il ", "op ", "den ", "em "};
    static const char *const says[] = {"wrote",   "schrieb", "écrit",    "escribió", "scritto",
                                       "schreef", "skrev",   "escreveu", NULL};
    g_autofree char *lower = g_utf8_strdown(line, -1);
    g_strstrip(lower);
    bool fits = false;
    for (size_t i = 0; i < G_N_ELEMENTS(begins); i++)
        fits = fits || g_str_has_prefix(lower, begins[i]);
    return fits && strlen(lower) <= INTRO_BYTES_MAX && g_str_has_suffix(lower, ":") &&
           has_any(lower, says);
}

/* "-----Original Message-----", "________________". */
static bool is_rule_line(const char *line)
{
    size_t dashes = strspn(line, "-"), bars = strspn(line, "_");
    return bars >= RULE_LINE_LEAST ||
           (dashes >= 4 && line[dashes] != '\0' && g_str_has_suffix(line, "----"));
}

/* "From: …" with "Sent:" or "Subject:" below it: the head of a forwarded or quoted message. */
static bool is_head(char *const *lines)
{
    static const char *const from[] = {"from:", "von:", "de :", "de:", "da:", "van:", NULL};
    static const char *const more[] = {"sent:",  "date:", "subject:", "to:",    "gesendet:", "an:",
                                       "envoyé", "objet", "enviado",  "asunto", "onderwerp", NULL};
    g_autofree char *first = g_utf8_strdown(lines[0], -1);
    g_strchug(first);
    bool fits = false;
    for (size_t i = 0; from[i]; i++)
        fits = fits || g_str_has_prefix(first, from[i]);
    for (size_t i = 1; fits && i <= 3 && lines[i]; i++) {
        g_autofree char *line = g_utf8_strdown(lines[i], -1);
        if (has_any(line, more))
            return true;
    }
    return false;
}

static bool ends_own_words(char *const *lines)
{
    if (strcmp(lines[0], "--") == 0 || strcmp(lines[0], "-- ") == 0 || is_rule_line(lines[0]) ||
        is_intro(lines[0]) || is_head(lines))
        return true;
    if (!lines[1])
        return false;
    g_autofree char *wrapped = g_strjoin(" ", lines[0], lines[1], NULL);
    return is_intro(wrapped);
}

static char *without_quotes(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GString) own = g_string_new(NULL);
    for (char **line = lines; *line && !ends_own_words(line); line++)
        if (**line != '>')
            g_string_append_printf(own, "%s\n", *line);
    return g_string_free(g_steal_pointer(&own), FALSE);
}

/* Valid, without control characters and the invisible ones of Unicode that hide words. */
static char *cleaned(const char *text)
{
    g_autofree char *cut = g_strndup(text ? text : "", (gsize)8 * REPLY_BYTES_MAX);
    g_autofree char *valid = g_utf8_make_valid(cut, -1);
    g_autoptr(GString) out = g_string_new(NULL);
    for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        GUnicodeType type = g_unichar_type(c);
        if (c == '\n' || (type != G_UNICODE_CONTROL && type != G_UNICODE_FORMAT))
            g_string_append_unichar(out, c);
        else if (c == '\t')
            g_string_append_c(out, ' ');
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

const char *reply_own_words(const char *channel, const char *text, Arena *arena)
{
    g_autofree char *clean = cleaned(text);
    bool mail = g_strcmp0(channel, "email") == 0;
    g_autofree char *own = mail ? without_quotes(clean) : g_strdup(clean);
    g_strstrip(own);
    size_t n = strlen(own);
    if (n > REPLY_BYTES_MAX)
        n = (size_t)(g_utf8_find_prev_char(own, own + REPLY_BYTES_MAX + 1) - own);
    return arena_strndup(arena, own, n);
}

/* ---- the form in which phrases are looked for ------------------------------------------------ */

/* One form for each negation, so that a phrase need be written once. */
static const struct {
    const char *from, *to;
} contractions[] = {
    {" do not ", " dont "},        {" does not ", " doesnt "}, {" did not ", " didnt "},
    {" can not ", " cant "},       {" cannot ", " cant "},     {" could not ", " couldnt "},
    {" will not ", " wont "},      {" is not ", " isnt "},     {" are not ", " arent "},
    {" was not ", " wasnt "},      {" have not ", " havent "}, {" has not ", " hasnt "},
    {" would not ", " wouldnt "},  {" e mail ", " email "},    {" e mails ", " emails "},
    {" e mailing ", " emailing "},
};

static bool is_apostrophe(gunichar c)
{
    return c == '\'' || c == 0x2019 || c == 0x2018 || c == 0x02bc || c == '`' || c == 0xb4;
}

static void contract(GString *text)
{
    for (size_t i = 0; i < G_N_ELEMENTS(contractions); i++)
        g_string_replace(text, contractions[i].from, contractions[i].to, 0);
}

const char *reply_plain(const char *text, Arena *arena)
{
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
    g_autofree char *apart = g_utf8_normalize(valid, -1, G_NORMALIZE_ALL);
    g_autoptr(GString) out = g_string_new(" ");
    for (const char *p = apart ? apart : ""; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (g_unichar_ismark(c) || is_apostrophe(c) || g_unichar_type(c) == G_UNICODE_FORMAT)
            continue;
        if (g_unichar_isalnum(c))
            g_string_append_unichar(out, g_unichar_tolower(c));
        else if (out->str[out->len - 1] != ' ')
            g_string_append_c(out, ' ');
    }
    if (out->str[out->len - 1] != ' ')
        g_string_append_c(out, ' ');
    contract(out);
    return arena_strdup(arena, out->str);
}

const char *reply_needle(const char *phrase, Arena *arena)
{
    g_autofree char *own = g_strstrip(g_strdup(phrase));
    bool begins = g_str_has_suffix(own, "*");
    g_strdelimit(own, "*", ' ');
    const char *text = reply_plain(own, arena);
    if (strcmp(text, " ") == 0)
        return NULL;
    return begins ? arena_strndup(arena, text, strlen(text) - 1) : text;
}
