/* From libyaml's events to the marked tree. libyaml scans; what we take of YAML is decided here: no
 * tags ("when: !x and y" would silently become "and y"), no anchors, one document, scalar keys
 * given once. Findings do not stop the walk, only a text that is no YAML does. */
#include "config/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

typedef struct {
    yaml_parser_t parser;
    const char *file; /* interned */
    Arena *arena;
    Diags *diags;
    bool failed;
} Reader;

static DiagPlace place_at(const char *file, yaml_mark_t mark)
{
    return (DiagPlace){file, (int)mark.line + 1, (int)mark.column + 1};
}

/* Errors of libyaml's decoder carry a byte offset only. */
static DiagPlace place_of_offset(const char *file, const char *text, size_t offset)
{
    DiagPlace place = {file, 1, 1};
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            place.line++;
            place.column = 1;
        } else if (((unsigned char)text[i] & 0xC0) != 0x80) {
            place.column++;
        }
    }
    return place;
}

static void report_parser_error(Reader *reader, const char *text, size_t n)
{
    const yaml_parser_t *parser = &reader->parser;
    reader->failed = true;
    const char *problem = parser->problem ? parser->problem : "out of memory";
    if (parser->error == YAML_READER_ERROR) {
        DiagPlace place = place_of_offset(reader->file, text, MIN(parser->problem_offset, n));
        diags_add(reader->diags, "C003", place, "not valid YAML: %s", problem);
        return;
    }
    DiagPlace place = place_at(reader->file, parser->problem_mark);
    if (parser->context)
        diags_add(reader->diags, "C003", place, "not valid YAML: %s %s that begins at %zu:%zu",
                  problem, parser->context, parser->context_mark.line + 1,
                  parser->context_mark.column + 1);
    else
        diags_add(reader->diags, "C003", place, "not valid YAML: %s", problem);
}

static void refuse_tag_and_anchor(Reader *reader, const yaml_event_t *event, const yaml_char_t *tag,
                                  const yaml_char_t *anchor)
{
    DiagPlace place = place_at(reader->file, event->start_mark);
    if (tag) {
        diags_add(reader->diags, "C005", place,
                  "the tag '%s' is not taken; put text that begins with '!' in quotes",
                  (const char *)tag);
        reader->failed = true;
    }
    if (anchor) {
        diags_add(reader->diags, "C006", place,
                  "the anchor '&%s' is not taken; write the value out where it is used",
                  (const char *)anchor);
        reader->failed = true;
    }
}

static Node *node_new(Reader *reader, NodeKind kind, const yaml_event_t *event)
{
    Node *node = arena_new0(reader->arena, Node, 1);
    node->kind = kind;
    node->place = place_at(reader->file, event->start_mark);
    node->text_offset = -1;
    return node;
}

/* Columns inside the text can be told where it stands on one line, character for character as it is
 * written. */
static int text_offset_of(const yaml_event_t *event)
{
    if (event->start_mark.line != event->end_mark.line)
        return -1;
    yaml_scalar_style_t style = event->data.scalar.style;
    if (style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE)
        return -1;
    size_t quotes = style == YAML_PLAIN_SCALAR_STYLE ? 0 : 2;
    size_t written = event->end_mark.index - event->start_mark.index;
    glong length =
        g_utf8_strlen((const char *)event->data.scalar.value, (gssize)event->data.scalar.length);
    return written == (size_t)length + quotes ? (int)(quotes / 2) : -1;
}

static const char *scalar_text(Reader *reader, const yaml_event_t *event)
{
    const char *value = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (memchr(value, '\0', length)) {
        diags_add(reader->diags, "C003", place_at(reader->file, event->start_mark),
                  "not valid YAML: a text may not hold the character NUL");
        reader->failed = true;
    }
    return arena_strndup(reader->arena, value, strnlen(value, length));
}

static Node *scalar_node(Reader *reader, const yaml_event_t *event)
{
    refuse_tag_and_anchor(reader, event, event->data.scalar.tag, event->data.scalar.anchor);
    Node *node = node_new(reader, NODE_SCALAR, event);
    node->text = scalar_text(reader, event);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->text_offset = text_offset_of(event);
    return node;
}

