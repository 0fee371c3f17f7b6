# dunhub. `make help` lists what this can do; docs/architecture.md explains the rooms.
#
# A source file is built because it is there: core/<room>/*.c, sdk/{lib,wire,host}/*.c, plugins/<name>/*.c
# and tests/unit/<room>/test_*.c need no entry here.

BUILD   ?= build
ifeq ($(origin CC),default)
CC      := gcc
endif
PREFIX  ?= /usr/local
DESTDIR ?=
OPT     ?= -O2 -g

PKGS_CORE   := glib-2.0 gio-2.0 jansson libzmq yaml-0.1 sqlite3 libsodium libmicrohttpd libcrypto
PKGS_HOST   := glib-2.0 jansson libzmq libseccomp
PKGS_PLUGIN := glib-2.0 jansson libcurl libxml-2.0 libcrypto
PKGS_LETTER := glib-2.0 jansson pangocairo cairo-pdf libseccomp

ifdef SANITIZE
SANITIZE_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
        -Wpointer-arith -Wformat=2 -Wvla -Werror
CPPFLAGS_ALL := -D_GNU_SOURCE -DG_LOG_USE_STRUCTURED -DDUNHUB_PREFIX='"$(PREFIX)"' -Icore -Isdk/include -Isdk $(CPPFLAGS)
CFLAGS_ALL   := -std=gnu17 $(OPT) $(WARN) -fstack-protector-strong -fvisibility=hidden -fPIC $(SANITIZE_FLAGS) $(CFLAGS)
LDFLAGS_ALL  := -Wl,-z,relro,-z,now -Wl,--as-needed $(SANITIZE_FLAGS) $(LDFLAGS)

# Commands are shown with V=1; else one line a file, none with -s.
Q   := $(if $(V),,@)
say = @$(if $(V)$(findstring s,$(filter-out --%,$(firstword $(MAKEFLAGS)))),:,printf '  %-4s %s\n' $(1) $(2))

pkg_cflags = $(shell pkg-config --cflags $(1) 2>/dev/null | sed 's/-I/-isystem /g')
pkg_libs   = $(shell pkg-config --libs $(1) 2>/dev/null)

PKG_CFLAGS  := $(call pkg_cflags,$(sort $(PKGS_CORE) $(PKGS_HOST) $(PKGS_PLUGIN) $(PKGS_LETTER)))
CORE_LIBS   := $(call pkg_libs,$(sort $(PKGS_CORE) $(PKGS_HOST))) -ldl -lm -lpthread
HOST_LIBS   := $(call pkg_libs,$(PKGS_HOST)) -ldl -lpthread
PLUGIN_LIBS := $(call pkg_libs,$(PKGS_PLUGIN)) -lm
LETTER_LIBS := $(call pkg_libs,$(PKGS_LETTER)) -lm

