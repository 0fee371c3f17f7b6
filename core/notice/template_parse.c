/* Reads a mustache template into parts, in one pass over the source. A tag that stands alone on its
 * line (sections, comments, partials, delimiters) takes the whole line with it, as the
 * specification says; texts are cut at line ends so that partials can be indented when they are
 * written. */
#include <string.h>

#include "notice/template_tree.h"

enum { SECTIONS_DEEPEST = 32, DELIMITER_LONGEST = 16, NAME_LONGEST = 200 };

typedef struct {
    char text[DELIMITER_LONGEST + 1];
    size_t n;
} Delimiter;

/* A section that is being read. */
typedef struct {
    Part *section;
    Part **tail;      /* where the part after the section goes */
    const char *name; /* under what the names inside are looked for; NULL: inverted, or unknown */
    bool unknown;     /* a finding already; what is inside cannot be judged */
    DiagPlace place;
} Open;

typedef struct {
    const char *source, *end, *at;
    const char *file;
    const char *const *names;
    Arena *arena;
    Diags *diags;
    Delimiter open, close;
    Part **tail;
    bool line_begins; /* no part of this line was added yet */
    Open opens[SECTIONS_DEEPEST];
    int depth;
    const char *counted; /* place_of goes on from here */
    int line, column;
    bool failed;
} Reader;

/* A tag: from its first delimiter to behind its last. */
typedef struct {
    const char *start, *end;
    char sigil;          /* # ^ / ! > = & { or 0 for a plain value */
    const char *content; /* what is inside, without sigil and blanks around it */
    size_t n;
    DiagPlace place;
} Tag;

/* Positions are asked for in ascending order. */
static DiagPlace place_of(Reader *r, const char *position)
{
    for (; r->counted < position; r->counted++) {
        if (*r->counted == '\n') {
            r->line++;
            r->column = 1;
        } else if ((*r->counted & 0xc0) != 0x80)
            r->column++;
    }
    return (DiagPlace){r->file, r->line, r->column};
}

static void add_part(Reader *r, Part part)
{
    Part *copy = arena_dup(r->arena, &part, sizeof part);
    copy->begins_line = r->line_begins;
    r->line_begins = false;
    *r->tail = copy;
    r->tail = &copy->next;
}

static void add_text(Reader *r, const char *from, const char *to)
{
    while (from < to) {
        const char *newline = memchr(from, '\n', (size_t)(to - from));
        const char *end = newline != NULL ? newline + 1 : to;
        size_t n = (size_t)(end - from);
        add_part(r, (Part){.kind = PART_TEXT, .text = arena_dup(r->arena, from, n), .n = n});
        r->line_begins = newline != NULL;
        from = end;
    }
}

