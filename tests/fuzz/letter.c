/* Letters: the text that templates write, and the form that dunhub-letter is given. What parses is written and read again. */
#include <string.h>

#include "base/text.h"
#include "document/document.h"
#include "fuzz.h"

static void read_form(const uint8_t *bytes, size_t n)
{
    g_autoptr(Arena) arena = arena_new();
    const Document *document = document_parse_bytes((const char *)bytes, n, arena, NULL);
    if (!document)
        return;
    g_autoptr(json_t) once = document_json(document);
    const Document *again = document_parse(once, arena, NULL);
    g_assert_nonnull(again);
    g_autoptr(json_t) twice = document_json(again);
    g_assert_true(json_equal(once, twice));
}

/* The blocks of any text that is taken make a document that is taken. */
static void read_text(const char *text)
{
    g_autoptr(Arena) arena = arena_new();
    Document document = {.language = "en", .title = "t", .date = 20000};
    if (!document_read_text(text, arena, &document.blocks, &document.n_blocks, NULL))
        return;
    g_autoptr(json_t) json = document_json(&document);
    g_autoptr(GError) error = NULL;
    document_parse(json, arena, &error);
    g_assert_true(!error || strstr(error->message, "control character"));
}

void fuzz_letter(const uint8_t *bytes, size_t n)
{
    read_form(bytes, n);
    if (!text_is_clean((const char *)bytes, n))
        return;
    g_autofree char *text = g_strndup((const char *)bytes, n);
    g_autofree char *escaped = document_escape(text);
    read_text(text);
    g_assert_true(document_check_markup(escaped, NULL));
}