CORE_SRCS := $(filter-out core/cmd/% core/letter/%,$(wildcard core/*/*.c core/*/*/*.c))
CMD_SRCS  := $(wildcard core/main.c core/cmd/*.c)
WIRE_SRCS := $(wildcard sdk/wire/*.c)
LETTER_SRCS := $(wildcard core/letter/*.c)
HOST_SRCS := $(filter-out sdk/host/main.c,$(wildcard sdk/host/*.c))
SDK_SRCS  := $(wildcard sdk/lib/*.c)
KIT_SRCS  := $(wildcard sdk/testkit/*.c)
UNIT_SRCS := $(wildcard tests/unit/*/test_*.c)
PLUGINS   := $(notdir $(patsubst %/,%,$(dir $(wildcard plugins/*/*.c))))
PLUGINS   := $(sort $(PLUGINS))

objs = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

CORE_LIB  := $(BUILD)/lib/libdunhub-core.a
HOST_LIB  := $(BUILD)/lib/libdunhub-host.a
WIRE_LIB  := $(BUILD)/lib/libdunhub-wire.a
SDK_LIB   := $(BUILD)/lib/libdunhub-sdk.a
KIT_LIB   := $(BUILD)/lib/libdunhub-testkit.a
PLUGIN_SO := $(PLUGINS:%=$(BUILD)/plugins/%.so)
UNIT_BINS := $(UNIT_SRCS:%.c=$(BUILD)/%)
PROGRAMS  := $(if $(wildcard core/main.c),$(BUILD)/dunhub) $(if $(wildcard sdk/host/main.c),$(BUILD)/dunhub-host) $(if $(LETTER_SRCS),$(BUILD)/dunhub-letter)

.PHONY: all
all: $(PROGRAMS) $(PLUGIN_SO)

# Says what to do instead of letting the compiler miss a header.
.PHONY: libraries
libraries:
	@pkg-config --exists $(sort $(PKGS_CORE) $(PKGS_HOST) $(PKGS_PLUGIN) $(PKGS_LETTER)) || { \
	    tools/install-deps --check build; echo "run: tools/install-deps build   (make run and make test do it themselves)"; exit 1; }

$(BUILD)/obj/%.o: %.c | libraries
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(PKG_CFLAGS) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

define archive
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)$(AR) rcsD $@ $(filter %.o,$^)
endef

$(CORE_LIB): $(call objs,$(CORE_SRCS))
	$(archive)
$(HOST_LIB): $(call objs,$(HOST_SRCS))
	$(archive)
$(WIRE_LIB): $(call objs,$(WIRE_SRCS))
	$(archive)
$(SDK_LIB): $(call objs,$(SDK_SRCS))
	$(archive)
$(KIT_LIB): $(call objs,$(KIT_SRCS))
	$(archive)

$(BUILD)/dunhub: $(call objs,$(CMD_SRCS)) $(CORE_LIB) $(HOST_LIB) $(WIRE_LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $(filter %.o,$^) $(CORE_LIB) $(HOST_LIB) $(WIRE_LIB) $(CORE_LIBS) -o $@

$(BUILD)/dunhub-host: $(call objs,sdk/host/main.c) $(HOST_LIB) $(WIRE_LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $(filter %.o,$^) $(HOST_LIB) $(WIRE_LIB) $(HOST_LIBS) -o $@

$(BUILD)/dunhub-letter: $(call objs,$(LETTER_SRCS)) $(CORE_LIB) $(HOST_LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $(filter %.o,$^) $(CORE_LIB) $(HOST_LIB) $(LETTER_LIBS) -o $@

define plugin_rule
$(BUILD)/plugins/$(1).so: $(call objs,$(wildcard plugins/$(1)/*.c)) $(SDK_LIB)
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) -shared $$(LDFLAGS_ALL) $(if $(SANITIZE),,-Wl,-z$(comma)defs) $$(filter %.o,$$^) $(SDK_LIB) $(PLUGIN_LIBS) -o $$@
endef
comma := ,
$(foreach p,$(PLUGINS),$(eval $(call plugin_rule,$(p))))

$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(CORE_LIB) $(HOST_LIB) $(KIT_LIB) $(SDK_LIB) $(WIRE_LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $(filter %.o,$^) $(CORE_LIB) $(HOST_LIB) $(KIT_LIB) $(SDK_LIB) $(WIRE_LIB) $(CORE_LIBS) $(PLUGIN_LIBS) -o $@

# Plugins made to misbehave, and three built against headers of other times; for tests only.
TEST_PLUGIN_SRCS := $(filter-out tests/plugins/vintage.c,$(wildcard tests/plugins/*.c))
VINTAGES         := older newer foreign
TEST_PLUGINS     := $(TEST_PLUGIN_SRCS:%.c=$(BUILD)/%.so) $(VINTAGES:%=$(BUILD)/tests/plugins/%.so)
$(BUILD)/tests/plugins/%.so: $(BUILD)/obj/tests/plugins/%.o
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) -shared $(LDFLAGS_ALL) $< -o $@
# The one that speaks HTTP has the SDK, as shipped ones do.
$(BUILD)/tests/plugins/careless.so: $(BUILD)/obj/tests/plugins/careless.o $(SDK_LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) -shared $(LDFLAGS_ALL) $< $(SDK_LIB) $(PLUGIN_LIBS) -o $@
$(VINTAGES:%=$(BUILD)/tests/include/%/dunhub/plugin.h): $(BUILD)/tests/include/%/dunhub/plugin.h: tests/plugins/vintage.sh sdk/include/dunhub/plugin.h
	@mkdir -p $(@D)
	$(Q)tests/plugins/vintage.sh $* < sdk/include/dunhub/plugin.h > $@
$(VINTAGES:%=$(BUILD)/obj/tests/plugins/%.o): $(BUILD)/obj/tests/plugins/%.o: tests/plugins/vintage.c $(BUILD)/tests/include/%/dunhub/plugin.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) -I$(BUILD)/tests/include/$* -DVINTAGE='"$*"' $(CFLAGS_ALL) -c $< -o $@
$(filter $(BUILD)/tests/unit/bus/% $(BUILD)/tests/unit/host/% $(BUILD)/tests/unit/hub/% $(BUILD)/tests/unit/cmd/% $(BUILD)/tests/unit/contract/%,$(UNIT_BINS)): | $(TEST_PLUGINS) $(BUILD)/dunhub-host
$(filter $(BUILD)/tests/unit/press/%,$(UNIT_BINS)): | $(BUILD)/dunhub-letter

$(filter $(BUILD)/tests/unit/bus/%,$(UNIT_BINS)): $(BUILD)/obj/tests/unit/bus/rig.o

# One seed, one execution: the hub on a disk, a clock and platforms that chance rules.
SIM_OBJS := $(call objs,$(filter-out tests/sim/main.c,$(wildcard tests/sim/*.c)))
$(SIM_OBJS) $(BUILD)/obj/tests/sim/main.o $(call objs,$(wildcard tests/unit/sim/*.c)): CPPFLAGS_ALL += -Itests
$(filter $(BUILD)/tests/unit/sim/%,$(UNIT_BINS)) $(BUILD)/tests/sim/main: $(SIM_OBJS)

# tools/X.c and tools/bench/X.c: programs for people who build and measure, linked to the core.
TOOL_SRCS  := $(wildcard tools/*.c)
BENCH_SRCS := $(wildcard tools/bench/*.c)
TOOL_BINS  := $(TOOL_SRCS:%.c=$(BUILD)/%)
BENCH_BINS := $(BENCH_SRCS:%.c=$(BUILD)/%)
$(BUILD)/tools/%: $(BUILD)/obj/tools/%.o $(CORE_LIB) $(HOST_LIB) $(WIRE_LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $< $(CORE_LIB) $(HOST_LIB) $(WIRE_LIB) $(CORE_LIBS) -o $@

$(BUILD)/tools/bench/bus: | $(BUILD)/tests/plugins/echo.so
$(BUILD)/tools/bench/notices: | $(BUILD)/dunhub-letter

# The tests of plugins load the files that are shipped.
$(filter $(BUILD)/tests/unit/plugins/% $(BUILD)/tests/unit/hub/test_configuration,$(UNIT_BINS)): | $(PLUGIN_SO) $(BUILD)/dunhub-host

.PRECIOUS: $(BUILD)/obj/%.o

# ---- fuzzing -----------------------------------------------------------------------------------------
# tests/fuzz/X.c are parsers as functions of bytes. One program drives any of them under libFuzzer; a test of the unit
# suite replays their corpora without it. What is found is kept in tests/fuzz/crashes, as TARGET-crash-….
FUZZ_SRCS  := $(filter-out tests/fuzz/driver.c,$(wildcard tests/fuzz/*.c))
FUZZ_OBJS  := $(call objs,$(FUZZ_SRCS) $(addprefix plugins/csv_ledger/,reader.c row.c mapping.c))
FUZZ_FLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FUZZ_LIMITS := -max_len=16384 -timeout=10 -rss_limit_mb=1024
FUZZ_LINK   = $(Q)$(CC) $(LDFLAGS_ALL) $(filter %.o,$^) $(CORE_LIB) $(SDK_LIB) $(WIRE_LIB) $(CORE_LIBS) $(PLUGIN_LIBS)
TARGETS    ?= $(notdir $(wildcard tests/fuzz/corpus/*))
SECONDS    ?= 20

$(BUILD)/tests/unit/fuzz/test_replay: $(call objs,tests/unit/fuzz/test_replay.c) $(FUZZ_OBJS) $(CORE_LIB) $(SDK_LIB) $(WIRE_LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(FUZZ_LINK) -o $@
$(BUILD)/tests/fuzz/driver: $(call objs,tests/fuzz/driver.c) $(FUZZ_OBJS) $(CORE_LIB) $(SDK_LIB) $(WIRE_LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(FUZZ_LINK) -fsanitize=fuzzer -o $@

.PHONY: fuzz
fuzz:
	@tools/install-deps test
	@$(MAKE) --no-print-directory -s -j2 BUILD=$(BUILD)/fuzz CC=clang OPT="-O1 -g" SANITIZE_FLAGS="$(FUZZ_FLAGS)" $(BUILD)/fuzz/tests/fuzz/driver
	@mkdir -p tests/fuzz/crashes; status=0; for t in $(TARGETS); do \
	    mkdir -p $(BUILD)/fuzz/corpus/$$t; \
	    $(BUILD)/fuzz/tests/fuzz/driver --target=$$t -max_total_time=$(SECONDS) $(FUZZ_LIMITS) -print_final_stats=1 \
	        -artifact_prefix=tests/fuzz/crashes/$$t- $(BUILD)/fuzz/corpus/$$t tests/fuzz/corpus/$$t >$(BUILD)/fuzz/$$t.log 2>&1 \
	        && echo "ok $$t: $$(grep -o 'number_of_executed_units: *[0-9]*' $(BUILD)/fuzz/$$t.log | grep -o '[0-9]*') inputs" \
	        || { status=1; echo "not ok $$t: see $(BUILD)/fuzz/$$t.log"; }; \
	done; exit $$status

# ---- simulation ----------------------------------------------------------------------------------------
# One seed with SEED=7; without, the first SEEDS of them. What one finds is kept in tests/sim/seeds.txt.
SEEDS ?= 40
STEPS ?= 400
.PHONY: sim
sim: $(BUILD)/tests/sim/main
	@$(BUILD)/tests/sim/main --seed $(or $(SEED),1) --seeds $(if $(SEED),1,$(SEEDS)) --steps $(STEPS)

# ---- what people type ------------------------------------------------------------------------------
SUITES ?= unit cases contract integration faults tree

.PHONY: help
help:
	@echo "make             builds $(BUILD)/dunhub, $(BUILD)/dunhub-host, $(BUILD)/dunhub-letter, $(BUILD)/plugins/*.so"
	@echo "make run         installs what is missing, builds, and shows the main job on a sample portfolio (LEDGER=ibm: a real ledger)"
	@echo "make test        installs what the tests need and runs them all (SUITES='unit cases contract integration faults tree')"
	@echo "make contract NAME=x   tries plugins/x against its contract.yaml and the laws of all plugins"
	@echo "make asan        the same suites built with AddressSanitizer and UndefinedBehaviorSanitizer"
	@echo "make fuzz        runs each parser's fuzzer for SECONDS=20 (TARGETS='tree wire …'), with clang"
	@echo "make sim         plays chance against hub and store on a disk that loses power (SEED=7 STEPS=2000: one execution)"
	@echo "make mutants     breaks one rule after the other and counts the breaks that no test sees"
	@echo "make clang       builds everything with clang as well, warnings as errors"
	@echo "make lint        the part of the style that a script can hold"
	@echo "make bench       ratios against bare programs in the same run, as a table and build/bench.json"
	@echo "make docs        writes docs/reference from the tables in the code"
	@echo "make new-plugin NAME=x    a plugin's folder, from sdk/template"
	@echo "make install DESTDIR= PREFIX=/usr/local"
	@echo "make clean       removes $(BUILD)"

.PHONY: run
run:
	@tools/install-deps build
	@$(MAKE) --no-print-directory -s -j2 all $(BUILD)/tools/sample_portfolio
	@tools/demo $(BUILD) $(or $(LEDGER),sample)

.PHONY: test check
test:
	@tools/install-deps test
	@$(MAKE) --no-print-directory -s -j2 check
check: all $(UNIT_BINS) $(TOOL_BINS)
	@tools/run-tests --build $(BUILD) $(SUITES)

.PHONY: unit
unit: $(UNIT_BINS)
	@tools/run-tests --build $(BUILD) unit

.PHONY: asan clang
asan:
	@tools/install-deps test
	@$(MAKE) --no-print-directory -s -j2 BUILD=$(BUILD)/asan SANITIZE=1 OPT="-O1 -g" SUITES="$(filter-out tree,$(SUITES))" check
clang:
	@tools/install-deps test
	@$(MAKE) --no-print-directory -s -j2 BUILD=$(BUILD)/clang CC=clang all unit

.PHONY: mutants
mutants:
	@tools/install-deps test
	@tests/mutants/run

.PHONY: lint
lint:
	@tools/install-deps lint
	@tools/lint

.PHONY: bench
bench: all $(BENCH_BINS)
	@tools/run-bench $(BUILD)

.PHONY: docs
docs: all $(BUILD)/tools/docgen
	@$(BUILD)/tools/docgen --plugins $(BUILD)/plugins --host $(BUILD)/dunhub-host docs/reference

.PHONY: new-plugin
new-plugin:
	@tools/new-plugin "$(NAME)"

# FOLDER: of a plugin that is not in this tree; its library is looked for in PLUGIN_DIR.
.PHONY: contract
contract: $(BUILD)/dunhub $(BUILD)/dunhub-host $(if $(FOLDER),,$(NAME:%=$(BUILD)/plugins/%.so))
	@$(BUILD)/dunhub contract --plugins $(or $(PLUGIN_DIR),$(BUILD)/plugins) $(or $(FOLDER),plugins/$(NAME))

.PHONY: install
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/dunhub/plugins $(DESTDIR)$(PREFIX)/include/dunhub \
	    $(DESTDIR)$(PREFIX)/share/dunhub $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -m 755 $(BUILD)/dunhub $(DESTDIR)$(PREFIX)/bin/
	install -m 755 $(BUILD)/dunhub-host $(BUILD)/dunhub-letter $(DESTDIR)$(PREFIX)/lib/dunhub/
	install -m 755 $(PLUGIN_SO) $(DESTDIR)$(PREFIX)/lib/dunhub/plugins/
	install -m 644 sdk/include/dunhub/*.h $(DESTDIR)$(PREFIX)/include/dunhub/
	cp -r conf.d $(DESTDIR)$(PREFIX)/share/dunhub/
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's,@PREFIX@,$(PREFIX),' tools/packaging/dunhub.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/dunhub.service
	$(BUILD)/dunhub completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/dunhub

.PHONY: clean
clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
