#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "notice/folder.h"

enum { FILE_LARGEST_BYTES = 64 * 1024, NAME_LONGEST = 64, SMS_LONGEST_BYTES = 1600 };

static const char *const file_names[N_FILES] = {
    [FILE_SUBJECT] = "subject.txt", [FILE_BODY] = "body.txt",   [FILE_HTML] = "body.html",
    [FILE_SMS] = "sms.txt",         [FILE_VOICE] = "voice.txt",
};
static const char parts_folder[] = "parts";

struct Templates {
    Arena *arena;
    GHashTable *folders;  /* "friendly.de" -> Folder */
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
static const Template *load_file(Loading *l, const char *base, const char *file)
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
    return template_compile(text, path, l->names, l->templates->arena, l->diags);
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
        if (!g_str_has_suffix(entry, ".txt") && !g_str_has_suffix(entry, ".html")) {
            warn_unused(l, file, "not used: a part is a file NAME.txt or NAME.html");
            continue;
        }
        const Template *part = load_file(l, parts_folder, file);
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

static void load_template(Loading *l, const char *folder_name, const char *base,
                          const char *language, const GPtrArray *entries)
{
    bool seen[N_FILES] = {false};
    Folder *folder = arena_new0(l->templates->arena, Folder, 1);
    *folder = (Folder){.name = base, .language = language};
    for (guint i = 0; i < entries->len; i++) {
        g_autofree char *file = g_build_filename(folder_name, entries->pdata[i], NULL);
        int kind = file_kind(entries->pdata[i]);
        if (kind < 0) {
            warn_unused(l, file,
                        "not used: a template is made of subject.txt, body.txt, body.html, "
                        "sms.txt, voice.txt");
            continue;
        }
        seen[kind] = true;
        folder->files[kind] = load_file(l, base, file);
    }
    for (FileKind kind = FILE_SUBJECT; kind <= FILE_BODY; kind++) {
        g_autofree char *path = g_build_filename(l->dir, folder_name, NULL);
        if (!seen[kind])
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

static void load_folder(Loading *l, const char *entry)
{
    Arena *arena = l->templates->arena;
    const char *folder = arena_strdup(arena, entry);
    const char *dot = strchr(folder, '.');
    const char *base = dot == NULL ? folder : arena_strndup(arena, folder, (size_t)(dot - folder));
    const char *language = dot == NULL ? "" : dot + 1;
    if (!text_is_name(base, NAME_LONGEST) || (dot != NULL && !is_language(language))) {
        warn_unused(
            l, entry,
            "not used: a folder is called NAME or NAME.LANGUAGE, such as friendly or friendly.de");
        return;
    }
    g_autofree char *path = g_build_filename(l->dir, entry, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) entries = list_entries(path, &error);
    if (entries == NULL)
        diags_add(l->diags, "C307", (DiagPlace){path, 0, 0}, "the folder cannot be read: %s",
                  error->message);
    else if (strcmp(base, parts_folder) == 0)
        load_parts(l, folder, entries);
    else
        load_template(l, folder, base, language, entries);
}

static bool is_opt_out_said(const Template *sms, const PartsOf *parts)
{
    g_autoptr(json_t) nothing = json_object();
    g_autofree char *text =
        template_render(sms, nothing, ESCAPE_NONE, templates_part, parts, SMS_LONGEST_BYTES, NULL);
    return text == NULL || strstr(text, "STOP") != NULL;
}

static void check_folder(Loading *l, const char *folder_name, const Folder *folder)
{
    if (folder->language[0] != '\0' &&
        !g_hash_table_contains(l->templates->folders, folder->name)) {
        g_autofree char *path = g_build_filename(l->dir, folder_name, NULL);
        diags_add(l->diags, "C306", (DiagPlace){path, 0, 0},
                  "there is no folder '%s' that other languages fall back to; add it",
                  folder->name);
    }
    for (FileKind kind = 0; kind < N_FILES; kind++) {
        const Template *template = folder->files[kind];
        const PartsOf parts = {l->templates, folder->language, kind == FILE_HTML};
        if (template == NULL ||
            !template_check_partials(template, templates_part, &parts, l->diags))
            continue;
        if (kind == FILE_SMS && !is_opt_out_said(template, &parts)) {
            g_autofree char *path = g_build_filename(l->dir, folder_name, file_names[kind], NULL);
            diags_add(
                l->diags, "C313", (DiagPlace){path, 0, 0},
                "the text message does not say how to opt out; add 'Reply STOP to end texts'");
        }
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
        const PartsOf parts = {l->templates, language, g_str_has_suffix(file, ".html")};
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
        if (folder->language[0] != '\0')
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

const Folder *templates_find(const Templates *templates, const char *name, const char *language,
                             FileKind file)
{
    g_autofree char *wish = g_strdup(language != NULL ? language : "");
    do {
        g_autofree char *key = g_strconcat(name, wish[0] != '\0' ? "." : "", wish, NULL);
        const Folder *folder = g_hash_table_lookup(templates->folders, key);
        if (folder != NULL && folder->files[file] != NULL)
            return folder;
    } while (widen(wish));
    return NULL;
}

const Template *templates_part(const void *parts_of, const char *name)
{
    const PartsOf *of = parts_of;
    g_autofree char *wish = g_strdup(of->language);
    do {
        g_autofree char *key = g_strconcat(parts_folder, wish[0] != '\0' ? "." : "", wish, "/",
                                           name, of->html ? ".html" : ".txt", NULL);
        const Template *part = g_hash_table_lookup(of->templates->parts, key);
        if (part != NULL)
            return part;
    } while (widen(wish));
    return NULL;
}
