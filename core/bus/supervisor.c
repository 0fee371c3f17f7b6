/* Hosts of instances: started, watched, replaced. A link has at most one; everything about it is
 * forgotten with it. */
#include "base/log.h"
#include "bus/link.h"
#include "wire/socket.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

void link_set_state(Bus *bus, Link *link, LinkState state)
{
    link->state = state;
    link->since = bus->clock->now(bus->clock);
}

static bool has_host(const Link *link)
{
    return link->child.pid > 0 || link->thread != NULL;
}

/* ---- start
 * ---------------------------------------------------------------------------------------------------------
 */

static void make_token(char ret_token[static 2 * LINK_TOKEN_BYTES + 1])
{
    uint8_t bytes[LINK_TOKEN_BYTES];
    random_system()->fill(random_system(), bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        ret_token[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        ret_token[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    ret_token[2 * sizeof bytes] = '\0';
}

static bool watch_end(Bus *bus, int fd, GError **error)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(bus->ends_fd, EPOLL_CTL_ADD, fd, &event) == 0) {
        return true;
    }
    g_set_error(error, BUS_ERROR, BUS_ERROR_SETUP, "a host's end cannot be watched: %s",
                g_strerror(errno));
    return false;
}

static bool start_process(Bus *bus, Link *link, const WireStart *start, GError **error)
{
    g_autoptr(GBytes) paper = wire_start_write(start, error);
    if (paper == NULL) {
        return false;
    }
    size_t n;
    const void *bytes = g_bytes_get_data(paper, &n);
    int handed = child_memory("dunhub-start", bytes, n, error);
    if (handed < 0) {
        return false;
    }
    char *arguments[] = {bus->host_program, (char *)(uintptr_t) "--serve", link->name, NULL};
    bool started = child_start(&link->child, arguments, handed, -1, error);
    close(handed);
    return started && watch_end(bus, link->child.pidfd, error);
}

static bool start_thread(Bus *bus, Link *link, const WireStart *start, GError **error)
{
    link->thread = host_thread_start(bus->context, start, error);
    return link->thread != NULL && watch_end(bus, host_thread_ended_fd(link->thread), error);
}

static bool start_host(Bus *bus, Link *link, GError **error)
{
    g_autofree char *file = g_strconcat(link->plugin, ".so", NULL);
    g_autofree char *path = g_build_filename(bus->plugin_dir, file, NULL);
    make_token(link->token);
    bool as_thread = link->isolate == ISOLATE_THREAD;
    WireStart start = {
        .instance = link->name,
        .plugin = path,
        .endpoint = as_thread ? bus->thread_endpoint : bus->process_endpoint,
        .token = link->token,
        .hub_pid = getpid(),
        .options = link->options,
        .private_paths = link->private_paths,
    };
    return as_thread ? start_thread(bus, link, &start, error)
                     : start_process(bus, link, &start, error);
}

/* ---- end
 * -----------------------------------------------------------------------------------------------------------
 */

void link_drop_host(Bus *bus, Link *link)
{
    (void)bus;
    child_kill(&link->child);
    g_clear_pointer(&link->thread, host_thread_free);
    g_clear_pointer(&link->peer, g_bytes_unref);
    g_clear_pointer(&link->last_words, g_free);
    link->token[0] = '\0';
    link->end_seen_us = 0;
    link->credit = 0;
    link->lost = 0;
    link->pinged_ms = 0;
    link->kill_at_ms = INT64_MAX;
}

/* Doubled with each failure, a quarter more or less by name and number, so that many instances that
 * fell together do not come back together. */
static int64_t back_off_ms(const Link *link)
{
    unsigned doublings = MIN(link->failures > 0 ? link->failures - 1 : 0, 16);
    int64_t delay = MIN((int64_t)LINK_BACK_OFF_MS << doublings, LINK_BACK_OFF_MAX_MS);
    uint32_t hash = g_str_hash(link->name) * 2654435761u + link->restarts * 40503u;
    int64_t jitter = delay / 2 * (int64_t)(hash % 1000) / 1000 - delay / 4;
    return MIN(delay + jitter, LINK_BACK_OFF_MAX_MS);
}

static void plan_restart(Bus *bus, Link *link, bool final)
{
    int64_t now = bus_now_ms(bus);
    bool was_stable = link->up_at_ms > 0 && now - link->up_at_ms >= LINK_STABLE_MS;
    link->failures = was_stable ? 1 : link->failures + 1;
    link->restarts++;
    link->up_at_ms = 0;
    link_set_state(bus, link, final ? LINK_STOPPED : LINK_BACKING_OFF);
    link->retry_at_ms = now + (final ? LINK_BACK_OFF_MAX_MS : back_off_ms(link));
}

static void end_host(Bus *bus, Link *link, const char *why)
{
    bool final = link->final;
    link->final = false;
    g_free(link->why);
    link->why = g_strdup(why);
    link_drop_host(bus, link);
    link_fail_all(bus, link, link->why);
    if (link->removing) {
        link_set_state(bus, link, LINK_REMOVED);
    } else {
        plan_restart(bus, link, final);
        log_message(LOG_WARN, "bus", "%s: %s; it is started again in %" G_GINT64_FORMAT " ms",
                    link->name, link->why, link->retry_at_ms - bus_now_ms(bus));
    }
    if (bus->events.down != NULL) {
        bus->events.down(bus->events.data, link->name, link->why);
    }
}

void link_begin_stop(Bus *bus, Link *link, const char *why)
{
    WireMessage *bye = wire_message_new(WIRE_BYE, 0);
    wire_put_text(bye, "why", why, strlen(why), WIRE_TEXT_MAX);
    bus_say(bus, link, bye);
    link_set_state(bus, link, LINK_DRAINING);
    link->kill_at_ms = bus_now_ms(bus) + LINK_DRAIN_MS;
}

/* ---- watching
 * ------------------------------------------------------------------------------------------------------
 */

static bool thread_ended(const Link *link)
{
    struct pollfd item = {host_thread_ended_fd(link->thread), POLLIN, 0};
    return poll(&item, 1, 0) > 0;
}

void link_see_end(Bus *bus, Link *link)
{
    if (!has_host(link) || link->end_seen_us != 0) {
        return;
    }
    int fd = link->thread != NULL ? host_thread_ended_fd(link->thread) : link->child.pidfd;
    bool ended =
        link->thread != NULL ? thread_ended(link) : child_ended(&link->child, 0, &link->end_status);
    if (ended) {
        link->end_seen_us = g_get_monotonic_time();
        if (link->thread != NULL) {
            epoll_ctl(bus->ends_fd, EPOLL_CTL_DEL, fd, NULL);
        }
    }
}

static char *describe_end(const Link *link)
{
    if (link->last_words != NULL) {
        return g_strdup(link->last_words);
    }
    if (link->removing && link->state == LINK_DRAINING) {
        return g_strdup("removed");
    }
    if (link->thread != NULL) {
        return g_strdup("its thread ended");
    }
    g_autofree char *end = child_describe_end(link->end_status);
    return g_strdup_printf("its host ended with %s", end);
}

static bool has_predecessor(const Bus *bus, const Link *link)
{
    for (guint i = 0; i < bus->links->len; i++) {
        const Link *other = g_ptr_array_index(bus->links, i);
        if (other == link) {
            return false;
        }
        if (other->removing && other->state != LINK_REMOVED &&
            g_str_equal(other->name, link->name)) {
            return true;
        }
    }
    return false;
}

static void watch_absent(Bus *bus, Link *link)
{
    if (link->removing) {
        link_set_state(bus, link, LINK_REMOVED);
        return;
    }
    if (bus_now_ms(bus) < link->retry_at_ms || has_predecessor(bus, link)) {
        return;
    }
    g_autoptr(GError) error = NULL;
    link->start_by_ms = bus_now_ms(bus) + LINK_START_MS;
    link_set_state(bus, link, LINK_STARTING);
    if (!start_host(bus, link, &error)) {
        end_host(bus, link, error->message);
    }
}

static void watch_up(Bus *bus, Link *link)
{
    int64_t now = bus_now_ms(bus);
    if (link->pinged_ms != 0 && now - link->pinged_ms >= LINK_PONG_MS) {
        end_host(bus, link, "its host did not answer the heartbeat and was killed");
        return;
    }
    if (link->pinged_ms == 0 && now - link->heard_ms >= LINK_PING_MS) {
        link->pinged_ms = now;
        bus_say(bus, link, wire_message_new(WIRE_PING, 0));
    }
    link_expire(bus, link);
    if (link->removing && link->n_open == 0 && link->state == LINK_UP) {
        link_begin_stop(bus, link, "the instance is removed");
    }
}

/* What an ended host has said may still be on its way: results, or why it could not come up. */
static int64_t words_wait_us(const Link *link)
{
    if (link->n_open > 0) {
        return LINK_LAST_WORDS_US;
    }
    return link->state == LINK_STARTING && link->last_words == NULL ? LINK_FIRST_WORDS_US : 0;
}

static bool end_is_due(const Link *link)
{
    return link->end_seen_us != 0 &&
           g_get_monotonic_time() - link->end_seen_us >= words_wait_us(link);
}

void link_watch(Bus *bus, Link *link)
{
    if (end_is_due(link)) {
        g_autofree char *why = describe_end(link);
        end_host(bus, link, why);
    } else if (bus_now_ms(bus) >= link->kill_at_ms) {
        end_host(bus, link,
                 link->last_words != NULL ? link->last_words
                                          : "its host did not stop and was killed");
    } else if (link->state == LINK_BACKING_OFF || link->state == LINK_STOPPED) {
        watch_absent(bus, link);
    } else if (link->state == LINK_STARTING && link->removing) {
        end_host(bus, link, "removed");
    } else if (link->state == LINK_STARTING && bus_now_ms(bus) >= link->start_by_ms) {
        end_host(bus, link, "its host was not ready in time and was killed");
    } else if (link->state == LINK_UP && link->end_seen_us == 0) {
        watch_up(bus, link);
    }
}

int64_t link_next_ms(const Bus *bus, const Link *link)
{
    int64_t now = bus_now_ms(bus);
    if (link->end_seen_us != 0) {
        return now + MIN(words_wait_us(link), LINK_LAST_WORDS_US) / 1000;
    }
    if (link->removing && link->state != LINK_DRAINING && link->n_open == 0) {
        return now;
    }
    switch (link->state) {
    case LINK_BACKING_OFF:
    case LINK_STOPPED:
        return has_predecessor(bus, link) ? INT64_MAX : link->retry_at_ms;
    case LINK_STARTING:
        return MIN(link->start_by_ms, link->kill_at_ms);
    case LINK_UP: {
        int64_t beat =
            link->pinged_ms != 0 ? link->pinged_ms + LINK_PONG_MS : link->heard_ms + LINK_PING_MS;
        int64_t next = MIN(MIN(beat, link->expires_ms), link->kill_at_ms);
        return MIN(next, limits_free_ms(bus, link));
    }
    default:
        return link->kill_at_ms;
    }
}
