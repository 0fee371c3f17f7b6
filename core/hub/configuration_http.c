/* The section http: address, public address, TLS, limits of the listener. */
#include "hub/configuration_load.h"

#include <string.h>

typedef struct {
    const char *listen, *public_url, *certificate, *key;
    int64_t body_max_bytes, connections, connections_of_one, request_ms;
} Section;

const Key http_keys[] = {
    {.name = "listen",
     .type = KEY_TEXT,
     .offset = offsetof(Section, listen),
     .doc = "Numeric address and port: 127.0.0.1:8470, 0.0.0.0:443, [::]:8470; port 0: a free one. "
            "Absent: nothing listens."},
    {.name = "public_url",
     .type = KEY_TEXT,
     .offset = offsetof(Section, public_url),
     .doc = "How the world reaches the listener: https://hub.example.com, with the path that a "
            "proxy in front takes off. Signatures over the address are checked against it; "
            "X-Forwarded headers are never looked at."},
    {.name = "certificate",
     .type = KEY_TEXT,
     .offset = offsetof(Section, certificate),
     .doc = "PEM file of the certificate and those above it; absent: no TLS, a proxy in front has "
            "it."},
    {.name = "key",
     .type = KEY_TEXT,
     .offset = offsetof(Section, key),
     .doc = "PEM file of its private key."},
    {.name = "body_max_bytes",
     .type = KEY_INT,
     .offset = offsetof(Section, body_max_bytes),
     .least = 1024,
     .most = 16 * 1024 * 1024,
     .default_text = "1048576",
     .doc = "The longest body of a request; a longer one is refused with 413."},
    {.name = "connections",
     .type = KEY_INT,
     .offset = offsetof(Section, connections),
     .least = 1,
     .most = 10000,
     .default_text = "512",
     .doc = "Connections at once."},
    {.name = "connections_of_one",
     .type = KEY_INT,
     .offset = offsetof(Section, connections_of_one),
     .least = 0,
     .most = 10000,
     .default_text = "0",
     .doc = "Connections at once of one address; 0: as many as there may be, which is right behind "
            "a proxy."},
    {.name = "request_timeout",
     .type = KEY_DURATION,
     .offset = offsetof(Section, request_ms),
     .least = 100,
     .most = 5 * 60 * 1000,
     .default_text = "10s",
     .doc = "A request must have arrived whole after this time, or its connection is closed."},
};
const size_t n_http_keys = G_N_ELEMENTS(http_keys);

static bool complain(const Loading *loading, const Node *map, const char *key, const char *text,
                     const char *wanted)
{
    const Node *node = node_get(map, key);
    diags_add(loading->diags, "C032", node ? node->place : map->place, "'%s': '%s' is no %s", key,
              text, wanted);
    return false;
}

static bool read_listen(const Loading *loading, const Node *map, const char *text, HttpDoor *door)
{
    static const char wanted[] = "address and port such as 127.0.0.1:8470 or [::]:8470";
    const char *colon = text ? strrchr(text, ':') : NULL;
    uint64_t port = 0;
    if (!text)
        return true;
    if (!colon || colon == text ||
        !g_ascii_string_to_unsigned(colon + 1, 10, 0, 65535, &port, NULL))
        return complain(loading, map, "listen", text, wanted);
    bool bracketed = text[0] == '[' && colon[-1] == ']';
    size_t n = (size_t)(colon - text) - (bracketed ? 2 : 0);
    char *address = arena_alloc(loading->arena, n + 1);
    memcpy(address, text + bracketed, n);
    address[n] = '\0';
    if (!g_hostname_is_ip_address(address))
        return complain(loading, map, "listen", text, wanted);
    door->address = address;
    door->port = (unsigned)port;
    return true;
}

static bool read_public_url(const Loading *loading, const Node *map, const char *text,
                            HttpDoor *door)
{
    if (!text)
        return true;
    g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_ENCODED, NULL);
    const char *scheme = uri ? g_uri_get_scheme(uri) : NULL;
    bool good = scheme && (strcmp(scheme, "https") == 0 || strcmp(scheme, "http") == 0) &&
                g_uri_get_host(uri) && *g_uri_get_host(uri) && !g_uri_get_query(uri) &&
                !g_uri_get_fragment(uri) && !g_uri_get_userinfo(uri);
    if (!good)
        return complain(loading, map, "public_url", text,
                        "address such as https://hub.example.com");
    size_t n = strlen(text);
    while (n && text[n - 1] == '/')
        n--;
    door->public_url = arena_printf(loading->arena, "%.*s", (int)n, text);
    return true;
}

static bool read_tls(const Loading *loading, const Node *map, const Section *section,
                     HttpDoor *door)
{
    if (!section->certificate != !section->key) {
        diags_add(loading->diags, "C034", map->place,
                  "'certificate' and 'key' belong together: give both, or none");
        return false;
    }
    door->certificate = section->certificate ? loading_path(loading, section->certificate) : NULL;
    door->key = section->key ? loading_path(loading, section->key) : NULL;
    return true;
}

bool http_load(Loading *loading, const Node *map)
{
    static const Node nothing = {.kind = NODE_MAP};
    Section section = {0};
    HttpDoor *door = &loading->configuration->http;
    if (!map || node_is_null(map))
        map = &nothing;
    if (!tree_read(map, http_keys, n_http_keys, loading->arena, loading->diags, &section))
        return false;
    door->body_max_bytes = section.body_max_bytes;
    door->connections = section.connections;
    door->connections_of_one = section.connections_of_one;
    door->request_ms = section.request_ms;
    bool listen = read_listen(loading, map, section.listen, door);
    bool public_url = read_public_url(loading, map, section.public_url, door);
    return read_tls(loading, map, &section, door) && listen && public_url;
}
