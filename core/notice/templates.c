#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "notice/folder.h"

enum { FILE_LARGEST_BYTES = 64 * 1024, NAME_LONGEST = 64 };

const char *const file_names[N_FILES] = {
    [FILE_SUBJECT] = "subject.txt",     [FILE_BODY] = "body.txt",
    [FILE_HTML] = "body.html",          [FILE_SMS] = "sms.txt",
    [FILE_VOICE] = "voice.txt",         [FILE_SSML] = "voice.ssml",
    [FILE_VOICEMAIL] = "voicemail.txt", [FILE_LETTER] = "letter.txt",
};
const EscapeMode file_escapes[N_FILES] = {
    [FILE_HTML] = ESCAPE_HTML, [FILE_SSML] = ESCAPE_HTML, [FILE_LETTER] = ESCAPE_LETTER};

/* A message for a voicemail box reveals no debt (12 CFR 1006.2(j)): it reads nothing that could. */
static const char *const voicemail_names[] = {"organisation.name",    "organisation.phone",
                                              "organisation.contact", "notice.date",
                                              "language.tag",         NULL};
static const char parts_folder[] = "parts";

struct Templates {
    Arena *arena;
    GHashTable *folders;  /* "friendly@firm.de" -> Folder */
    GHashTable *parts;    /* "parts.de/ways.txt" -> Template */
    GHashTable *versions; /* "friendly" -> Version */
    GPtrArray *names;     /* keys of versions, sorted, NULL-ended */
};

/* One loading: what is only needed until it ends. */
typedef struct {
    Templates *templates;
    const char *dir;
    const char *const *names; /* that templates may read */
    Diags *diags;
    GPtrArray *contents; /* of Content, in order of path */
} Loading;

/* What a version is made of. */
typedef struct {
    const char *path; /* "friendly.de/body.txt" */
    const char *base; /* "friendly" */
    const char *text; /* as in the file */
} Content;

typedef struct {
    const char *source; /* canonical JSON: path -> text */
    const char *hash;   /* of the source, hex */
} Version;

static Templates *templates_new(void)
{
    Templates *templates = g_new0(Templates, 1);
    templates->arena = arena_new();
    templates->folders = g_hash_table_new(g_str_hash, g_str_equal);
    templates->parts = g_hash_table_new(g_str_hash, g_str_equal);
    templates->versions = g_hash_table_new(g_str_hash, g_str_equal);
    templates->names = g_ptr_array_new();
    return templates;
}

void templates_free(Templates *templates)
{
    if (templates == NULL)
        return;
    g_hash_table_unref(templates->folders);
    g_hash_table_unref(templates->parts);
    g_hash_table_unref(templates->versions);
    g_ptr_array_unref(templates->names);
    arena_free(templates->arena);
    g_free(templates);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Entries of a folder in order, without hidden ones. NULL: it cannot be read. */
static GPtrArray *list_entries(const char *path, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, error);
    if (dir == NULL)
        return NULL;
    GPtrArray *entries = g_ptr_array_new_with_free_func(g_free);
    const char *entry = NULL;
    while ((entry = g_dir_read_name(dir)) != NULL) {
        if (entry[0] != '.')
            g_ptr_array_add(entries, g_strdup(entry));
    }
    g_ptr_array_sort(entries, compare_names);
    return entries;
}

/* NULL and a finding: not readable, too large, not UTF-8. */
static char *read_file(const char *path, Diags *diags)
{
    g_autofree char *text = NULL;
    gsize n = 0;
    g_autoptr(GError) error = NULL;
    DiagPlace place = {path, 0, 0};
    if (!g_file_get_contents(path, &text, &n, &error))
        diags_add(diags, "C307", place, "the template cannot be read: %s", error->message);
    else if (n > FILE_LARGEST_BYTES)
        diags_add(diags, "C307", place, "the template has %zu bytes; at most %d are taken", n,
                  FILE_LARGEST_BYTES);
    else if (!text_is_clean(text, n))
        diags_add(diags, "C307", place, "the template is not UTF-8 text; save it as UTF-8");
    else
        return g_steal_pointer(&text);
    return NULL;
}

static void keep_content(Loading *l, const char *base, const char *path, const char *text)
{
    Content *content = arena_new0(l->templates->arena, Content, 1);
    *content = (Content){arena_strdup(l->templates->arena, path), base,
                         arena_strdup(l->templates->arena, text)};
    g_ptr_array_add(l->contents, content);
}

