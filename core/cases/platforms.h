/* The platforms of a case: they answer ok at once unless their script says otherwise, and remember
 * what they really hold. */
#ifndef DUNHUB_CASES_PLATFORMS_H
#define DUNHUB_CASES_PLATFORMS_H

#include "cases/chronicle.h"

typedef struct {
    Arena *arena;
    Chronicle *chronicle;
    GHashTable *scripts;   /* platform -> GPtrArray of words, the first is next */
    GHashTable *held;      /* "platform key" of everything applied */
    GHashTable *connected; /* NULL: all */
} Platforms;

void platforms_init(Platforms *ret_platforms, const Case *c, Arena *arena, Chronicle *chronicle);
void platforms_done(Platforms *platforms);
bool platforms_connected(const Platforms *platforms, const char *platform);
void platforms_behave(Platforms *platforms, const char *platform, const Node *script);

/* One call: the act carried out, or looked up by its key. Texts of the answer live in the arena. */
ActResult platforms_call(Platforms *platforms, Instant now, const AccountState *state,
                         const Act *act, bool lookup);
/* Messages that the platform really holds. */
size_t platforms_messages(const Platforms *platforms, const char *platform);

#endif
