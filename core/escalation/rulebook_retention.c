/* `retention:`, a map of names to rows. */
#include "escalation/rulebook_load.h"

static const char *const account_kinds[] = {"all", "consumers", "companies", NULL};

const Key retention_keys[] = {
    {.name = "jurisdiction",
     .type = KEY_TEXT,
     .offset = offsetof(Retention, jurisdiction),
     .doc = "Place it is about, with all places below it, like US or US/CA; absent: everywhere."},
    {.name = "accounts",
     .type = KEY_CHOICE,
     .offset = offsetof(Retention, accounts),
     .choices = account_kinds,
     .default_text = "all",
     .doc = "Accounts it is about."},
    {.name = "keep_years",
     .type = KEY_INT,
     .offset = offsetof(Retention, keep_years),
     .least = 0,
     .most = 100,
     .default_text = "0",
     .doc =
         "Years after the last act for which nothing may be erased; of several rows the longest."},
    {.name = "erase_after_years",
     .type = KEY_INT,
     .offset = offsetof(Retention, erase_after_years),
     .least = 0,
     .most = 100,
     .default_text = "0",
     .doc = "Years after the last act when personal data is erased by itself; of several rows the "
            "shortest, but never before keep_years are over. 0: never by itself."},
    {.name = "approval",
     .type = KEY_BOOL,
     .offset = offsetof(Retention, approval),
     .default_text = "false",
     .doc = "Whether another person has to approve each erasure."},
    {.name = "citation",
     .type = KEY_TEXT,
     .offset = offsetof(Retention, citation),
     .doc = "Where it is written; stands in the audit."},
    {.name = "reviewed_on",
     .type = KEY_DATE,
     .offset = offsetof(Retention, reviewed_on),
     .doc = "Day on which counsel looked at it."},
    {.name = "reviewed_by",
     .type = KEY_TEXT,
     .offset = offsetof(Retention, reviewed_by),
     .doc = "Who did."},
};
const size_t n_retention_keys = G_N_ELEMENTS(retention_keys);

static bool read_row(const Loader *loader, const Node *entry, Retention *ret_row)
{
    Retention row = {.name = arena_strdup(loader->arena, entry->key), .reviewed_on = DATE_NONE};
    if (!tree_read(entry, retention_keys, n_retention_keys, loader->arena, loader->diags, &row))
        return false;
    *ret_row = row;
    if (row.keep_years > 0 || row.erase_after_years > 0 || row.approval)
        return true;
    diags_add(loader->diags, "C034", entry->key_place,
              "'%s' says neither keep_years nor erase_after_years nor approval: it does nothing",
              entry->key);
    return false;
}

bool retention_read(const Loader *loader, const Node *map, Rulebook *book)
{
    if (map->kind != NODE_MAP) {
        diags_add(loader->diags, "C030", map->place, "'%s' must be a map of names to rows, not %s",
                  map->key, node_kind_name(map->kind));
        return false;
    }
    Retention *rows = arena_new0(loader->arena, Retention, map->n);
    bool good = true;
    size_t n = 0;
    for (const Node *entry = map->first; entry != NULL; entry = entry->next)
        good = read_row(loader, entry, &rows[n++]) && good;
    book->retention = rows;
    book->n_retention = n;
    return good;
}
