/* The dunhub plugin ABI. Plain C11, also C++; nothing of ours is linked. docs/plugin-author.md explains it with an example.
 *
 * Rules that never change: DunhubPlugin begins with magic, abi_major, abi_minor, size. Every struct that crosses carries
 * its size, every table its row size; each side reads only what both know (DUNHUB_HAS). Members are only ever appended,
 * which raises the minor number; anything else raises the major one, and a foreign major is refused by name.
 *
 * Who calls what: the host calls every handler on a worker thread; several calls may run at once, up to the declared
 * concurrency. The instance is immutable while calls run. A handler is straight-line code: it asks the host for what it
 * needs, waits, and returns a result. Bytes from host->alloc live until the handler returns. Nobody frees what the other
 * allocated. A handler must not fork, exit, or keep threads of its own. The host's process reaches only the system's
 * libraries and the paths of the instance's options.
 *
 * Diary of the boundary: 1.0 (2026-11) first. 1.1 (2026-11) DUNHUB_OPTION_WRITABLE. 1.2 (2026-11) DunhubAuth, DunhubHook,
 * setup, a day's quota and shared limits.
 */
#ifndef DUNHUB_PLUGIN_H
#define DUNHUB_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DUNHUB_MAGIC 0x44554e48u /* "DUNH" */
#define DUNHUB_ABI_MAJOR 1
#define DUNHUB_ABI_MINOR 2

#if defined(__GNUC__)
#define DUNHUB_EXPORT __attribute__((visibility("default")))
#else
#define DUNHUB_EXPORT
#endif

/* Does a struct that says `size` contain this member? */
#define DUNHUB_HAS(p, Type, member) ((p)->size >= offsetof(Type, member) + sizeof((p)->member))

/* Bytes with a length; text is UTF-8 and need not end in NUL. {0, 0} is absent. Never grows. */
typedef struct {
    const char *p;
    size_t n;
} DunhubBytes;

/* The bytes of a string literal: ret_result->code = DUNHUB_LITERAL("550"); */
#ifdef __cplusplus
#define DUNHUB_LITERAL(text) (DunhubBytes{"" text, sizeof("" text) - 1})
#else
#define DUNHUB_LITERAL(text) ((DunhubBytes){"" text, sizeof("" text) - 1})
#endif

/* Results of a call. The core, not the plugin, decides what follows from them (docs/architecture.md). */
typedef enum {
    DUNHUB_OK = 0,        /* applied; external_id and data say what */
    DUNHUB_RETRY = 1,     /* not applied, may work later: after retry_after_ms, or the core's back-off if that is 0 */
    DUNHUB_PERMANENT = 2, /* this input will never work */
    DUNHUB_AUTH = 3,      /* the credential is the problem, not the input */
    DUNHUB_UNCERTAIN = 4, /* may have been applied */
    DUNHUB_ABSENT = 5     /* only from a look-up: the platform does not know the key */
} DunhubOutcome;

typedef struct {
    uint32_t size;
    int32_t outcome; /* DunhubOutcome */
    int64_t retry_after_ms;
    DunhubBytes code;        /* short, of the platform: "550", "rate_limited" */
    DunhubBytes message;     /* one line for a person: what happened, to what, what to do */
    DunhubBytes external_id; /* of what was made or changed */
    DunhubBytes data;        /* JSON object */
    DunhubBytes items;       /* batch: JSON array, one result per input in order */
    /* --- since 1.2 --- */
    int64_t pause_ms;        /* whatever the outcome: the platform wants no other call for so long; 0 nothing was said */
} DunhubResult;

typedef struct DunhubHost DunhubHost;
typedef struct DunhubCall DunhubCall; /* opaque: handed back to the host functions */

/* ret_result arrives with size and outcome RETRY set: a handler that returns early has not applied anything. */
typedef void (*DunhubHandler)(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);

/* What a plugin may ask of the host. A newer plugin on an older host finds a shorter table: test with DUNHUB_HAS.
 * All functions are safe on any worker, for the call they are given only. */
