/* Inside of the works, shared by its two files and by nobody else: what runs, and requests from outside. */
#ifndef DUNHUB_CMD_WORKS_INSIDE_H
#define DUNHUB_CMD_WORKS_INSIDE_H

#include "bus/bus.h"
#include "cmd/doorway.h"
#include "cmd/works.h"
#include "hub/hub.h"
#include "press/press.h"

/* A call that a person makes past the hub: `dunhub call`, `dunhub poll`. */
typedef struct {
    uint64_t id;
    uint64_t connection;
    char *instance;
    size_t events, findings;
    bool sets_up; /* nobody asked: the hub itself tells the plugin where it is reached */
} Aside;

struct Works {
    WorksSetup setup;
    Bus *bus;
    Hub *hub;
    GHashTable *asides; /* id -> Aside */
    GQueue planned;     /* Planned: acts that a plan takes as done */
    Vault *vault;
    Press *press;     /* NULL: nothing leaves, no letter is drawn */
    Doorway *doorway; /* NULL: nothing listens */
};

/* A text member of a request; NULL none. */
const char *works_text(const json_t *request, const char *member);
/* One line to whoever asked; line is consumed. */
void works_answer(Works *works, uint64_t connection, json_t *line);
void works_refuse(Works *works, uint64_t connection, const char *code, const char *text);

#endif