/* file: "friendly.de/body.txt". NULL and findings. */
static const Template *load_file(Loading *l, const char *base, const char *file,
                                 const char *const *names)
{
    g_autofree char *path = g_build_filename(l->dir, file, NULL);
    g_autofree char *text = read_file(path, l->diags);
    if (text == NULL)
        return NULL;
    keep_content(l, base, file, text);
    if (g_str_has_suffix(file, "/subject.txt")) {
        g_strchomp(text);
        const char *second = strpbrk(text, "\r\n");
        if (second != NULL)
            diags_add(l->diags, "C311", (DiagPlace){path, 2, 1},
                      "a subject is one line; remove what follows the first");
    }
    return template_compile(text, path, names, l->templates->arena, l->diags);
}

static void warn_unused(Loading *l, const char *entry, const char *why)
{
    g_autofree char *path = g_build_filename(l->dir, entry, NULL);
    diags_add(l->diags, "C310", (DiagPlace){path, 0, 0}, "%s", why);
}

static void load_parts(Loading *l, const char *folder, const GPtrArray *entries)
{
    for (guint i = 0; i < entries->len; i++) {
        const char *entry = entries->pdata[i];
        const char *file = arena_printf(l->templates->arena, "%s/%s", folder, entry);
        if (!g_str_has_suffix(entry, ".txt") && !g_str_has_suffix(entry, ".html") &&
            !g_str_has_suffix(entry, ".letter")) {
            warn_unused(l, file, "not used: a part is a file NAME.txt, NAME.html or NAME.letter");
            continue;
        }
        const Template *part = load_file(l, parts_folder, file, l->names);
        if (part == NULL) /* was said; that it is missing where it is used would be said in vain */
            part = template_compile("", file, NULL, l->templates->arena, l->diags);
        g_hash_table_insert(l->templates->parts, (gpointer)file, (gpointer)part);
    }
}

static int file_kind(const char *entry)
{
    for (int kind = 0; kind < N_FILES; kind++) {
        if (strcmp(entry, file_names[kind]) == 0)
            return kind;
    }
    return -1;
}

static void load_template(Loading *l, const char *folder_name, const Folder *as,
                          const GPtrArray *entries)
{
    bool seen[N_FILES] = {false};
    Folder *folder = arena_dup(l->templates->arena, as, sizeof *as);
    for (guint i = 0; i < entries->len; i++) {
        g_autofree char *file = g_build_filename(folder_name, entries->pdata[i], NULL);
        int kind = file_kind(entries->pdata[i]);
        if (kind < 0) {
            warn_unused(l, file,
                        "not used: a template is made of subject.txt, body.txt, body.html, "
                        "sms.txt, voice.txt, voice.ssml, voicemail.txt, letter.txt");
            continue;
        }
        seen[kind] = true;
        folder->files[kind] =
            load_file(l, as->name, file, kind == FILE_VOICEMAIL ? voicemail_names : l->names);
    }
    for (FileKind kind = FILE_SUBJECT; kind <= FILE_BODY; kind++) {
        g_autofree char *path = g_build_filename(l->dir, folder_name, NULL);
        if (!seen[kind] && as->variant[0] == '\0')
            diags_add(l->diags, "C306", (DiagPlace){path, 0, 0}, "the template lacks %s; add it",
                      file_names[kind]);
    }
    g_hash_table_insert(l->templates->folders, (gpointer)folder_name, folder);
}

/* "de", "pt-BR" */
static bool is_language(const char *text)
{
    size_t letters = strspn(text, "abcdefghijklmnopqrstuvwxyz");
    const char *region = text + letters;
    if (letters < 2 || letters > 3)
        return false;
    return *region == '\0' ||
           (*region == '-' && strlen(region) >= 3 && text_is_name(region + 1, 8));
}

/* "friendly@firm.de": name, variant and language. False: it is no such name. */
static bool split_name(Arena *arena, const char *folder, Folder *ret)
{
    const char *dot = strchr(folder, '.'), *end = dot != NULL ? dot : folder + strlen(folder);
    const char *at = memchr(folder, '@', (size_t)(end - folder));
    const char *name_end = at != NULL ? at : end;
    *ret =
        (Folder){.name = arena_strndup(arena, folder, (size_t)(name_end - folder)),
                 .variant = at != NULL ? arena_strndup(arena, at + 1, (size_t)(end - at - 1)) : "",
                 .language = dot != NULL ? dot + 1 : ""};
    return text_is_name(ret->name, NAME_LONGEST) &&
           (at == NULL || text_is_name(ret->variant, NAME_LONGEST)) &&
           (dot == NULL || is_language(ret->language));
}

