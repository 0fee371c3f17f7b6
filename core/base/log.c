#include "base/log.h"

#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "base/json.h"
#include "base/text.h"

enum { MESSAGE_LONGEST = 2000 };

static const struct {
    const char *name;
    GLogLevelFlags flags;
} levels[] = {
    [LOG_DEBUG] = {"debug", G_LOG_LEVEL_DEBUG},     [LOG_INFO] = {"info", G_LOG_LEVEL_INFO},
    [LOG_NOTICE] = {"notice", G_LOG_LEVEL_MESSAGE}, [LOG_WARN] = {"warn", G_LOG_LEVEL_WARNING},
    [LOG_FAIL] = {"fail", G_LOG_LEVEL_CRITICAL},
};

/* Set before threads start, read by all of them. */
static LogLevel least_level = LOG_NOTICE;
static bool as_json;
static bool to_journald;

static void write_line(const char *bytes, size_t n)
{
    while (n > 0) { /* one write for a line: lines of threads do not mix */
        ssize_t written = write(STDERR_FILENO, bytes, n);
        if (written <= 0)
            return;
        bytes += written;
        n -= (size_t)written;
    }
}

static char *line_text(LogLevel level, const char *room, const char *message)
{
    char time[32];
    return g_strdup_printf("%s %-6s %s: %s\n", instant_format(g_get_real_time() / 1000, time),
                           levels[level].name, room, message);
}

static char *line_json(LogLevel level, const char *room, const char *message)
{
    char time[32];
    g_autoptr(json_t) object =
        json_pack("{s:s, s:s, s:s, s:s}", "time", instant_format(g_get_real_time() / 1000, time),
                  "level", levels[level].name, "room", room, "message", message);
    g_autofree char *line = json_canonical(object);
    return g_strconcat(line, "\n", NULL);
}

static void write_journald(LogLevel level, const char *room, const char *message)
{
    static const char *const priorities[] = {"7", "6", "5", "4", "3"};
    const GLogField fields[] = {
        {"MESSAGE", message, -1},
        {"PRIORITY", priorities[level], -1},
        {"SYSLOG_IDENTIFIER", "dunhub", -1},
        {"DUNHUB_ROOM", room, -1},
    };
    g_log_writer_journald(levels[level].flags, fields, G_N_ELEMENTS(fields), NULL);
}

static void write_message(LogLevel level, const char *room, const char *raw)
{
    if (level < least_level)
        return;
    g_autofree char *message = text_one_line(raw, MESSAGE_LONGEST);
    if (to_journald) {
        write_journald(level, room, message);
        return;
    }
    g_autofree char *line =
        as_json ? line_json(level, room, message) : line_text(level, room, message);
    write_line(line, strlen(line));
}

static LogLevel level_of(GLogLevelFlags flags)
{
    for (LogLevel level = LOG_FAIL; level > LOG_DEBUG; level--) {
        if (flags & levels[level].flags)
            return level;
    }
    return flags & G_LOG_LEVEL_ERROR ? LOG_FAIL : LOG_DEBUG;
}

/* What GLib and other libraries have to say goes the same way. */
static GLogWriterOutput write_foreign(GLogLevelFlags flags, const GLogField *fields, gsize n,
                                      gpointer data)
{
    (void)data;
    const char *message = "", *domain = "glib";
    for (gsize i = 0; i < n; i++) {
        if (strcmp(fields[i].key, "MESSAGE") == 0)
            message = fields[i].value;
        else if (strcmp(fields[i].key, "GLIB_DOMAIN") == 0)
            domain = fields[i].value;
    }
    write_message(level_of(flags), domain, message);
    return G_LOG_WRITER_HANDLED;
}

void log_setup(LogLevel least, bool json)
{
    static gsize once;
    least_level = least;
    as_json = json;
    to_journald = !json && g_log_writer_is_journald(STDERR_FILENO);
    if (g_once_init_enter(&once)) { /* GLib takes a writer only once in a process */
        g_log_set_writer_func(write_foreign, NULL, NULL);
        g_once_init_leave(&once, 1);
    }
}

void log_message(LogLevel level, const char *room, const char *format, ...)
{
    if (level < least_level)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    write_message(level, room, message);
}
