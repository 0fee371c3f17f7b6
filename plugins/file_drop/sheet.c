/* The first column is the key's hash: by it a row is found again, and a row that a kill tore in the middle is known as ours
 * and taken away before the next one. The last column takes what has no column of its own. */
#include "sheet.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_COLUMN "dunhub_key"
#define REST_COLUMN "more"
enum { KEY_CHARS = 16, LOCK_WAIT_MS = 10, HEADER_MAX = 65536, SHEET_NAME_MAX = 60 };

typedef struct {
    Drop *drop;
    const char *name; /* "rows.csv" */
    int fd;
    const char *p; /* the whole file */
    size_t n;
} Sheet;

static void failed(const Sheet *sheet, int error, const char *what)
{
    const Drop *drop = sheet->drop;
    dunhub_file_failed(drop->task, error, what,
                       dunhub_format(drop->task, "%s/%s", drop->folder, sheet->name));
}

/* Another worker or host may append at the same time. */
static bool lock(const Sheet *sheet)
{
    const DunhubTask *task = sheet->drop->task;
    while (flock(sheet->fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            failed(sheet, errno, "locking");
            return false;
        }
        if (task->host->wait(task->call, LOCK_WAIT_MS) <= 0) {
            dunhub_retry(task, 0, "locked", "%s/%s is held by another program", sheet->drop->folder,
                         sheet->name);
            return false;
        }
    }
    return true;
}

static bool map(Sheet *sheet)
{
    struct stat st;
    sheet->p = NULL;
    sheet->n = 0;
    if (fstat(sheet->fd, &st) < 0) {
        failed(sheet, errno, "reading");
        return false;
    }
    if (st.st_size == 0)
        return true;
    void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, sheet->fd, 0);
    if (p == MAP_FAILED) {
        failed(sheet, errno, "reading");
        return false;
    }
    sheet->p = p;
    sheet->n = (size_t)st.st_size;
    return true;
}

static void unmap(Sheet *sheet)
{
    if (sheet->p)
        munmap((void *)(uintptr_t)sheet->p, sheet->n);
    sheet->p = NULL;
}

/* The last line, if no line end closes it. */
static size_t open_tail(const Sheet *sheet)
{
    if (!sheet->n || sheet->p[sheet->n - 1] == '\n')
        return sheet->n;
    const char *end = memrchr(sheet->p, '\n', sheet->n);
    return end ? (size_t)(end + 1 - sheet->p) : 0;
}

/* Does the tail begin with the hash of a key that was claimed and not done? Then a write of ours was cut off; else a
 * person's editor left out the last line end. */
static bool tail_is_ours(const Sheet *sheet, size_t tail)
{
    const char *claimed = NULL, *from = sheet->p + tail;
    size_t n = strcspn(
        dunhub_format(sheet->drop->task, "%.*s",
                      (int)(sheet->n - tail < KEY_CHARS ? sheet->n - tail : KEY_CHARS), from),
        ",");
    int fd = openat(sheet->drop->keys, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *keys = fd < 0 ? NULL : fdopendir(fd);
    for (struct dirent *entry; keys && !claimed && (entry = readdir(keys));)
        if (strncmp(entry->d_name, from, n) == 0 && strstr(entry->d_name, ".claim") &&
            entry->d_name[0] != '.')
            claimed = entry->d_name;
    bool ours = n && claimed;
    if (keys)
        closedir(keys);
    return ours;
}

/* Leaves the file with a closed last line. */
static bool mend(Sheet *sheet)
{
    size_t tail = open_tail(sheet);
    if (tail == sheet->n)
        return true;
    bool ours = tail && tail_is_ours(sheet, tail);
    unmap(sheet);
    int done = ours ? ftruncate(sheet->fd, (off_t)tail) : write(sheet->fd, "\r\n", 2) == 2 ? 0 : -1;
    if (done < 0) {
        failed(sheet, errno, "mending the last line of");
        return false;
    }
    return map(sheet);
}

static bool has_row(const Sheet *sheet)
{
    char wanted[KEY_CHARS + 3];
    snprintf(wanted, sizeof wanted, "\n%.*s,", KEY_CHARS, sheet->drop->hash);
    return sheet->n && memmem(sheet->p, sheet->n, wanted, strlen(wanted)) != NULL;
}

/* ---- columns ---- */

/* Titles of the header line, unquoted. */
static json_t *read_titles(const Sheet *sheet)
{
    json_t *titles = json_array();
    DunhubBuffer title = {0};
    bool quoted = false;
    for (size_t i = 0; i < sheet->n && i < HEADER_MAX; i++) {
        char c = sheet->p[i];
        if (quoted && c == '"' && i + 1 < sheet->n && sheet->p[i + 1] == '"')
            dunhub_append(&title, &sheet->p[i++], 1);
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == ',' || c == '\n')) {
            json_array_append_new(titles, json_stringn(title.p ? title.p : "", title.n));
            title.n = 0;
        } else if (quoted || c != '\r')
            dunhub_append(&title, &c, 1);
        if (!quoted && c == '\n')
            break;
    }
    dunhub_buffer_done(&title);
    return titles;
}

static json_t *titles_of(const json_t *row)
{
    json_t *titles = json_pack("[s]", KEY_COLUMN);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)row, name, value)
        json_array_append_new(titles, json_string(name));
    json_array_append_new(titles, json_string(REST_COLUMN));
    return titles;
}

