#include "cases/letters.h"

#include <glib/gstdio.h>

static const struct {
    const char *file, *text;
} parts[] = {
    {"subject.txt", "About your account\n"},
    {"body.txt", "About your account. Reply STOP to end texts.\n"},
    {"sms.txt", "About your account. Reply STOP to end texts.\n"},
    {"voice.txt", "About your account.\n"},
};

static bool write_letter(const char *dir, const char *name, GError **error)
{
    g_autofree char *folder = g_build_filename(dir, name, NULL);
    g_mkdir(folder, 0700);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *path = g_build_filename(folder, parts[i].file, NULL);
        if (!g_file_set_contents(path, parts[i].text, -1, error))
            return false;
    }
    return true;
}

static void remove_letter(const char *dir, const char *name)
{
    g_autofree char *folder = g_build_filename(dir, name, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *path = g_build_filename(folder, parts[i].file, NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
}

static Templates *load(const char *dir, GError **error)
{
    g_autoptr(Diags) diags = diags_new();
    Templates *templates = templates_load(dir, diags);
    if (templates == NULL)
        g_set_error(error, NOTICE_ERROR, NOTICE_ERROR_UNKNOWN,
                    "the templates of the cases cannot be read: %s",
                    diags_length(diags) > 0 ? diags_get(diags, 0)->message : "no reason given");
    return templates;
}

Templates *letters_of(const CaseSet *set, GError **error)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    for (size_t i = 0; i < set->n; i++)
        case_notices(&set->cases[i], names);
    g_autofree char *dir = g_dir_make_tmp("dunhub-cases-XXXXXX", error);
    if (dir == NULL)
        return NULL;
    bool good = true;
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, names);
    while (good && g_hash_table_iter_next(&iter, &name, NULL))
        good = write_letter(dir, name, error);
    Templates *templates = good ? load(dir, error) : NULL;
    g_hash_table_iter_init(&iter, names);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        remove_letter(dir, name);
    g_rmdir(dir);
    return templates;
}