static bool next_event(Reader *reader, yaml_event_t *ret_event)
{
    return yaml_parser_parse(&reader->parser, ret_event);
}

typedef enum { READ_NODE, READ_END, READ_BROKEN } ReadResult;

static ReadResult read_node(Reader *reader, int depth, Node **ret_node);

static void append(Node *parent, Node **last, Node *child)
{
    if (*last)
        (*last)->next = child;
    else
        parent->first = child;
    *last = child;
    parent->n++;
}

static ReadResult read_items(Reader *reader, int depth, Node *list)
{
    Node *last = NULL;
    for (;;) {
        Node *item = NULL;
        ReadResult result = read_node(reader, depth, &item);
        if (result != READ_NODE)
            return result == READ_END ? READ_NODE : READ_BROKEN;
        append(list, &last, item);
    }
}

static void check_key(Reader *reader, const Node *key, GHashTable *seen)
{
    if (key->kind != NODE_SCALAR) {
        diags_add(reader->diags, "C010", key->place, "a key must be a single word, not %s",
                  node_kind_name(key->kind));
        reader->failed = true;
        return;
    }
    const Node *before = g_hash_table_lookup(seen, key->text);
    if (before) {
        diags_add(reader->diags, "C009", key->place, "the key '%s' is given twice, first at %d:%d",
                  key->text, before->place.line, before->place.column);
        reader->failed = true;
        return;
    }
    g_hash_table_insert(seen, (gpointer)key->text, (gpointer)key);
}

static ReadResult read_entries(Reader *reader, int depth, Node *map)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    Node *last = NULL;
    for (;;) {
        Node *key = NULL, *value = NULL;
        ReadResult result = read_node(reader, depth, &key);
        if (result != READ_NODE)
            return result == READ_END ? READ_NODE : READ_BROKEN;
        check_key(reader, key, seen);
        if (read_node(reader, depth, &value) != READ_NODE)
            return READ_BROKEN;
        value->key = key->kind == NODE_SCALAR ? key->text : "";
        value->key_place = key->place;
        append(map, &last, value);
    }
}

static ReadResult read_collection(Reader *reader, const yaml_event_t *event, int depth,
                                  Node **ret_node)
{
    bool is_map = event->type == YAML_MAPPING_START_EVENT;
    if (is_map)
        refuse_tag_and_anchor(reader, event, event->data.mapping_start.tag,
                              event->data.mapping_start.anchor);
    else
        refuse_tag_and_anchor(reader, event, event->data.sequence_start.tag,
                              event->data.sequence_start.anchor);
    Node *node = node_new(reader, is_map ? NODE_MAP : NODE_LIST, event);
    if (depth >= TREE_MAX_DEPTH) {
        diags_add(reader->diags, "C007", node->place, "nested deeper than %d levels",
                  TREE_MAX_DEPTH);
        return READ_BROKEN;
    }
    *ret_node = node;
    return is_map ? read_entries(reader, depth + 1, node) : read_items(reader, depth + 1, node);
}

static ReadResult read_node(Reader *reader, int depth, Node **ret_node)
{
    yaml_event_t event;
    if (!next_event(reader, &event))
        return READ_BROKEN;
    ReadResult result = READ_NODE;
    switch (event.type) {
    case YAML_SCALAR_EVENT:
        *ret_node = scalar_node(reader, &event);
        break;
    case YAML_ALIAS_EVENT:
        diags_add(reader->diags, "C006", place_at(reader->file, event.start_mark),
                  "the alias '*%s' is not taken; write the value out where it is used",
                  (const char *)event.data.alias.anchor);
        reader->failed = true;
        *ret_node = node_new(reader, NODE_SCALAR, &event);
        (*ret_node)->text = "";
        break;
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        result = read_collection(reader, &event, depth, ret_node);
        break;
    default: /* the end of the collection that asked */
        result = READ_END;
    }
    yaml_event_delete(&event);
    return result;
}

