/* What Cairo 1.16 cannot say: the language of the document, and that its title is to be shown. Both belong into the
 * catalogue; a new version of it is appended with its own cross-reference section (ISO 32000-1, 7.5.6). */
#include <stdlib.h>
#include <string.h>

#include "sheet.h"

typedef struct {
    const char *text;
    size_t n;
} Piece;

static const char *find(Piece in, const char *what)
{
    return memmem(in.text, in.n, what, strlen(what));
}

static const char *find_last(Piece in, const char *what)
{
    size_t n = strlen(what);
    for (size_t at = in.n >= n ? in.n - n + 1 : 0; at-- > 0;) {
        if (memcmp(in.text + at, what, n) == 0)
            return in.text + at;
    }
    return NULL;
}

/* The number behind a word such as "/Root". */
static bool number_after(Piece in, const char *word, unsigned long *ret)
{
    const char *at = find_last(in, word);
    if (at == NULL)
        return false;
    *ret = strtoul(at + strlen(word), NULL, 10);
    return *ret > 0;
}

/* "12 0 obj\n<< … >>\nendobj": what is between the brackets. */
static bool read_catalogue(Piece pdf, unsigned long root, Piece *ret_inside)
{
    g_autofree char *head = g_strdup_printf("\n%lu 0 obj\n<<", root);
    const char *at = find_last(pdf, head);
    if (at == NULL)
        return false;
    at += strlen(head);
    const char *end = find((Piece){at, pdf.n - (size_t)(at - pdf.text)}, ">>\nendobj");
    if (end == NULL)
        return false;
    *ret_inside = (Piece){at, (size_t)(end - at)};
    return true;
}

static bool is_language_tag(const char *language)
{
    return language[0] != '\0' &&
           strspn(language, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") ==
               strlen(language);
}

GByteArray *letter_finish(const guint8 *bytes, gsize n, const char *language)
{
    Piece pdf = {(const char *)bytes, n}, inside;
    unsigned long root = 0, info = 0, size = 0, xref = 0;
    if (!number_after(pdf, "/Root ", &root) || !number_after(pdf, "/Info ", &info) ||
        !number_after(pdf, "/Size ", &size) || !number_after(pdf, "startxref\n", &xref) ||
        !read_catalogue(pdf, root, &inside))
        return NULL;
    g_autoptr(GString) update = g_string_new("\n");
    size_t at = n + update->len;
    g_string_append_printf(update, "%lu 0 obj\n<<", root);
    g_string_append_len(update, inside.text, (gssize)inside.n);
    if (is_language_tag(language))
        g_string_append_printf(update, "   /Lang (%s)\n", language);
    g_string_append(update, "   /ViewerPreferences << /DisplayDocTitle true >>\n>>\nendobj\n");
    size_t table = n + update->len;
    g_string_append_printf(update, "xref\n%lu 1\n%010zu 00000 n \n", root, at);
    g_string_append_printf(
        update, "trailer\n<< /Size %lu\n   /Root %lu 0 R\n   /Info %lu 0 R\n   /Prev %lu\n>>\n",
        size, root, info, xref);
    g_string_append_printf(update, "startxref\n%zu\n%%%%EOF\n", table);
    GByteArray *whole = g_byte_array_sized_new((guint)(n + update->len));
    g_byte_array_append(whole, bytes, (guint)n);
    g_byte_array_append(whole, (const guint8 *)update->str, (guint)update->len);
    return whole;
}