struct DunhubHost {
    uint32_t size;
    uint32_t abi_minor;
    /* The verb's input, or of a poll {"cursor":…,"accounts":[…]}: one JSON object. */
    DunhubBytes (*input)(DunhubCall *call);
    /* Attachment or rendered content number i that travels with the call; {0,0} past the last. */
    DunhubBytes (*body)(DunhubCall *call, uint32_t i);
    /* Verb or source name. The same handler may serve several. */
    DunhubBytes (*verb)(DunhubCall *call);
    /* Stable key of this action: the same on every attempt. */
    DunhubBytes (*key)(DunhubCall *call);
    /* Option as text after references were resolved (secrets too); the declared default if not configured; {0,0} absent. */
    DunhubBytes (*option)(DunhubCall *call, const char *name);
    /* Milliseconds left before the call is cancelled; <= 0: cancelled, return now. */
    int64_t (*left_ms)(DunhubCall *call);
    /* Zeroed memory until the handler returns; NULL past the call's limit. */
    void *(*alloc)(DunhubCall *call, size_t bytes);
    /* Durable small values of this instance. get: 1 found, 0 absent, -1 failed. put: returns 0 once it is durable in the
     * core, 1 if another version is there (compare-and-set on expected_version, 0 = must be new), -1 failed. */
    int32_t (*state_get)(DunhubCall *call, const char *name, DunhubBytes *ret_value, uint64_t *ret_version);
    int32_t (*state_put)(DunhubCall *call, const char *name, DunhubBytes value, uint64_t expected_version);
    /* From a poll, a read or a hook's map: one event {"id","type","account"?,"refs"?,"time"?,"data"}. 0, or -1 if refused (not
     * such an object, over 256 KiB, or the core stopped this poll). A full page is handed on by itself, without a cursor;
     * what is left when the handler returns OK too. After any other outcome what was not handed on is forgotten. */
    int32_t (*emit)(DunhubCall *call, DunhubBytes event);
    /* From a poll: everything emitted so far and this cursor are durable when it returns 0; -1: stop polling. From a read
     * likewise, but the cursor is ignored. */
    int32_t (*page_done)(DunhubCall *call, DunhubBytes cursor);
    /* A bad row or record that is skipped: place "file:line" or an id, what was wrong. Counted and shown by the core. */
    void (*finding)(DunhubCall *call, DunhubBytes place, DunhubBytes message);
    void (*log)(DunhubCall *call, int32_t level /* 0 debug .. 4 failure */, DunhubBytes message);
    /* Waits at most ms, less if cancelled. Returns left_ms. */
    int64_t (*wait)(DunhubCall *call, int64_t ms);
};

/* What an action does to the world, and how a repeat is made harmless: from these the core decides about repeats. */
enum { DUNHUB_READ = 0, DUNHUB_WRITE = 1, DUNHUB_CONTACT = 2, DUNHUB_LEGAL = 3 };
enum {
    DUNHUB_REPEAT_NONE = 0,   /* nothing protects against a second one */
    DUNHUB_REPEAT_KEY = 1,    /* the platform recognises the key */
    DUNHUB_REPEAT_LOOKUP = 2, /* `lookup` finds what an unanswered attempt did */
    DUNHUB_REPEAT_SAFE = 3    /* doing it twice is the same as once */
};

typedef struct {
    uint32_t size;
    const char *verb;         /* "message.email" */
    const char *object;       /* what it makes: "message", "case"; NULL none */
    const char *input_schema; /* JSON Schema (draft-07 subset) of the input; NULL: any object */
    const char *doc;          /* one sentence */
    uint32_t effect;          /* DUNHUB_READ … */
    uint32_t repeat;          /* DUNHUB_REPEAT_… */
    uint32_t flags;
    uint32_t batch_max;       /* 0: one input a call */
    uint32_t key_valid_s;     /* life of the platform's key, 0: for ever */
    uint32_t key_saves_errors;
    uint32_t lookup_lag_s;    /* "absent" counts only this long after the attempt */
    DunhubHandler run;
    DunhubHandler lookup;     /* NULL unless DUNHUB_REPEAT_LOOKUP */
} DunhubAction;

enum {
    DUNHUB_SOURCE_LEDGER = 1, /* accounts, invoices, payments: asked again before the act */
    /* A poll whose input has {"history":{"from":"2026-01-01"},"now":…} tells in one pass what the polls of all days from that
     * one through now's would have told: each event once, with the members "known_on" (the first such day) and "page" (which
     * page of that day's poll it stood on, from 0), and takes no cursor. Result code "day_by_day": this file cannot be. */
    DUNHUB_SOURCE_HISTORY = 2
};
typedef struct {
    uint32_t size;
    const char *name;     /* "ledger" */
    const char *emits;    /* event types, comma separated */
    const char *doc;
    uint32_t every_s;     /* suggested interval */
    uint32_t flags;       /* DUNHUB_SOURCE_… */
    DunhubHandler poll;   /* everything that changed since the cursor */
    DunhubHandler read;   /* the accounts named in the input, as they are now; NULL: poll serves */
} DunhubSource;