static const Node *empty_map(Reader *reader)
{
    Node *node = arena_new0(reader->arena, Node, 1);
    node->kind = NODE_MAP;
    node->place = (DiagPlace){reader->file, 1, 1};
    node->text_offset = -1;
    return node;
}

/* The stream's start, one document, the stream's end. NULL with parser.error set, or with failed.
 */
static const Node *read_document(Reader *reader)
{
    const Node *root = NULL;
    bool ended = false;
    while (!ended) {
        yaml_event_t event;
        if (!next_event(reader, &event))
            return NULL;
        Node *node = NULL;
        ReadResult result = READ_NODE;
        if (event.type == YAML_DOCUMENT_START_EVENT && root) {
            diags_add(reader->diags, "C008", place_at(reader->file, event.start_mark),
                      "a second document begins here; one file holds one document");
            reader->failed = true;
            ended = true;
        } else if (event.type == YAML_DOCUMENT_START_EVENT) {
            result = read_node(reader, 0, &node);
            root = node;
        }
        ended = ended || event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        if (result != READ_NODE)
            return NULL;
    }
    return root && !node_is_null(root) ? root : empty_map(reader);
}

const Node *tree_parse(const char *text, size_t n, const char *file, Arena *arena, Diags *diags)
{
    Reader reader = {.file = g_intern_string(file), .arena = arena, .diags = diags};
    if (n > TREE_MAX_BYTES) {
        diags_add(diags, "C002", (DiagPlace){reader.file, 0, 0}, "larger than %d MiB",
                  TREE_MAX_BYTES / (1024 * 1024));
        return NULL;
    }
    const char *end = NULL;
    if (!g_utf8_validate_len(text, n, &end)) {
        diags_add(diags, "C004", place_of_offset(reader.file, text, (size_t)(end - text)),
                  "not valid UTF-8; save the file as UTF-8");
        return NULL;
    }
    if (!yaml_parser_initialize(&reader.parser))
        g_error("out of memory");
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, n);
    const Node *root = read_document(&reader);
    if (reader.parser.error != YAML_NO_ERROR)
        report_parser_error(&reader, text, n);
    yaml_parser_delete(&reader.parser);
    return reader.failed ? NULL : root;
}

/* At most TREE_MAX_BYTES + 1, so that a larger file shows. NULL with errno. */
static char *read_bounded(const char *path, size_t *ret_n)
{
    /* O_NONBLOCK: a pipe in the folder must not stop the hub */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        errno = EINVAL;
        return NULL;
    }
    size_t limit = TREE_MAX_BYTES + 1;
    g_autofree char *buffer = g_malloc(MIN((size_t)status.st_size, limit) + 1);
    size_t capacity = MIN((size_t)status.st_size, limit), n = 0;
    for (;;) {
        ssize_t got = n < capacity ? read(fd, buffer + n, capacity - n) : 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            int kept = errno;
            close(fd);
            errno = kept;
            return NULL;
        }
        if (got == 0)
            break;
        n += (size_t)got;
    }
    close(fd);
    *ret_n = n;
    return g_steal_pointer(&buffer);
}

const Node *tree_parse_file(const char *path, Arena *arena, Diags *diags)
{
    size_t n = 0;
    g_autofree char *text = read_bounded(path, &n);
    if (text)
        return tree_parse(text, n, path, arena, diags);
    DiagPlace place = {g_intern_string(path), 0, 0};
    if (errno == EINVAL)
        diags_add(diags, "C001", place, "cannot be read: not a regular file");
    else
        diags_add(diags, "C001", place, "cannot be read: %s", g_strerror(errno));
    return NULL;
}

/* ---- several files ---- */

static Node *last_child(const Node *parent)
{
    const Node *last = parent->first;
    while (last && last->next)
        last = last->next;
    return (Node *)last; /* nodes are ours until they are handed out */
}

