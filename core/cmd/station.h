/* What every command starts from: the folder of configuration, the plugins' manifests, the store. */
#ifndef DUNHUB_CMD_STATION_H
#define DUNHUB_CMD_STATION_H

#include "base/diag.h"
#include "hub/configuration.h"
#include "store/vault.h"

/* NULL: what the configuration says, or the place beside the program, or the installed one. */
typedef struct {
    const char *conf_dir, *store_path, *run_dir, *plugin_dir, *host_program;
} StationPlaces;

typedef enum {
    STATION_CONFIGURATION, /* no store */
    STATION_READ,          /* a store that another may write */
    STATION_WRITE,         /* the store's lock is taken */
} StationMode;

typedef struct {
    char *conf_dir, *store_path, *run_dir, *plugin_dir, *host_program, *letter_program;
    Manifests *manifests;
    Configuration *configuration;
    Store *store; /* NULL: none asked for, or (READ) not made yet */
    StationMode mode;
} Station;

/* False: either *error is set, or diags holds what is wrong with the configuration. */
bool station_open(const StationPlaces *places, StationMode mode, Diags *diags,
                  Station **ret_station, GError **error);
void station_close(Station *station);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Station, station_close)

/* The configuration as its files are now, against the store's older policies; NULL: diags or *error say why. The station
 * keeps the one it has until station_swap. */
Configuration *station_reload(Station *station, Diags *diags, GError **error);
/* The configuration that was in force in that epoch, out of the store; NULL: diags or *error say why. The caller owns it. */
Configuration *station_kept(const Station *station, uint64_t epoch, Diags *diags, GError **error);
/* The caller owns what is returned: the one it had. */
Configuration *station_swap(Station *station, Configuration *configuration);

/* NAME beside the running program, or INSTALLED (lib/dunhub/plugins) in the tree of the program's bin, or of the prefix. Caller frees. */
char *station_place(const char *name, const char *installed);
const Instance *station_instance(const Station *station,
                                 const char *name); /* NULL: not configured */
/* Folders of the hub's own: no plugin's process may reach them (bus/bus.h). New reference. */
json_t *station_private_paths(const Station *station);
/* The vault of the store that is open; one of a store in memory lives as long as it does. */
bool station_vault(const Station *station, Vault **ret_vault, GError **error);
const json_t *station_manifest(const Station *station, const char *instance);

#endif
