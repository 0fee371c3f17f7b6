# dunhub. `make help` lists what this can do; docs/architecture.md explains the rooms.
#
# A source file is built because it is there: core/<room>/*.c, sdk/{lib,wire,host}/*.c, plugins/<name>/*.c
# and tests/unit/<room>/test_*.c need no entry here.

BUILD   ?= build
CC      ?= gcc
PREFIX  ?= /usr/local
DESTDIR ?=
OPT     ?= -O2 -g

PKGS_CORE   := glib-2.0 jansson libzmq yaml-0.1 sqlite3 libsodium
PKGS_HOST   := glib-2.0 jansson libzmq
PKGS_PLUGIN := glib-2.0 jansson libcurl libxml-2.0 libcrypto

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
        -Wpointer-arith -Wformat=2 -Wvla -Werror
CPPFLAGS_ALL := -D_GNU_SOURCE -DG_LOG_USE_STRUCTURED -DDUNHUB_PREFIX='"$(PREFIX)"' -Icore -Isdk/include -Isdk $(CPPFLAGS)
CFLAGS_ALL   := -std=gnu17 $(OPT) $(WARN) -fstack-protector-strong -fvisibility=hidden -fPIC $(SANITIZE_FLAGS) $(CFLAGS)
LDFLAGS_ALL  := -Wl,-z,relro,-z,now -Wl,--as-needed $(SANITIZE_FLAGS) $(LDFLAGS)

ifdef SANITIZE
SANITIZE_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif

pkg_cflags = $(shell pkg-config --cflags $(1) 2>/dev/null | sed 's/-I/-isystem /g')
pkg_libs   = $(shell pkg-config --libs $(1) 2>/dev/null)

PKG_CFLAGS  := $(call pkg_cflags,$(sort $(PKGS_CORE) $(PKGS_HOST) $(PKGS_PLUGIN)))
CORE_LIBS   := $(call pkg_libs,$(PKGS_CORE)) -ldl -lm -lpthread
HOST_LIBS   := $(call pkg_libs,$(PKGS_HOST)) -ldl -lpthread
PLUGIN_LIBS := $(call pkg_libs,$(PKGS_PLUGIN)) -lm

CORE_SRCS := $(filter-out core/cmd/%,$(wildcard core/*/*.c core/*/*/*.c))
CMD_SRCS  := $(wildcard core/main.c core/cmd/*.c)
WIRE_SRCS := $(wildcard sdk/wire/*.c)
HOST_SRCS := $(filter-out sdk/host/main.c,$(wildcard sdk/host/*.c))
SDK_SRCS  := $(wildcard sdk/lib/*.c)
UNIT_SRCS := $(wildcard tests/unit/*/test_*.c)
PLUGINS   := $(notdir $(patsubst %/,%,$(dir $(wildcard plugins/*/*.c))))
PLUGINS   := $(sort $(PLUGINS))

objs = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

CORE_LIB  := $(BUILD)/lib/libdunhub-core.a
HOST_LIB  := $(BUILD)/lib/libdunhub-host.a
WIRE_LIB  := $(BUILD)/lib/libdunhub-wire.a
SDK_LIB   := $(BUILD)/lib/libdunhub-sdk.a
PLUGIN_SO := $(PLUGINS:%=$(BUILD)/plugins/%.so)
UNIT_BINS := $(UNIT_SRCS:%.c=$(BUILD)/%)
PROGRAMS  := $(if $(CMD_SRCS),$(BUILD)/dunhub) $(if $(wildcard sdk/host/main.c),$(BUILD)/dunhub-host)

.PHONY: all
all: $(PROGRAMS) $(PLUGIN_SO)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(PKG_CFLAGS) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

define archive
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcsD $@ $(filter %.o,$^)
endef

$(CORE_LIB): $(call objs,$(CORE_SRCS))
	$(archive)
$(HOST_LIB): $(call objs,$(HOST_SRCS))
	$(archive)
$(WIRE_LIB): $(call objs,$(WIRE_SRCS))
	$(archive)
$(SDK_LIB): $(call objs,$(SDK_SRCS))
	$(archive)

$(BUILD)/dunhub: $(call objs,$(CMD_SRCS)) $(CORE_LIB) $(HOST_LIB) $(WIRE_LIB)
	$(CC) $(LDFLAGS_ALL) $(filter %.o,$^) $(CORE_LIB) $(HOST_LIB) $(WIRE_LIB) $(CORE_LIBS) -o $@

$(BUILD)/dunhub-host: $(call objs,sdk/host/main.c) $(HOST_LIB) $(WIRE_LIB)
	$(CC) $(LDFLAGS_ALL) $(filter %.o,$^) $(HOST_LIB) $(WIRE_LIB) $(HOST_LIBS) -o $@

define plugin_rule
$(BUILD)/plugins/$(1).so: $(call objs,$(wildcard plugins/$(1)/*.c)) $(SDK_LIB)
	@mkdir -p $$(@D)
	$$(CC) -shared $$(LDFLAGS_ALL) $(if $(SANITIZE),,-Wl,-z$(comma)defs) $$(filter %.o,$$^) $(SDK_LIB) $(PLUGIN_LIBS) -o $$@
endef
comma := ,
$(foreach p,$(PLUGINS),$(eval $(call plugin_rule,$(p))))

$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(CORE_LIB) $(HOST_LIB) $(SDK_LIB) $(WIRE_LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) $< $(CORE_LIB) $(HOST_LIB) $(SDK_LIB) $(WIRE_LIB) $(CORE_LIBS) $(PLUGIN_LIBS) -o $@

.PRECIOUS: $(BUILD)/obj/%.o

.PHONY: unit
unit: $(UNIT_BINS)
	@failed=0; for t in $(UNIT_BINS); do $$t -q || { echo "FAILED: $$t"; failed=1; }; done; exit $$failed

.PHONY: clean
clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