static const char *find(const char *from, const char *end, const char *what, size_t n)
{
    return memmem(from, (size_t)(end - from), what, n);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void trim(const char **from, const char **to)
{
    while (*from < *to && is_blank(**from))
        (*from)++;
    while (*from < *to && is_blank((*to)[-1]))
        (*to)--;
}

/* start stands on an opening delimiter. False: the tag has no end. */
static bool read_tag(Reader *r, const char *start, Tag *ret)
{
    const char *inside = start + r->open.n;
    *ret = (Tag){.start = start, .place = place_of(r, start)};
    if (inside < r->end && strchr("#^/!>=&{", *inside) != NULL)
        ret->sigil = *inside++;
    char closing[DELIMITER_LONGEST + 2] = {0};
    if (ret->sigil == '=' || ret->sigil == '{')
        closing[0] = ret->sigil == '{' ? '}' : '=';
    g_strlcat(closing, r->close.text, sizeof closing);
    const char *last = find(inside, r->end, closing, strlen(closing));
    if (last == NULL)
        return false;
    ret->end = last + strlen(closing);
    trim(&inside, &last);
    ret->content = inside;
    ret->n = (size_t)(last - inside);
    return true;
}

static bool takes_line(char sigil)
{
    return sigil != '\0' && strchr("#^/!>=", sigil) != NULL;
}

/* Whether nothing but blanks is on the lines of the tag; then what of the source they take. */
static bool stands_alone(const Reader *r, const Tag *tag, const char **ret_from,
                         const char **ret_to)
{
    const char *from = tag->start, *to = tag->end;
    if (!takes_line(tag->sigil))
        return false;
    while (from > r->source && (from[-1] == ' ' || from[-1] == '\t'))
        from--;
    if (from > r->source && from[-1] != '\n')
        return false;
    while (to < r->end && (*to == ' ' || *to == '\t'))
        to++;
    if (to < r->end && *to == '\r')
        to++;
    if (to < r->end && *to != '\n')
        return false;
    if (to == r->end && to[-1] == '\r')
        return false;
    *ret_from = from;
    *ret_to = to < r->end ? to + 1 : to;
    return true;
}

static const char *const *split_path(Arena *arena, const char *name)
{
    if (strcmp(name, ".") == 0)
        return arena_new0(arena, const char *, 1);
    g_auto(GStrv) pieces = g_strsplit(name, ".", -1);
    guint n = g_strv_length(pieces);
    const char **path = arena_new0(arena, const char *, n + 1);
    for (guint i = 0; i < n; i++)
        path[i] = arena_strdup(arena, pieces[i]);
    return path;
}

static bool is_well_named(const Tag *tag, const char *name)
{
    if (tag->n == 0 || tag->n > NAME_LONGEST || strpbrk(name, " \t\r\n") != NULL)
        return false;
    if (tag->sigil == '>' || strcmp(name, ".") == 0)
        return true;
    return name[0] != '.' && !g_str_has_suffix(name, ".") && strstr(name, "..") == NULL;
}

static bool lists(const char *const *names, const char *name)
{
    for (; *names != NULL; names++) {
        if (strcmp(*names, name) == 0)
            return true;
    }
    return false;
}

static bool lists_below(const char *const *names, const char *name)
{
    size_t n = strlen(name);
    for (; *names != NULL; names++) {
        if (strncmp(*names, name, n) == 0 && (*names)[n] == '.')
            return true;
    }
    return false;
}

/* The full name that is meant: below the innermost section that has it, or of the whole. NULL:
 * nothing is. */
static const char *resolve(const Reader *r, const char *name)
{
    for (int i = r->depth - 1; i >= 0; i--) {
        const char *section = r->opens[i].name;
        if (section == NULL)
            continue;
        if (strcmp(name, ".") == 0)
            return section;
        const char *full = arena_printf(r->arena, "%s.%s", section, name);
        if (lists(r->names, full) || lists_below(r->names, full))
            return full;
    }
    return lists(r->names, name) || lists_below(r->names, name) ? name : NULL;
}

/* Near words, seen from where the tag stands. */
static const char *nearest_name(const Reader *r, const char *name)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    for (const char *const *known = r->names; *known != NULL; known++) {
        for (int i = 0; i < r->depth; i++) {
            const char *section = r->opens[i].name;
            if (section != NULL && g_str_has_prefix(*known, section) &&
                (*known)[strlen(section)] == '.')
                g_ptr_array_add(words, (char *)*known + strlen(section) + 1);
        }
        g_ptr_array_add(words, (char *)*known);
    }
    g_ptr_array_add(words, NULL);
    return diag_nearest(name, (const char *const *)words->pdata);
}

G_GNUC_PRINTF(4, 5)
static void fail(Reader *r, const char *code, DiagPlace place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    diags_add(r->diags, code, place, "%s", message);
    r->failed = true;
}

/* Strict mode: the name has to be known, and only a single value can be written out. */
static const char *check_name(Reader *r, const Tag *tag, const char *name)
{
    if (r->names == NULL || (r->depth > 0 && r->opens[r->depth - 1].unknown))
        return NULL;
    const char *full = resolve(r, name);
    if (full == NULL) {
        const char *near = nearest_name(r, name);
        fail(r, "C301", tag->place, "unknown name '%s'%s%s%s", name, near ? ", did you mean '" : "",
             near ? near : "",
             near ? "'?" : "; the catalogue of template names lists what a template may read");
        return NULL;
    }
    bool writes = tag->sigil == '\0' || tag->sigil == '&' || tag->sigil == '{';
    if (writes && strcmp(name, ".") != 0 && lists_below(r->names, full))
        fail(r, "C305", tag->place,
             "'%s' is a list or a group, not a single value; open it with {{#%s}}", name, name);
    return full;
}

static void open_section(Reader *r, const Tag *tag, const char *name)
{
    if (r->depth == SECTIONS_DEEPEST) {
        fail(r, "C312", tag->place, "section '%s' is nested deeper than %d", name,
             SECTIONS_DEEPEST);
        r->at = r->end;
        return;
    }
    const char *full = check_name(r, tag, name);
    bool inverted = tag->sigil == '^';
    Part section = {.kind = inverted ? PART_INVERTED : PART_SECTION,
                    .text = name,
                    .path = split_path(r->arena, name)};
    Part **place = r->tail;
    add_part(r, section);
    r->opens[r->depth++] = (Open){.section = *place,
                                  .tail = r->tail,
                                  .name = inverted ? NULL : full,
                                  .unknown = r->names != NULL && full == NULL,
                                  .place = tag->place};
    r->tail = &(*place)->first;
}

static void close_section(Reader *r, const Tag *tag, const char *name)
{
    if (r->depth == 0) {
        fail(r, "C303", tag->place, "section '%s' is closed, but none is open", name);
        return;
    }
    const Open *open = &r->opens[r->depth - 1];
    if (strcmp(open->section->text, name) != 0)
        fail(r, "C303", tag->place, "section '%s' is closed, but '%s' of line %d is open", name,
             open->section->text, open->place.line);
    r->tail = open->tail;
    r->depth--;
}