enum {
    DUNHUB_OPTION_TEXT = 0, DUNHUB_OPTION_INT = 1, DUNHUB_OPTION_BOOL = 2, DUNHUB_OPTION_CHOICE = 3, DUNHUB_OPTION_MAP = 4,
    DUNHUB_OPTION_LIST = 5, DUNHUB_OPTION_PATH = 6 /* a file or folder the host may reach */, DUNHUB_OPTION_URL = 7
};
enum {
    DUNHUB_OPTION_REQUIRED = 1, DUNHUB_OPTION_SECRET = 2,
    DUNHUB_OPTION_WRITABLE = 4 /* of a PATH: the plugin makes and changes files there; else the host lets it only read */
};
typedef struct {
    uint32_t size;
    const char *name;      /* snake_case with its unit: "timeout_ms" */
    uint32_t type;
    uint32_t flags;
    const char *fallback;  /* default, as text; NULL none */
    const char *allowed;   /* CHOICE: "a|b|c"; INT: "1..65535"; MAP: allowed keys "a|b" or NULL; NULL any */
    const char *doc;       /* one sentence */
} DunhubOption;

typedef struct {
    uint32_t size;
    uint32_t concurrency;  /* calls at once; 0: 4 */
    uint32_t per_minute;   /* 0: no limit */
    uint32_t timeout_ms;   /* of one call; 0: 30,000 */
    uint32_t per_day;      /* 0: no quota; counted in the core, survives a restart; a day is 24 hours of UTC */
    const char *shared_by; /* option whose value names what is limited ("account_sid"): instances of this plugin with the same
                              value share per_minute, per_day and concurrency; NULL: each instance has its own */
} DunhubLimits;

/* Ways to sign in. The SDK carries them out for requests that ask for it (sdk.h, DunhubHttpRequest.authorized), and the
 * manifest shows them. Texts are templates: {name} stands for the value of that option, "{{" for a brace. */
enum {
    DUNHUB_AUTH_HEADER = 0,      /* `header`: `value` on every request */
    DUNHUB_AUTH_BASIC = 1,       /* Authorization: Basic of `client_id` ":" `client_secret` */
    DUNHUB_AUTH_REFRESH = 2,     /* OAuth 2 refresh token, which may rotate; the first one is the option `refresh_token` */
    DUNHUB_AUTH_CLIENT = 3,      /* OAuth 2 client credentials; with `private_key`: private_key_jwt */
    DUNHUB_AUTH_JWT = 4          /* OAuth 2 JWT bearer, RS256 by `private_key` */
};
enum {
    DUNHUB_AUTH_IN_BODY = 1,     /* client id and secret go in the form instead of Basic */
    DUNHUB_AUTH_TOKEN_JSON = 2   /* the token endpoint takes JSON, not a form */
};
typedef struct {
    uint32_t size;
    const char *name;            /* "oauth"; chosen by the option `auth` where there are several rows, else it is the only one */
    uint32_t kind;               /* DUNHUB_AUTH_… */
    uint32_t flags;
    const char *header, *value;  /* HEADER; of tokens: default "Authorization" and "Bearer {access_token}" */
    const char *token_url;
    const char *client_id, *client_secret;
    const char *scope;           /* parted by blanks; NULL none */
    const char *private_key;     /* PEM */
    const char *key_id;          /* "kid" of the JWT; NULL none */
    const char *issuer, *subject, *audience; /* of the JWT; NULL: client_id, none, token_url */
    const char *token_extra;     /* further form parameters of the token request: "resource=https://api.example.org" */
    const char *keep;            /* members of the token's answer that requests need later, comma separated
                                    ("instance_url,realmId"): dunhub_auth_value in sdk.h; NULL none */
    uint32_t expires_s;          /* life of an access token whose answer does not say; 0: 1,800 */
    const char *doc;
} DunhubAuth;

/* What a platform sends to /hooks/INSTANCE or /hooks/INSTANCE/NAME. What is declared here the listener does itself: it checks,
 * commits the raw request, answers, and only then is the plugin's `map` asked for events. A selector is "header:Name",
 * "query:name", "form:name", "json:/pointer" or "method"; "header:Name[t]" is the piece "t=…" of a header whose pieces commas
 * part, "header:X-Signature-*" every header that begins so. */
