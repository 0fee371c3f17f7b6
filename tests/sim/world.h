/* The inside of the simulation, shared by its files. */
#ifndef DUNHUB_TESTS_SIM_WORLD_H
#define DUNHUB_TESTS_SIM_WORLD_H

#include "bus/bus.h"
#include "hub/hub.h"
#include "hub/repeat.h"
#include "sim/disk.h"
#include "sim/sim.h"

#include <string.h>

enum { ACCOUNTS = 6, LEASE_LEAST_MS = 10 * 60 * 1000 };

/* ---- what the outside knows ------------------------------------------------------------------------------------------ */

/* An event that someone told the hub, or will. */
typedef struct {
    char *source, *id, *type, *account;
    json_t *data;
    bool of_page;         /* the ledger tells it in pages; else it is submitted */
    bool waits;           /* submitted, not answered */
    bool acknowledged;    /* the hub has answered that it has it */
    bool journalled;      /* it was answered so with a position: it must be there for good */
    bool refused;         /* INVALID: is not kept */
    uint64_t position;
    uint64_t life;        /* of the hub that was asked */
} Told;

/* What a platform knows of one act. */
typedef struct {
    char *key, *account, *instance, *verb, *platform_key;
    int effect;           /* Effect */
    int repeat;           /* Repeat */
    int applied;          /* times it took effect */
    int64_t applied_ms;   /* monotonic, the first time */
    bool in_doubt;        /* the hub cannot know how its last attempt ended */
    bool done;            /* the hub has written down that it is done */
    bool lied_about;      /* the platform said otherwise than it is */
    int64_t first_sent_ms, key_valid_ms;
} Deed;

/* A call that has left the living hub. */
typedef struct {
    uint64_t id;
    int kind;
    char *instance, *verb, *key, *platform_key, *account, *input;
    int64_t sent_ms;      /* monotonic */
    bool answered;
    int answers;          /* given so far; more than one is a repeat */
} Sent;

/* ---- the world ------------------------------------------------------------------------------------------------------- */

typedef struct {
    uint64_t epoch;
    Configuration *configuration;
} EpochConfiguration;

typedef struct World World;
struct World {
    SimSetup setup;
    SimReport report;
    SeededRandom chance, hub_chance;
    Disk *disk;
    VirtualClock clock;
    int64_t skew_ms;        /* of the wall clock against the true time */
    bool trusted;           /* there is a trusted time source */
    int64_t turned_ms;      /* monotonic, of the hub's last turn */
    bool quiet;             /* the end: nothing goes wrong any more */
    bool dead;              /* the process ended: what the hub does from now on never happened */
    uint64_t life;
    unsigned step;
    Store *store, *reader;
    Hub *hub;
    /* setting.c */
    Arena *arena;
    Templates *templates;
    char *folder;
    json_t *manifests[4];
    int variant;            /* of the configuration that is in the files */
    Configuration *configuration;
    GPtrArray *configurations; /* all that were made: the hub may hold any */
    GArray *epochs;         /* EpochConfiguration, as needed by replays */
    /* bus.c */
    GPtrArray *calls;       /* Sent */
    GHashTable *deeds;      /* key -> Deed */
    size_t credit;
    /* source.c */
    GPtrArray *told;        /* Told: submitted ones */
    GPtrArray *pages;       /* Told: the ledger's log; its cursor is an index */
    int invoices, payments, others;
    /* check.c */
    GHashTable *journal;    /* "source id" -> position of all entries that were seen */
    uint64_t checked_position;
};

/* The first thing that does not hold; later ones change nothing. */
void world_fail(World *world, const char *format, ...) G_GNUC_PRINTF(2, 3);
bool world_failed(const World *world);
void world_say(const World *world, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Uniform in [0, n). */
unsigned world_draw(World *world, unsigned n);
/* 1 in n. */
bool world_chance(World *world, unsigned n);
Instant world_true_now(const World *world);
const char *world_account(World *world);

/* ---- setting.c: the configuration and what the plugins declare -------------------------------------------------------- */
extern const Instance setting_instances[];
enum { N_INSTANCES = 4 };
bool setting_make(World *world);
void setting_free(World *world);
const json_t *setting_manifest(const World *world, const char *instance);
/* The variant's configuration against what the store holds of older policies; the world's. NULL and *error. */
Configuration *setting_load(World *world, Store *store, int variant, GError **error);
/* That of an epoch, for replays; NULL: it is not known. */
const Configuration *setting_epoch(World *world, uint64_t epoch);

/* ---- bus.c: the ports, and what the platforms do ------------------------------------------------------------------------ */
HubPorts bus_ports(World *world);
/* Answers one call as chance has it; kindly: as it should be. False: none was left. */
bool bus_answer_one(World *world, bool kindly);
/* The hub has died: what was under way arrives or does not, and nobody hears. */
void bus_hub_died(World *world);
void sent_free(void *sent);
void deed_free(void *deed);

/* ---- source.c: what the ledger and people tell --------------------------------------------------------------------------- */
void source_tell(World *world);          /* something new */
void source_repeat(World *world);        /* something once more: what was not answered, or what was */
bool source_waits(const World *world);   /* something is not acknowledged yet */
/* The page of a poll from the cursor on, and then the end of the call. */
void source_answer_poll(World *world, Sent *sent, bool kindly);
void told_free(void *told);

/* ---- check.c, replay.c: what must always hold ---------------------------------------------------------------------------- */
/* After every step: what is new, and all states. whole: everything from the beginning. */
void check_world(World *world, bool whole);
/* The journal has it, as far as it was looked at. */
bool check_is_kept(const World *world, const Told *told);
/* Nothing is left to be done. */
void check_calm(World *world);
/* A call leaves. */
void check_sent(World *world, const Sent *sent);
/* Decides the account again from its journal alone; and between now and its wake. */
void replay_account(World *world, const char *account);
void replay_between(World *world, const char *account);

#endif
