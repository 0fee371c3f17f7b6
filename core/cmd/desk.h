/* What the commands share on top of the station: opening it from the command line with a word on
 * stderr about what is wrong, looking at one account, asking a hub. */
#ifndef DUNHUB_CMD_DESK_H
#define DUNHUB_CMD_DESK_H

#include "cmd/command.h"
#include "cmd/station.h"

#define CONF_OPTIONS                                                                               \
    {"conf", "DIR", "Folder of the configuration; default conf.d here, else /etc/dunhub/conf.d."}, \
        {"store", "FILE", "Store; default what the configuration says."},                          \
        {"run-dir", "DIR", "Folder of the hub's sockets; default what the configuration says."},   \
    {                                                                                              \
        "plugins", "DIR",                                                                          \
            "Folder of the plugins; default beside the program, else the installed one."           \
    }

StationPlaces desk_places(const CommandLine *line);
/* EXIT_GOOD and a station, or the code after saying why. STATION_READ without a store yet is
 * EXIT_ENVIRONMENT. */
int desk_open(const CommandLine *line, StationMode mode, Station **ret_station);
/* desk_open of STATION_READ that also takes a station without a store: it was not made yet. */
int desk_look(const CommandLine *line, Station **ret_station);
/* The account's state; EXIT_FINDING after naming the nearest account if there is none. */
int desk_account(const CommandLine *line, const Station *station, const char *account, Arena *arena,
                 AccountState *ret_state);
/* One request to the running hub, or under the store's lock. The reference to request is taken.
 * *ret_answer new reference. */
int desk_ask(const CommandLine *line, json_t *request, json_t **ret_answer);
/* desk_ask for a request whose answer says all: prints it (JSON as it is), 1 if "ok" is false. */
int desk_ask_and_tell(const CommandLine *line, json_t *request, const char *done);
/* 0, or EXIT_FINDING after naming the nearest account if there is none of that name. */
int desk_known_account(const CommandLine *line, const Station *station, const char *account);
/* "person:NAME": --by, or the user's own name. Caller frees. */
char *desk_person(const CommandLine *line);
/* "person:NAME" of one that was named. Caller frees. */
char *desk_person_named(const char *name);
Instant desk_now(void);

#endif