static void load_folder(Loading *l, const char *entry)
{
    const char *folder = arena_strdup(l->templates->arena, entry);
    Folder as;
    if (!split_name(l->templates->arena, folder, &as)) {
        warn_unused(
            l, entry,
            "not used: a folder is called NAME, NAME.LANGUAGE or NAME@VARIANT, such as friendly, "
            "friendly.de or friendly@firm");
        return;
    }
    g_autofree char *path = g_build_filename(l->dir, entry, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) entries = list_entries(path, &error);
    if (entries == NULL)
        diags_add(l->diags, "C307", (DiagPlace){path, 0, 0}, "the folder cannot be read: %s",
                  error->message);
    else if (strcmp(as.name, parts_folder) == 0)
        load_parts(l, folder, entries);
    else
        load_template(l, folder, &as, entries);
}

PartsOf parts_of(const Templates *templates, const char *language, FileKind file)
{
    const char *ending = strrchr(file_names[file], '.');
    return (PartsOf){templates, language,
                     file == FILE_LETTER ? ".letter"
                     : file == FILE_SSML ? ".html"
                                         : ending};
}

/* Text of a file of the folder with long values; NULL: it cannot be rendered. */
static char *tried(const Templates *templates, const Folder *folder, FileKind file)
{
    enum { LONGEST_BYTES = 256 * 1024 };
    const PartsOf parts = parts_of(templates, folder->language, file);
    g_autoptr(json_t) context = worst_context(file == FILE_SMS      ? "sms"
                                              : file == FILE_LETTER ? "letter"
                                                                    : "email");
    return template_render(folder->files[file], context, file_escapes[file], templates_part, &parts,
                           LONGEST_BYTES, NULL);
}

/* How a customer refuses more of these messages (12 CFR 1006.6(e)): words that are understood when they come back, or a link.
 * The files are checked as they go out, the parts in them too. */
static const struct {
    FileKind file;
    const char *code, *says;
    const char *words[5];
} opt_outs[] = {
    {FILE_SMS,
     "C313",
     "the text message does not say how to opt out; add 'Reply STOP to end texts'",
     {"STOP", NULL}},
    {FILE_BODY,
     "C317",
     "as an e-mail the text does not say how to opt out; add 'If you do not want to receive emails "
     "about this account, reply to this one with the word STOP', or a link to unsubscribe",
     {"STOP", "OPT OUT", "UNSUBSCRIBE", "unsubscribe", NULL}},
    {FILE_HTML,
     "C317",
     "the e-mail does not say how to opt out; add 'If you do not want to receive emails about this "
     "account, reply to this one with the word STOP', or a link to unsubscribe",
     {"STOP", "OPT OUT", "UNSUBSCRIBE", "unsubscribe", NULL}},
};

static void check_opt_out(Loading *l, const Folder *folder, FileKind file, DiagPlace place)
{
    for (size_t i = 0; i < G_N_ELEMENTS(opt_outs); i++) {
        if (opt_outs[i].file != file)
            continue;
        g_autofree char *text = tried(l->templates, folder, file);
        bool says = text == NULL; /* what cannot be rendered is named elsewhere */
        for (const char *const *word = opt_outs[i].words; !says && *word != NULL; word++)
            says = strstr(text, *word) != NULL;
        if (!says)
            diags_add(l->diags, opt_outs[i].code, place, "%s", opt_outs[i].says);
    }
}

/* Whether it can be drawn is known only with the values; what can be wrong in the template is found here. */
static void check_letter(Loading *l, const Folder *folder, DiagPlace place)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *text = tried(l->templates, folder, FILE_LETTER);
    const Block *blocks = NULL;
    size_t n = 0;
    if (text != NULL && !document_read_text(text, arena, &blocks, &n, &error))
        diags_add(l->diags, "C316", place, "with sample values, %s", error->message);
}

static const Template *no_part(const void *data, const char *name)
{
    (void)data;
    (void)name;
    return NULL;
}

static void check_file(Loading *l, const char *folder_name, const Folder *folder, FileKind kind)
{
    const PartsOf parts = parts_of(l->templates, folder->language, kind);
    g_autofree char *path = g_build_filename(l->dir, folder_name, file_names[kind], NULL);
    DiagPlace place = {path, 0, 0};
    if (!template_check_partials(folder->files[kind],
                                 kind == FILE_VOICEMAIL ? no_part : templates_part, &parts,
                                 l->diags))
        return;
    check_opt_out(l, folder, kind, place);
    if (kind == FILE_LETTER)
        check_letter(l, folder, place);
}

