/* One case being played: the events of `when` against the stage, queries answered by the functions
 * they ask about. */
#ifndef DUNHUB_CASES_PLAY_H
#define DUNHUB_CASES_PLAY_H

#include "cases/stage.h"

/* What an event of the case came to. */
typedef struct {
    const Node *event;
    StageAnswer answer;
    json_t *result;      /* of a query or a command; NULL none */
    const char *failure; /* it could not be carried out at all: the case fails */
} Outcome;

typedef struct {
    const Case *c;
    Arena *arena;
    const Zone *zone;
    Chronicle chronicle;
    Platforms platforms;
    const Templates *templates;
    const Node *rules;    /* of the configuration, NULL none */
    const Rulebook *book; /* of now; replaced by settings_changed and policy_published */
    const Node *settings; /* as changed so far */
    GPtrArray *published; /* PolicyVersion, oldest first: every version of policies that were
                             published anew */
    Stage *stage;
    const Node *const *accounts;
    GHashTable *objects; /* "account type id" -> json_t: the ledger's objects as last told */
    json_t *silent;      /* changes the ledger has not told: {"type","account","data"} */
    GPtrArray *waiting;  /* events that came while the hub was down */
    GArray *outcomes;
    unsigned events; /* for ids */
    Instant started;
    GArray *downs; /* Instant pairs: from, until */
} Play;

typedef struct {
    const char *policy;
    int64_t version;
    const char *source_json;
} PolicyVersion;

bool play_open(Play *ret_play, const Case *c, const Templates *templates, const Node *rules,
               Arena *arena, bool verbose, Diags *diags, GError **error);
void play_close(Play *play);

/* One event of `when`, at the clock's now. Failures stand in its outcome. */
void play_event(Play *play, const Node *event);
/* The date of an instant in the account's zone. */
Date play_date(const Play *play, const char *account, Instant instant);
const char *play_currency(const Play *play, const Node *map);

/* query.c: the answer of a query verb; NULL and *error if it cannot be given. */
json_t *query_answer(Play *play, const Node *event, GError **error);

/* world.c: the configuration the case stands for, as one would write it in conf.d, read by the loader of conf.d. published:
 * PolicyVersion, oldest first; rules: as `rules:` there, NULL none. NULL and findings. */
const Configuration *world_configuration(const Case *c, const Node *settings,
                                         const GPtrArray *published, const Node *rules,
                                         const Templates *templates, uint64_t epoch, Arena *arena,
                                         Diags *diags);
/* data of account.updated and of one contact.updated each; new references. */
json_t *world_account(const Case *c, const Node *account, Date today);
void world_put_law(json_t *data, const Node *law);
json_t *world_contact(const Node *point, size_t position);

#endif