static void append_value(DunhubBuffer *line, const json_t *value)
{
    if (json_is_string(value)) {
        dunhub_append_cell(line, json_string_value(value));
        return;
    }
    char *text =
        value && !json_is_null(value) ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    if (text)
        dunhub_append_cell(line, text);
    free(text);
}

static void append_titles(DunhubBuffer *line, const json_t *titles)
{
    for (size_t i = 0; i < json_array_size(titles); i++) {
        dunhub_append_text(line, i ? "," : "");
        append_value(line, json_array_get(titles, i));
    }
    dunhub_append_text(line, "\r\n");
}

/* False: the sheet has no place for a column, and the result says which. */
static bool append_row(const Sheet *sheet, DunhubBuffer *line, const json_t *titles,
                       const json_t *row)
{
    json_t *rest = json_deep_copy(row);
    bool has_rest_column = false;
    for (size_t i = 0; i < json_array_size(titles); i++) {
        const char *title = json_string_value(json_array_get(titles, i));
        bool is_rest =
            title && strcmp(title, REST_COLUMN) == 0 && !json_object_get(row, REST_COLUMN);
        dunhub_append_text(line, i ? "," : "");
        has_rest_column |= is_rest;
        if (i == 0)
            dunhub_append(line, sheet->drop->hash, KEY_CHARS);
        else if (!is_rest && title)
            append_value(line, json_object_get(row, title));
        if (title)
            json_object_del(rest, title);
        if (is_rest && json_object_size(rest))
            append_value(line, rest);
    }
    dunhub_append_text(line, "\r\n");
    const char *left = json_object_iter_key(json_object_iter(rest));
    bool fits = has_rest_column || !left;
    if (!fits)
        dunhub_permanent(sheet->drop->task, "column",
                         "%s has neither a column '%s' nor '%s': add one to its first line",
                         sheet->name, left, REST_COLUMN);
    json_decref(rest);
    return fits;
}

/* ---- appending ---- */

static bool write_line(const Sheet *sheet, const DunhubBuffer *line)
{
    ssize_t written = write(sheet->fd, line->p, line->n);
    int error = written < 0 ? errno : (size_t)written < line->n ? ENOSPC : 0;
    if (error && ftruncate(sheet->fd, (off_t)sheet->n) < 0)
        error = errno;
    if (!error && fsync(sheet->fd) < 0)
        error = errno;
    if (error)
        failed(sheet, error, "appending to");
    return !error;
}

static bool append(Sheet *sheet, const json_t *row)
{
    json_t *titles = read_titles(sheet);
    const char *first = json_string_value(json_array_get(titles, 0));
    DunhubBuffer line = {0};
    bool good = first && strcmp(first, KEY_COLUMN) == 0;
    if (!good)
        dunhub_permanent(sheet->drop->task, "sheet",
                         "the first column of %s is not '" KEY_COLUMN
                         "': move the file away, or name another sheet",
                         sheet->name);
    good = good && append_row(sheet, &line, titles, row);
    if (good && line.failed)
        dunhub_permanent(sheet->drop->task, "size", "the row is too large");
    good = good && !line.failed && write_line(sheet, &line);
    dunhub_buffer_done(&line);
    json_decref(titles);
    return good;
}

/* A new sheet appears with its whole first line. */
static bool open_sheet(Sheet *sheet, const json_t *row)
{
    const int flags = O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
    sheet->fd = openat(sheet->drop->dir, sheet->name, flags);
    int error = sheet->fd < 0 ? errno : 0;
    if (error == ENOENT) {
        json_t *titles = titles_of(row);
        DunhubBuffer line = {0};
        append_titles(&line, titles);
        error = dunhub_file_write(sheet->drop->dir, sheet->name, line.p, line.n, DUNHUB_FILE_NEW);
        dunhub_buffer_done(&line);
        json_decref(titles);
        if (!error || error == EEXIST) {
            sheet->fd = openat(sheet->drop->dir, sheet->name, flags);
            error = sheet->fd < 0 ? errno : 0;
        }
    }
    if (error)
        failed(sheet, error, "opening");
    return !error;
}

/* The input's own texts and numbers: what an action without `row` wants to keep. */
static json_t *row_of(const json_t *input)
{
    const json_t *row = json_object_get(input, "row");
    if (json_is_object(row))
        return json_deep_copy(row);
    json_t *own = json_object();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)input, name,
                        value) if (!json_is_object(value) && !json_is_array(value) &&
                                   strcmp(name, "sheet") != 0 && strcmp(name, "html") != 0)
        json_object_set(own, name, value);
    return own;
}

void sheet_append(Drop *drop)
{
    const char *wanted = dunhub_find_text(drop->input, "sheet");
    Sheet sheet = {.drop = drop};
    const char *base =
        dunhub_safe_name(drop->task, wanted && *wanted ? wanted : "rows", SHEET_NAME_MAX);
    sheet.name = dunhub_format(drop->task, "%s.csv", base);
    DropState state = drop_state(drop);
    if (state == DROP_DONE)
        dunhub_ok(drop->task, drop->path);
    if (state == DROP_DONE || state == DROP_FAILED)
        return;
    if (state == DROP_NEW &&
        !drop_claim(drop, dunhub_format(drop->task, "%s#%.*s", sheet.name, KEY_CHARS, drop->hash)))
        return;
    json_t *row = row_of(drop->input);
    bool good = false;
    if (open_sheet(&sheet, row)) {
        good =
            lock(&sheet) && map(&sheet) && mend(&sheet) && (has_row(&sheet) || append(&sheet, row));
        unmap(&sheet);
        close(sheet.fd);
    }
    json_decref(row);
    if (good)
        drop_done(drop);
}