static void check_folder(Loading *l, const char *folder_name, const Folder *folder)
{
    bool plain = folder->language[0] == '\0' && folder->variant[0] == '\0';
    if (!plain && !g_hash_table_contains(l->templates->folders, folder->name)) {
        g_autofree char *path = g_build_filename(l->dir, folder_name, NULL);
        diags_add(l->diags, "C306", (DiagPlace){path, 0, 0},
                  "there is no folder '%s' that other languages and variants fall back to; add it",
                  folder->name);
    }
    for (FileKind kind = 0; kind < N_FILES; kind++) {
        if (folder->files[kind] != NULL)
            check_file(l, folder_name, folder, kind);
    }
}

static void check_parts(Loading *l)
{
    GHashTableIter iterator;
    gpointer file = NULL, part = NULL;
    g_hash_table_iter_init(&iterator, l->templates->parts);
    while (g_hash_table_iter_next(&iterator, &file, &part)) {
        const char *dot = strchr(file, '.'), *slash = strchr(file, '/');
        g_autofree char *language =
            dot < slash ? g_strndup(dot + 1, (gsize)(slash - dot - 1)) : g_strdup("");
        const PartsOf parts = {l->templates, language, strrchr(file, '.')};
        template_check_partials(part, templates_part, &parts, l->diags);
    }
}

/* The version of a template: its files in all languages, and the parts. */
static const Version *version_of(Loading *l, const char *base)
{
    Arena *arena = l->templates->arena;
    g_autoptr(json_t) files = json_object();
    for (guint i = 0; i < l->contents->len; i++) {
        const Content *content = l->contents->pdata[i];
        if (strcmp(content->base, base) == 0 || strcmp(content->base, parts_folder) == 0)
            json_object_set_new(files, content->path, json_string(content->text));
    }
    g_autofree char *source = json_canonical(files);
    char hex[HASH_HEX];
    Hash hash = hash_of(source, strlen(source));
    Version *version = arena_new0(arena, Version, 1);
    *version = (Version){arena_strdup(arena, source), arena_strdup(arena, hash_hex(&hash, hex))};
    return version;
}

static void finish(Loading *l)
{
    Templates *templates = l->templates;
    GHashTableIter iterator;
    gpointer name = NULL, value = NULL;
    g_hash_table_iter_init(&iterator, templates->folders);
    while (g_hash_table_iter_next(&iterator, &name, &value)) {
        const Folder *folder = value;
        check_folder(l, name, folder);
        if (folder->language[0] != '\0' || folder->variant[0] != '\0')
            continue;
        g_hash_table_insert(templates->versions, name, (gpointer)version_of(l, name));
        g_ptr_array_add(templates->names, name);
    }
    check_parts(l);
    g_ptr_array_sort(templates->names, compare_names);
    g_ptr_array_add(templates->names, NULL);
}

/* The catalogue of names as the list that strict templates are compiled against. */
static const char *const *readable_names(Arena *arena)
{
    size_t n = 0;
    const TemplateName *rows = template_names(&n);
    const char **names = arena_new0(arena, const char *, n + 1);
    for (size_t i = 0; i < n; i++)
        names[i] = rows[i].name;
    return names;
}