enum {
    DUNHUB_SIGNED_NONE = 0,      /* nothing to check: only behind another door */
    DUNHUB_SIGNED_HMAC = 1,      /* `signature` = `prefix` HMAC(secret, `signed_text`) */
    DUNHUB_SIGNED_SECRET = 2,    /* `signature` = `prefix` secret, compared in constant time */
    DUNHUB_SIGNED_ECDSA = 3      /* `signature` by the public key in the secret (base64 SPKI or PEM), over `signed_text` */
};
enum { DUNHUB_SHA256 = 0, DUNHUB_SHA1 = 1 };
enum { DUNHUB_HEX = 0, DUNHUB_BASE64 = 1 };
enum {
    DUNHUB_HOOK_GET = 1,                /* GET is a delivery too; else only a challenge may come by GET */
    DUNHUB_HOOK_CHALLENGE_UNSIGNED = 2, /* the challenge is answered before the signature is looked at */
    DUNHUB_HOOK_SIGNED_BY_ANY = 4       /* the header may hold several signatures, parted by ',' or ' ': one has to fit */
};
typedef struct {
    uint32_t size;
    const char *name;            /* "" : /hooks/INSTANCE itself; "status": /hooks/INSTANCE/status */
    const char *emits;           /* event types, comma separated */
    const char *doc;
    uint32_t flags;
    uint32_t scheme;             /* DUNHUB_SIGNED_… */
    uint32_t hash, encoding;
    const char *signature;       /* selector */
    const char *prefix;          /* "v0="; NULL none */
    const char *secret;          /* name of an option; a LIST while one is replaced: any of them fits */
    const char *signed_text;     /* pieces: {body} {url} (public, with query) {timestamp} {form} (names and decoded values of the
                                    form, sorted by name, nothing between) {method} {path}, {selector}, and literals; NULL: "{body}" */
    const char *body_digest;     /* selector of the hex SHA-256 of the body, where {form} is empty because it is JSON; NULL none */
    const char *timestamp;       /* selector of the unix time in seconds, or milliseconds; NULL: none is sent */
    uint32_t tolerance_s;        /* how far it may be off either way; 0: 300 */
    const char *delivery;        /* selector of what names this delivery, so that a repeat is known; NULL: the body's hash */
    const char *challenge;       /* selector of the text to be echoed; NULL: there is none */
    const char *challenge_when;  /* "json:/type=url_verification", "method=GET": only then; NULL: whenever it is there */
    const char *challenge_reply; /* {challenge} as it is, {challenge_json} as a JSON text; NULL: "{challenge}" */
    const char *challenge_type;  /* Content-Type of that reply; NULL: "text/plain" */
    const char *reply_header;    /* "Name: value" on every good reply, {challenge} too; NULL none */
    const char *reply_type, *reply_body; /* of the 200 to a good delivery; NULL: empty */
    uint32_t refused_status;     /* to a bad signature; 0: 401 */
    uint32_t answer_ms;          /* `answer` has so long; 0: 2,500 */
    DunhubHandler map;           /* input {"hook","method","path","query","headers":{lower case},"received_at"}, body 0: as it came; emits */
    DunhubHandler answer;        /* where the reply needs the plugin: same input; data {"status","type","body"}; after the deadline
                                    the listener answers 503. NULL: the rows above */
} DunhubHook;

typedef struct {
    uint32_t magic;        /* DUNHUB_MAGIC */
    uint16_t abi_major, abi_minor;
    uint32_t size;         /* of this struct as the plugin knows it */
    /* --- frozen above --- */
    uint32_t option_size, action_size, source_size; /* row sizes of the tables below */
    const char *name;      /* as its folder */
    const char *version;
    const char *doc;       /* one sentence */
    const DunhubOption *options;
    uint32_t n_options;
    const DunhubAction *actions;
    uint32_t n_actions;
    const DunhubSource *sources;
    uint32_t n_sources;
    const DunhubLimits *limits; /* NULL: the defaults */
    DunhubHandler check;   /* do the options and the credential work? NULL: always */
    /* --- since 1.2 --- */
    uint32_t auth_size, hook_size;
    const DunhubAuth *auths;
    uint32_t n_auths;
    const DunhubHook *hooks;
    uint32_t n_hooks;
    DunhubHandler setup;   /* registers or renews what the vendor sends where; input {"url": public address of /hooks/INSTANCE}.
                              Asked each time the host has come up, where the hub has a public address; NULL: a person does it */
} DunhubPlugin;

/* The one exported function. */
DUNHUB_EXPORT const DunhubPlugin *dunhub_plugin(void);
typedef const DunhubPlugin *(*DunhubPluginEntry)(void);
#define DUNHUB_ENTRY_NAME "dunhub_plugin"

#ifdef __cplusplus
}
#endif
#endif