static bool set_delimiter(Delimiter *delimiter, const char *text)
{
    delimiter->n = strlen(text);
    if (delimiter->n == 0 || delimiter->n > DELIMITER_LONGEST || strpbrk(text, "= \t\r\n") != NULL)
        return false;
    g_strlcpy(delimiter->text, text, sizeof delimiter->text);
    return true;
}

/* "<% %>" */
static void change_delimiters(Reader *r, const Tag *tag, char *content)
{
    char *blank = strpbrk(content, " \t\r\n");
    Delimiter open = {0}, close = {0};
    bool taken = blank != NULL;
    if (taken) {
        *blank = '\0';
        taken = set_delimiter(&open, content) && set_delimiter(&close, g_strchug(blank + 1));
    }
    if (!taken) {
        fail(r, "C309", tag->place, "delimiters are two words without '=', as in {{=<%% %%>=}}");
        return;
    }
    r->open = open;
    r->close = close;
}

static void add_partial(Reader *r, const Tag *tag, const char *name, const char *indent_from)
{
    const char *indent = NULL;
    if (indent_from != NULL)
        indent = arena_strndup(r->arena, indent_from, (size_t)(tag->start - indent_from));
    add_part(r, (Part){.kind = PART_PARTIAL, .text = name, .indent = indent, .place = tag->place});
}

/* alone_from: where the line of a tag that stands alone begins, else NULL. */
static void take_tag(Reader *r, const Tag *tag, const char *alone_from)
{
    char *name = arena_strndup(r->arena, tag->content, tag->n);
    if (tag->sigil == '!')
        return;
    if (tag->sigil == '=') {
        change_delimiters(r, tag, name);
        return;
    }
    if (!is_well_named(tag, name)) {
        fail(r, "C305", tag->place, "'%s' is not a name; write one word, or words joined by '.'",
             name);
        return;
    }
    if (tag->sigil == '#' || tag->sigil == '^')
        open_section(r, tag, name);
    else if (tag->sigil == '/')
        close_section(r, tag, name);
    else if (tag->sigil == '>')
        add_partial(r, tag, name, alone_from);
    else {
        check_name(r, tag, name);
        add_part(r, (Part){.kind = PART_VALUE,
                           .raw = tag->sigil != '\0',
                           .text = name,
                           .path = split_path(r->arena, name)});
    }
}

static void read_all(Reader *r)
{
    while (r->at < r->end) {
        const char *start = find(r->at, r->end, r->open.text, r->open.n);
        Tag tag;
        if (start == NULL) {
            add_text(r, r->at, r->end);
            return;
        }
        if (!read_tag(r, start, &tag)) {
            fail(r, "C304", tag.place, "the tag that begins here has no end; close it with %s%s",
                 tag.sigil == '{'   ? "}"
                 : tag.sigil == '=' ? "="
                                    : "",
                 r->close.text);
            return;
        }
        const char *line = NULL, *after = tag.end;
        bool alone = stands_alone(r, &tag, &line, &after);
        add_text(r, r->at, alone ? line : tag.start);
        r->at = after;
        if (alone)
            r->line_begins = false; /* its line is gone: nothing of it is written */
        take_tag(r, &tag, alone ? line : NULL);
        if (alone)
            r->line_begins = true;
    }
}

const Template *template_compile(const char *text, const char *file, const char *const *names,
                                 Arena *arena, Diags *diags)
{
    Template *template = arena_new0(arena, Template, 1);
    Reader r = {
        .source = text,
        .end = text + strlen(text),
        .at = text,
        .file = arena_strdup(arena, file),
        .names = names,
        .arena = arena,
        .diags = diags,
        .open = {"{{", 2},
        .close = {"}}", 2},
        .tail = &template->first,
        .line_begins = true,
        .counted = text,
        .line = 1,
        .column = 1,
    };
    read_all(&r);
    for (int i = 0; i < r.depth && !r.failed; i++)
        diags_add(diags, "C302", r.opens[i].place, "section '%s' is not closed; add {{/%s}}",
                  r.opens[i].section->text, r.opens[i].section->text);
    return r.failed || r.depth > 0 ? NULL : template;
}

static bool check_parts(const Part *part, TemplatePartial partial, const void *data, Diags *diags)
{
    bool known = true;
    for (; part != NULL; part = part->next) {
        if (part->kind == PART_PARTIAL && partial(data, part->text) == NULL) {
            diags_add(diags, "C308", part->place, "unknown partial '%s'", part->text);
            known = false;
        }
        known = check_parts(part->first, partial, data, diags) && known;
    }
    return known;
}

bool template_check_partials(const Template *t, TemplatePartial partial, const void *partial_data,
                             Diags *diags)
{
    return check_parts(t->first, partial, partial_data, diags);
}