Templates *templates_load(const char *dir, Diags *diags)
{
    g_autoptr(Templates) templates = templates_new();
    g_autoptr(GPtrArray) contents = g_ptr_array_new();
    Loading l = {templates, dir, readable_names(templates->arena), diags, contents};
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) entries = list_entries(dir, &error);
    size_t before = diags_count(diags, DIAG_ERROR);
    if (entries == NULL && !g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        diags_add(diags, "C307", (DiagPlace){dir, 0, 0},
                  "the folder of templates cannot be read: %s", error->message);
    for (guint i = 0; entries != NULL && i < entries->len; i++) {
        g_autofree char *path = g_build_filename(dir, entries->pdata[i], NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            load_folder(&l, entries->pdata[i]);
        else if (!g_str_has_prefix(entries->pdata[i], "README"))
            warn_unused(&l, entries->pdata[i], "not used: a template is a folder");
    }
    finish(&l);
    return diags_count(diags, DIAG_ERROR) > before ? NULL : g_steal_pointer(&templates);
}

bool templates_has(const Templates *templates, const char *name)
{
    return g_hash_table_contains(templates->versions, name);
}

const char *templates_hash(const Templates *templates, const char *name)
{
    const Version *version = g_hash_table_lookup(templates->versions, name);
    return version ? version->hash : NULL;
}

const char *templates_source(const Templates *templates, const char *name)
{
    const Version *version = g_hash_table_lookup(templates->versions, name);
    return version ? version->source : NULL;
}

const char *const *templates_names(const Templates *templates)
{
    return (const char *const *)templates->names->pdata;
}

/* "pt-BR" -> "pt" -> "" -> false */
static bool widen(char *language)
{
    if (language[0] == '\0')
        return false;
    char *region = strrchr(language, '-');
    *(region != NULL ? region : language) = '\0';
    return true;
}

static const Folder *folder_with(const Templates *templates, const char *name, const char *variant,
                                 const char *language, FileKind file)
{
    g_autofree char *key =
        g_strconcat(name, variant != NULL ? "@" : "", variant != NULL ? variant : "",
                    language[0] != '\0' ? "." : "", language, NULL);
    const Folder *folder = g_hash_table_lookup(templates->folders, key);
    return folder != NULL && folder->files[file] != NULL ? folder : NULL;
}

const Folder *templates_find(const Templates *templates, const char *name, const char *language,
                             const char *const *variants, FileKind file)
{
    g_autofree char *wish = g_strdup(language != NULL ? language : "");
    do {
        const Folder *folder = NULL;
        for (const char *const *v = variants; v != NULL && folder == NULL && *v != NULL; v++)
            folder = folder_with(templates, name, *v, wish, file);
        if (folder == NULL)
            folder = folder_with(templates, name, NULL, wish, file);
        if (folder != NULL)
            return folder;
    } while (widen(wish));
    return NULL;
}

typedef struct {
    const Templates *templates;
    int64_t segments;
    Diags *diags;
} SmsCheck;

static void check_segments(const Folder *folder, void *data)
{
    const SmsCheck *check = data;
    if (folder->files[FILE_SMS] == NULL)
        return;
    g_autofree char *text = tried(check->templates, folder, FILE_SMS);
    SmsSize size = sms_size(text != NULL ? g_strchomp(text) : "");
    g_autofree char *file =
        g_strdup_printf("%s%s%s%s%s/sms.txt", folder->name, folder->variant[0] != '\0' ? "@" : "",
                        folder->variant, folder->language[0] != '\0' ? "." : "", folder->language);
    if (size.segments > check->segments)
        diags_add(check->diags, "C315", (DiagPlace){file, 0, 0},
                  "with long values the text message has %" G_GINT64_FORMAT
                  " segments (%s), more than %" G_GINT64_FORMAT "; shorten it%s",
                  size.segments, size.ucs2 ? "UCS-2" : "GSM-7", check->segments,
                  size.ucs2 ? ", or write it without the characters that GSM 03.38 lacks" : "");
}

void templates_foreach(const Templates *templates, void (*visit)(const Folder *folder, void *data),
                       void *data)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    GHashTableIter iterator;
    gpointer key = NULL;
    g_hash_table_iter_init(&iterator, templates->folders);
    while (g_hash_table_iter_next(&iterator, &key, NULL))
        g_ptr_array_add(keys, key);
    g_ptr_array_sort(keys, compare_names);
    for (guint i = 0; i < keys->len; i++)
        visit(g_hash_table_lookup(templates->folders, keys->pdata[i]), data);
}

typedef struct {
    TemplateVisitor visitor;
    void *data;
} Visit;

static void visit_folder(const Folder *folder, void *data)
{
    const Visit *visit = data;
    g_autoptr(GString) files = g_string_new(NULL);
    for (FileKind kind = 0; kind < N_FILES; kind++) {
        if (folder->files[kind] != NULL)
            g_string_append_printf(files, "%s%s", files->len > 0 ? ", " : "", file_names[kind]);
    }
    visit->visitor(visit->data, folder->name, folder->variant, folder->language, files->str);
}

void templates_visit(const Templates *templates, TemplateVisitor visitor, void *data)
{
    Visit visit = {visitor, data};
    templates_foreach(templates, visit_folder, &visit);
}

void templates_check_sms(const Templates *templates, int64_t segments, Diags *diags)
{
    SmsCheck check = {templates, segments, diags};
    if (segments > 0)
        templates_foreach(templates, check_segments, &check);
}

const Template *templates_part(const void *parts_of, const char *name)
{
    const PartsOf *of = parts_of;
    g_autofree char *wish = g_strdup(of->language);
    do {
        g_autofree char *key = g_strconcat(parts_folder, wish[0] != '\0' ? "." : "", wish, "/",
                                           name, of->ending, NULL);
        const Template *part = g_hash_table_lookup(of->templates->parts, key);
        if (part != NULL)
            return part;
    } while (widen(wish));
    return NULL;
}
