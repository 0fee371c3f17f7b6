#include "press/press.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus/child.h"
#include "press/frame.h"

G_DEFINE_QUARK(press_error_quark, press_error)

enum { TRIES_MOST = 2 };

typedef struct {
    uint64_t id;
    GByteArray *request; /* length and document */
    size_t written;
    GByteArray *reply;
    int tries; /* begun so often */
    int64_t until_ms;
    PressDone done;
    void *data;
} Job;

struct Press {
    char *program;
    Child child;
    int fd;      /* -1: not running */
    GQueue jobs; /* the first is with the program, once it has a deadline */
};

Press *press_new(const char *program)
{
    Press *press = g_new0(Press, 1);
    *press = (Press){.program = g_strdup(program), .child = {0, -1}, .fd = -1};
    g_queue_init(&press->jobs);
    return press;
}

static void job_free(Job *job)
{
    g_byte_array_unref(job->request);
    g_byte_array_unref(job->reply);
    g_free(job);
}

static void stop(Press *press)
{
    if (press->fd >= 0)
        close(press->fd);
    press->fd = -1;
    child_kill(&press->child);
}

void press_free(Press *press)
{
    if (press == NULL)
        return;
    stop(press);
    g_queue_clear_full(&press->jobs, (GDestroyNotify)job_free);
    g_free(press->program);
    g_free(press);
}

bool press_submit(Press *press, uint64_t id, const char *json, PressDone done, void *data,
                  GError **error)
{
    uint32_t n = (uint32_t)strlen(json);
    if (strlen(json) > DOCUMENT_LARGEST_BYTES) {
        g_set_error(error, PRESS_ERROR, PRESS_ERROR_REFUSED, "the document has more than %d bytes",
                    DOCUMENT_LARGEST_BYTES);
        return false;
    }
    if (press->jobs.length == PRESS_MOST_WAITING) {
        g_set_error(error, PRESS_ERROR, PRESS_ERROR_FULL,
                    "%d documents wait to be drawn already; it is tried again later",
                    PRESS_MOST_WAITING);
        return false;
    }
    Job *job = g_new0(Job, 1);
    *job = (Job){.id = id,
                 .request = g_byte_array_sized_new(n + 4),
                 .reply = g_byte_array_new(),
                 .done = done,
                 .data = data};
    g_byte_array_append(job->request, (const guint8 *)&n, sizeof n);
    g_byte_array_append(job->request, (const guint8 *)json, n);
    g_queue_push_tail(&press->jobs, job);
    return true;
}

size_t press_waiting(const Press *press)
{
    return press->jobs.length;
}

static int64_t now_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

PressWait press_wait(const Press *press)
{
    const Job *job = g_queue_peek_head((GQueue *)&press->jobs);
    if (job == NULL)
        return (PressWait){-1, 0, -1};
    if (press->fd < 0 || job->until_ms == 0)
        return (PressWait){-1, 0, 0};
    bool writes = job->written < job->request->len;
    return (PressWait){press->fd, (short)(POLLIN | (writes ? POLLOUT : 0)),
                       MAX(0, job->until_ms - now_ms())};
}

/* ---- the program ---- */

static bool start(Press *press, GError **error)
{
    int ends[2];
    g_autoptr(GError) problem = NULL;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        g_set_error(error, PRESS_ERROR, PRESS_ERROR_FAILED, "no socket for dunhub-letter: %s",
                    g_strerror(errno));
        return false;
    }
    g_autofree char *parent = g_strdup_printf("%d", (int)getpid());
    char *const arguments[] = {press->program, "--fd", "3", "--parent", parent, NULL};
    bool started = child_start(&press->child, arguments, ends[1], -1, &problem);
    close(ends[1]);
    if (started) {
        press->fd = ends[0];
        return true;
    }
    close(ends[0]);
    g_set_error(error, PRESS_ERROR, PRESS_ERROR_FAILED,
                "%s; letters need the program dunhub-letter beside dunhub", problem->message);
    return false;
}

static void finish(Press *press, GBytes *pdf, int pages, const GError *error)
{
    Job *job = g_queue_pop_head(&press->jobs);
    job->done(job->data, job->id, pdf, pages, error);
    job_free(job);
}

/* The program is of no more use. Its document gets another try if it was not tried too often; not after a time-out, which a
 * second try would only repeat. */