static bool merge(Node *into, const Node *from, Diags *diags)
{
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    for (const Node *child = into->first; child; child = child->next)
        g_hash_table_insert(known, (gpointer)child->key, (gpointer)child);
    Node *last = last_child(into);
    bool good = true;
    for (const Node *child = from->first, *next; child; child = next) {
        next = child->next;
        Node *same = g_hash_table_lookup(known, child->key);
        if (!same) {
            ((Node *)child)->next = NULL;
            append(into, &last, (Node *)child);
        } else if (same->kind == NODE_MAP && child->kind == NODE_MAP) {
            good = merge(same, child, diags) && good;
        } else {
            diags_add(diags, "C011", child->key_place,
                      "'%s' is given already at %s:%d:%d; keep one of the two", child->key,
                      same->key_place.file, same->key_place.line, same->key_place.column);
            good = false;
        }
    }
    return good;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of *.yaml, sorted; NULL if the folder cannot be read. */
static GPtrArray *names_in(const char *dir, Diags *diags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) folder = g_dir_open(dir, 0, &error);
    DiagPlace place = {g_intern_string(dir), 0, 0};
    if (!folder) {
        diags_add(diags, "C001", place,
                  "the folder cannot be read: %s; make it, or name another with --conf",
                  g_strerror(errno));
        return NULL;
    }
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while ((name = g_dir_read_name(folder)) && names->len <= TREE_MAX_FILES) {
        if (name[0] == '.')
            continue;
        g_autofree char *path = g_build_filename(dir, name, NULL);
        if (g_str_has_suffix(name, ".yaml"))
            g_ptr_array_add(names, g_strdup(name));
        else if (g_str_has_suffix(name, ".yml"))
            diags_add(diags, "C013", (DiagPlace){g_intern_string(path), 0, 0},
                      "is not read: the name must end in .yaml");
    }
    g_ptr_array_sort(names, compare_names);
    if (names->len == 0)
        diags_add(diags, "C012", place, "holds no file that ends in .yaml");
    if (names->len > TREE_MAX_FILES)
        diags_add(diags, "C002", place, "holds more than %d files", TREE_MAX_FILES);
    return names;
}

static bool merge_file(Node *whole, const char *path, Arena *arena, Diags *diags)
{
    const Node *root = tree_parse_file(path, arena, diags);
    if (!root)
        return false;
    if (root->kind != NODE_MAP) {
        diags_add(diags, "C030", root->place,
                  "a configuration file must be a map of sections, not %s",
                  node_kind_name(root->kind));
        return false;
    }
    return merge(whole, root, diags);
}

const Node *tree_parse_dir(const char *dir, Arena *arena, Diags *diags)
{
    g_autoptr(GPtrArray) names = names_in(dir, diags);
    if (!names || names->len == 0 || names->len > TREE_MAX_FILES)
        return NULL;
    Node *whole = arena_new0(arena, Node, 1);
    whole->kind = NODE_MAP;
    whole->place = (DiagPlace){g_intern_string(dir), 0, 0};
    whole->text_offset = -1;
    bool good = true;
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(dir, g_ptr_array_index(names, i), NULL);
        good = merge_file(whole, path, arena, diags) && good;
    }
    return good ? whole : NULL;
}

/* ---- looking at nodes ---- */

const Node *node_get(const Node *map, const char *key)
{
    if (map->kind != NODE_MAP)
        return NULL;
    for (const Node *child = map->first; child; child = child->next)
        if (strcmp(child->key, key) == 0)
            return child;
    return NULL;
}

bool node_is_null(const Node *node)
{
    return node->kind == NODE_SCALAR && node->plain &&
           (node->text[0] == '\0' || strcmp(node->text, "null") == 0 ||
            strcmp(node->text, "~") == 0);
}

const char *node_kind_name(NodeKind kind)
{
    static const char *const names[] = {"a single value", "a list", "a map"};
    return names[kind];
}

DiagPlace node_text_place(const Node *scalar, bool *ret_exact)
{
    DiagPlace place = scalar->place;
    *ret_exact = scalar->text_offset >= 0;
    if (*ret_exact)
        place.column += scalar->text_offset;
    return place;
}