static void give_up(Press *press, const char *why, bool again)
{
    Job *job = g_queue_peek_head(&press->jobs);
    stop(press);
    job->written = 0;
    job->until_ms = 0;
    g_byte_array_set_size(job->reply, 0);
    if (again && job->tries < TRIES_MOST)
        return;
    g_autoptr(GError) error = g_error_new(PRESS_ERROR, PRESS_ERROR_FAILED, "dunhub-letter %s", why);
    finish(press, NULL, 0, error);
}

/* ---- writing and reading ---- */

/* False: the program is gone. */
static bool write_some(Press *press, Job *job)
{
    while (job->written < job->request->len) {
        ssize_t n = send(press->fd, job->request->data + job->written,
                         job->request->len - job->written, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        job->written += (size_t)n;
    }
    return true;
}

static bool is_whole(const Job *job, PressReply *ret_head)
{
    if (job->reply->len < sizeof *ret_head)
        return false;
    memcpy(ret_head, job->reply->data, sizeof *ret_head);
    return job->reply->len >= sizeof *ret_head + ret_head->n;
}

/* False: the program is gone, or what it says is too long. */
static bool read_some(Press *press, Job *job)
{
    guint8 bytes[65536];
    PressReply head;
    while (!is_whole(job, &head)) {
        ssize_t n = recv(press->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        if (n == 0 || job->reply->len + (size_t)n > sizeof head + PRESS_LARGEST_REPLY)
            return false;
        g_byte_array_append(job->reply, bytes, (guint)n);
    }
    return true;
}

static void take_reply(Press *press, Job *job, const PressReply *head)
{
    const guint8 *bytes = job->reply->data + sizeof *head;
    if (head->status == PRESS_DRAWN) {
        g_autoptr(GBytes) pdf = g_bytes_new(bytes, head->n);
        finish(press, pdf, (int)head->pages, NULL);
        return;
    }
    g_autofree char *why = g_utf8_make_valid((const char *)bytes, (gssize)head->n);
    g_autoptr(GError) error = g_error_new(PRESS_ERROR, PRESS_ERROR_REFUSED, "%s", why);
    finish(press, NULL, 0, error);
}

static bool begin(Press *press, Job *job)
{
    g_autoptr(GError) error = NULL;
    if (press->fd < 0 && !start(press, &error)) {
        finish(press, NULL, 0, error);
        return false;
    }
    job->tries++;
    job->until_ms = now_ms() + PRESS_DEADLINE_MS;
    return true;
}

void press_turn(Press *press)
{
    Job *job = NULL;
    while ((job = g_queue_peek_head(&press->jobs)) != NULL) {
        PressReply head;
        if (job->until_ms == 0 && !begin(press, job))
            continue;
        if (!write_some(press, job) || !read_some(press, job))
            give_up(press, "ended in the middle of a document", true);
        else if (is_whole(job, &head))
            take_reply(press, job, &head);
        else if (now_ms() >= job->until_ms)
            give_up(press, "took too long for a document; shorten it", false);
        else
            return;
    }
}

/* ---- waiting ---- */

typedef struct {
    bool over;
    GBytes *pdf;
    int pages;
    GError *error;
} Waited;

static void keep(void *data, uint64_t job, GBytes *pdf, int pages, const GError *error)
{
    Waited *waited = data;
    (void)job;
    *waited = (Waited){true, pdf != NULL ? g_bytes_ref(pdf) : NULL, pages,
                       error != NULL ? g_error_copy(error) : NULL};
}

GBytes *press_draw(Press *press, const Document *document, int *ret_pages, GError **error)
{
    Waited waited = {0};
    g_autoptr(json_t) json = document_json(document);
    g_autofree char *text = json_canonical(json);
    if (!press_submit(press, 0, text, keep, &waited, error))
        return NULL;
    for (press_turn(press); !waited.over; press_turn(press)) {
        PressWait wait = press_wait(press);
        struct pollfd item = {wait.fd, wait.events, 0};
        poll(&item, wait.fd >= 0, (int)MIN(wait.wait_ms + 1, INT32_MAX));
    }
    if (waited.pdf == NULL)
        g_propagate_error(error, waited.error);
    else
        *ret_pages = waited.pages;
    return waited.pdf;
}
