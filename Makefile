# Builds Civic into build/ (or, with SANITIZE=1, into build/asan/).
# "make" alone says what there is; the work itself is done by tools/*.sh.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash

ifeq ($(SANITIZE),1)
B        := build/asan
# Reports name functions and lines; the rest of -g is half of the compiler's time.
OPTIMISE := -O1 -g1 -fno-omit-frame-pointer
SANITIZER := -fsanitize=address,undefined -fno-sanitize-recover=undefined
# nginx unloads modules at its end, before leaks are looked for: what their
# variables point to would count as lost, and frames would have no names.
STAY     := -Wl,-z,nodelete
# LuaJIT has memory of its threads.  Where that is when it is opened late, gcc's
# search for leaks now and then takes it for something else, and crashes.
EARLY    := -Wl,--no-as-needed -lluajit-5.1 -Wl,--as-needed
else
B        := build
OPTIMISE := -O2 -g
SANITIZER :=
FORTIFY  := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
endif

ifeq ($(origin CC),default)
CC       := gcc
endif
ifeq ($(origin CXX),default)
CXX      := g++
endif
HARDEN   := -fstack-protector-strong -fstack-clash-protection \
            -fcf-protection=full $(FORTIFY)
# A member that an initializer leaves out is zero, which always means "absent".
WARN     := -Wall -Wextra -Werror -Wformat=2 -Wshadow \
            -Wno-missing-field-initializers
CFLAGS   := -std=gnu11 $(OPTIMISE) $(WARN) -Wstrict-prototypes \
            -Wmissing-prototypes -fPIC -fvisibility=hidden $(HARDEN) $(SANITIZER)
# The C++ is dlib's faces.  Its nets are templates in templates, which take the
# compiler ten minutes and 4 GB with sanitizers: it is built once, without; and
# what -g says beyond lines is a third of what is left.
CXXFLAGS := -std=gnu++17 -O2 -g1 $(WARN) -fPIC -fvisibility=hidden \
            -fstack-protector-strong -fstack-clash-protection \
            -fcf-protection=full -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
CPPFLAGS := -Ingx_module/include -isystem /usr/include/luajit-2.1
SEE_CORE := $(addprefix -I,$(patsubst %/,%,$(wildcard ngx_module/core/*/)))
SEE_KIT  := -Iplugins/kit $(addprefix -I,$(patsubst %/,%,$(wildcard plugins/kit/*/)))
SEE_MEDIA := -Imedia_engine \
             $(addprefix -I,$(patsubst %/,%,$(wildcard media_engine/*/)))
LDFLAGS  := -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack $(STAY) $(SANITIZER)
LIBS     := -ljansson -lcrypto -lhiredis -lpthread -ldl -lm

# Short lines; V=1 shows the commands.
ifneq ($(V),1)
Q   := @
endif
say  = @printf '  %-5s %s\n' $(1) $@

NGX_TREE := /usr/share/nginx/src

CORE_LIB := $(B)/libciviccore.a
KIT_LIB  := $(B)/libcivickit.a
SHARED_LIB := $(B)/libcivicshared.a
MODULE   := $(B)/ngx_http_civic_module.so
CIVICCTL := $(B)/civicctl
CTL_LIB  := $(B)/libcivicctl.a
MEDIA    := $(B)/civic-media
MEDIA_LIB := $(B)/libcivicmedia.a
SOUNDS   := build/share/captcha/.made

objects   = $(patsubst %,$(B)/obj/%.o,$(basename $(1)))
CORE_OBJ := $(call objects,$(wildcard ngx_module/core/*/*.c))
KIT_OBJ  := $(call objects,$(wildcard plugins/kit/*.c plugins/kit/*/*.c))
SHARED_OBJ := $(call objects,$(wildcard plugins/shared/*.c))
CTL_OBJ  := $(call objects,$(wildcard tools/civicctl/*.c))
MEDIA_OBJ := $(call objects,$(wildcard media_engine/*.c media_engine/*/*.c)) \
             $(patsubst %.cc,build/obj/%.o,$(wildcard media_engine/*/*.cc))

# Each folder of plugins/ with C in it, but the kit and what plugins share, is
# a plugin; its libs.mk may name libraries: LIBS_<name> := -l...
PLUGINS  := $(sort $(filter-out kit shared,$(notdir $(patsubst %/,%,\
              $(dir $(wildcard plugins/*/*.c))))))
PLUGIN_SO := $(PLUGINS:%=$(B)/plugins/%.so)
-include $(wildcard plugins/*/libs.mk tools/civicctl/libs.mk \
            media_engine/libs.mk t/*/libs.mk bench/libs.mk)

.PHONY: help setup build core demo stop test fault lint bench openapi install clean

help:
	@echo 'Civic: a citizen-service backend inside nginx'
	@echo
	@echo '  make demo      install what is missing, build, start, load' \
	      'example people'
	@echo '  make stop      stop the demo'
	@echo '  make build     module, plugins, civicctl and civic-media, into' \
	      'build/'
	@echo '  make test      every test tier (make unit: the quick one)'
	@echo '  make fault     bad days: what must end well (a tier of make test)'
	@echo '  make lint      static checks, direction of knowledge, hardening'
	@echo '  make bench     measure beside the peers, into bench/out/' \
	      '(BENCH=http: a group)'
	@echo '  make openapi   docs/openapi.yaml from the plugins'\'' tables'
	@echo '  make install   into the distribution'\''s places (DESTDIR=...)'
	@echo '  make setup     install the Debian packages a build needs'
	@echo '  make clean     remove build/'
	@echo
	@echo '  SANITIZE=1     with AddressSanitizer and UBSan, in build/asan/'


# ---- what is built ---------------------------------------------------------

setup:
	@tools/setup.sh build

# What compiles longest begins first.
FACES_OBJ := $(filter build/obj/media_engine/faces/%,$(MEDIA_OBJ))

build: $(FACES_OBJ) $(MODULE) $(PLUGIN_SO) $(CIVICCTL) $(MEDIA) $(SOUNDS)

core: $(CORE_LIB)

$(CORE_LIB): $(CORE_OBJ)
$(KIT_LIB): $(KIT_OBJ)
$(SHARED_LIB): $(SHARED_OBJ)

$(B)/%.a:
	$(call say,AR)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/obj/%.o: %.S
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

build/obj/%.o: %.cc
	@mkdir -p $(@D)
	$(call say,CXX)
	$(Q)$(CXX) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

# Who may see whose headers is the direction of knowledge (see tools/lint.sh).
$(B)/obj/ngx_module/core/%.o: CPPFLAGS += $(SEE_CORE)
# A debugger reads fibers by their types, with sanitizers, too.
$(B)/obj/ngx_module/core/fibers/%.o: CFLAGS += -g2
$(B)/obj/t/unit/core/fibers/%.o: CFLAGS += -g2
$(B)/obj/plugins/%.o: CPPFLAGS += -Iplugins/shared $(SEE_KIT)
$(B)/obj/tools/%.o: CPPFLAGS += $(SEE_CORE) $(SEE_KIT)
$(B)/obj/media_engine/%.o: CPPFLAGS += -Iplugins/kit $(SEE_MEDIA)
build/obj/media_engine/faces/%.o: CPPFLAGS += -Iplugins/kit $(SEE_MEDIA)
$(B)/obj/t/unit/%.o: CPPFLAGS += \
    $(addprefix -I,$(wildcard t/unit/*/ t/unit/*/*/))
$(B)/obj/t/%.o: CPPFLAGS += $(SEE_CORE) $(SEE_KIT) $(SEE_MEDIA) \
    -Itools/civicctl -It/plugin -It/photos
$(B)/obj/bench/%.o: CPPFLAGS += $(SEE_CORE) $(SEE_KIT) $(SEE_MEDIA)

define plugin_rule
$(B)/plugins/$(1).so: $(call objects,$(wildcard plugins/$(1)/*.c)) \
    $(SHARED_LIB) $(KIT_LIB) plugins/exports.map
	@mkdir -p $$(@D)
	$$(call say,LINK)
	$(Q)$(CC) -shared $(LDFLAGS) -Wl,-z,defs \
	    -Wl,--version-script=plugins/exports.map -o $$@.new \
	    $$(filter %.o %.a,$$^) $(LIBS_$(1)) -ljansson -lcrypto -lpthread -lm
	@mv $$@.new $$@
endef
$(foreach plugin,$(PLUGINS),$(eval $(call plugin_rule,$(plugin))))

# What "civicctl version" tells; changes only when one of these does.
VERSION  := 1.0.0
COMMIT   := $(shell git describe --always --dirty --exclude '*' 2>/dev/null)

$(B)/obj/version.h: FORCE
	@mkdir -p $(@D)
	@printf '#define CTL_VERSION "%s"\n' \
	    '$(VERSION)$(if $(COMMIT), ($(COMMIT)))' > $@.new
	@sed -n 's/^#define NGINX_VERSION /#define CTL_NGINX_VERSION /p' \
	    $(NGX_TREE)/src/core/nginx.h >> $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(B)/obj/tools/civicctl/cmd_version.o: CPPFLAGS += -I$(B)/obj
$(B)/obj/tools/civicctl/cmd_version.o: $(B)/obj/version.h

# All but main() stands in a library too, for the tests of its parts.
$(CTL_LIB): $(filter-out %/main.o,$(CTL_OBJ))

$(CIVICCTL): $(CTL_OBJ) $(CORE_LIB) $(KIT_LIB)
	$(call say,LINK)
	$(Q)$(CC) $(LDFLAGS) -pie -o $@ $^ $(LIBS_civicctl) $(LIBS)

# All but main() again; the kit is asked for jpeg_probe.
$(MEDIA_LIB): $(filter-out %/main.o,$(MEDIA_OBJ))

$(MEDIA): $(B)/obj/media_engine/main.o $(MEDIA_LIB) $(KIT_LIB)
	$(call say,LINK)
	$(Q)$(CXX) $(LDFLAGS) -pie -o $@ $^ $(LIBS_media)

# The audio captcha's digits, spoken once.
$(SOUNDS): tools/captcha-sounds.sh
	$(call say,SPEAK)
	$(Q)tools/captcha-sounds.sh $(@D)
	@touch $@


# ---- the module, by nginx's own makefile in a copy of nginx-dev's tree -----

NGX_SRC  := $(wildcard ngx_module/ngx/*/*.c)
NGX_HDR  := $(wildcard ngx_module/*/*.h ngx_module/*/*/*.h)
NGX_CC   := $(OPTIMISE) $(HARDEN) -Wformat=2 $(SANITIZER)
NGX_LIST := $(B)/nginx.list

# Changes only when the set of files does, or their folder: then nginx
# configures again.
$(NGX_LIST): FORCE
	@mkdir -p $(@D)
	@dpkg-query -W -f '$${Version}\n' nginx-dev > $@.new
	@printf '%s\n' $(CURDIR) $(NGX_SRC) $(NGX_HDR) >> $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
.PHONY: FORCE

$(B)/nginx/objs/Makefile: config $(NGX_LIST) | $(CORE_LIB)
	@printf '  %-5s %s\n' CONF 'the tree of nginx-dev'
	$(Q)rm -rf $(B)/nginx && mkdir -p $(B)/nginx
	$(Q)cp -as $(NGX_TREE)/. $(B)/nginx/
	$(Q)cd $(B)/nginx && . ./conf_flags \
	    && ASAN_OPTIONS=detect_leaks=0 CIVIC_BUILD=$(CURDIR)/$(B) \
	       bash ./configure "$${NGX_CONF_FLAGS[@]}" \
	       --with-cc-opt='$(NGX_CC)' --with-ld-opt='$(LDFLAGS)' \
	       --add-dynamic-module=$(CURDIR) > configure.log 2>&1 \
	    || { tail -n 20 configure.log; exit 1; }

$(MODULE): $(B)/nginx/objs/Makefile $(NGX_SRC) $(NGX_HDR) $(CORE_LIB) \
    ngx_module/ngx/exports.map
	@rm -f $(B)/nginx/objs/$(@F)
	$(call say,LINK)
	$(Q)$(MAKE) $(if $(Q),--silent) --no-print-directory -C $(B)/nginx -f objs/Makefile modules
	@! nm -D --undefined-only $(B)/nginx/objs/$(@F) \
	    | grep -E ' (ngx_http_civic|civic)_' \
	    || { echo '$@: these are not defined anywhere'; exit 1; }
	@install -m 644 $(B)/nginx/objs/$(@F) $@.new && mv $@.new $@


# ---- tests -----------------------------------------------------------------

# t/unit/<dir>/.../<file>_test.c mirrors the core, the kit and the engine;
# t/plugin/*_test.c run plugins against the fake host, which is t/plugin's
# other files.  t/photos draws the photos of all tiers.
PHOTO_DRAW := t/photos/draw.c t/photos/odd_jpeg.c
PHOTOS     := $(B)/photos/.made
UNIT_SRC   := $(wildcard t/unit/*/*_test.c t/unit/*/*/*_test.c)
UNIT_HELP  := $(filter-out $(UNIT_SRC),$(wildcard t/unit/*/*.c t/unit/*/*/*.c)) \
              $(PHOTO_DRAW)
UNIT       := $(UNIT_SRC:%.c=$(B)/%)
PLUGIN_SRC := $(wildcard t/plugin/*_test.c)
HOST_SRC   := $(filter-out $(PLUGIN_SRC),$(wildcard t/plugin/*.c))
PLUGIN_T   := $(PLUGIN_SRC:%.c=$(B)/%)
FIXTURES   := $(patsubst %.c,$(B)/%.so,$(wildcard t/*/fixtures/*.c))

.PHONY: unit-build plugin-build fuzz-build fuzz-short fixtures unit plugin-test
.SECONDARY:

fixtures: $(FIXTURES) $(PHOTOS)
unit-build: $(FACES_OBJ) $(UNIT) fixtures
plugin-build: $(PLUGIN_T) $(PLUGIN_SO) fixtures

# A short run of each fuzz target is part of it, but not twice.
ifneq ($(SANITIZE),1)
unit-build: fuzz-build
unit: fuzz-short
endif

unit: unit-build
	@tools/run-tests.sh $(B) $(UNIT)

fuzz-short: unit-build
	@tools/fuzz.sh 20000x

plugin-test: plugin-build
	@tools/run-tests.sh $(B) $(PLUGIN_T)

$(B)/t/unit/%_test: $(B)/obj/t/unit/%_test.o $(call objects,$(UNIT_HELP)) \
    $(CTL_LIB) $(MEDIA_LIB) $(CORE_LIB) $(KIT_LIB)
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) \
	    $(LIBS_unit) $(LIBS_civicctl) -lcmocka $(LIBS) $(EARLY)

$(B)/t/plugin/%_test: $(B)/obj/t/plugin/%_test.o $(call objects,$(HOST_SRC)) \
    $(CORE_LIB) $(KIT_LIB)
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(LDFLAGS) -rdynamic -o $@ $(filter %.o,$^) $(CORE_LIB) \
	    $(KIT_LIB) $(LIBS_plugin) -lcmocka $(LIBS) $(EARLY)

$(B)/t/photos/make: $(call objects,$(wildcard t/photos/*.c)) $(MEDIA_LIB) \
    $(KIT_LIB)
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_media) -lqrencode -ldeflate

$(PHOTOS): $(B)/t/photos/make
	@mkdir -p $(@D)
	$(call say,DRAW)
	$(Q)$< $(@D)
	@touch $@

$(B)/t/%.so: $(B)/obj/t/%.o
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) -shared $(LDFLAGS) -o $@ $< -ljansson -lm

# Plugins that ask plugins/shared for a test.
$(B)/obj/t/plugin/fixtures/shared_%.o: CPPFLAGS += -Iplugins/shared
$(B)/t/plugin/fixtures/shared_%.so: $(B)/obj/t/plugin/fixtures/shared_%.o \
    $(SHARED_LIB) $(KIT_LIB)
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) -shared $(LDFLAGS) -o $@ $(filter %.o %.a,$^) -ljansson -lm

# Preloaded into Redis, which has no sanitizers of ours.
$(B)/obj/t/fault/fixtures/%.o $(B)/t/fault/fixtures/%.so: \
    CFLAGS := $(filter-out -fsanitize% -fno-sanitize%,$(CFLAGS))
$(B)/t/fault/fixtures/%.so: LDFLAGS := $(filter-out $(SANITIZER),$(LDFLAGS))


# t/fuzz/<target>_fuzz.c are libFuzzer's: a tree of their own, by clang, whose
# coverage leads it; always with sanitizers.  tools/fuzz.sh runs them.
CLANG    := clang-14
FUZZ     := $(patsubst t/fuzz/%_fuzz.c,build/fuzz/%,$(wildcard t/fuzz/*_fuzz.c))
FUZZ_LIB := build/fuzz/libparsers.a
FUZZ_CC  := $(CLANG) -std=gnu11 -O1 -g1 -fno-omit-frame-pointer \
            -fsanitize=address,undefined -fno-sanitize-recover=undefined
FUZZ_SEE := $(SEE_CORE) $(SEE_KIT) $(SEE_MEDIA)

fuzz-build: $(FUZZ)

$(FUZZ_LIB): $(patsubst %.c,build/fuzz/obj/%.o,\
    $(wildcard ngx_module/core/*/*.c plugins/kit/*.c plugins/kit/*/*.c \
      media_engine/picture/*.c media_engine/documents/*.c))

build/fuzz/lib%.a:
	$(call say,AR)
	@rm -f $@
	$(Q)ar rcs $@ $^

build/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CLANG)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer-no-link $(CPPFLAGS) $(FUZZ_SEE) $(WARN) \
	    -Wno-format-nonliteral \
	    -MMD -MP -c -o $@ $<

build/fuzz/%: build/fuzz/obj/t/fuzz/%_fuzz.o $(FUZZ_LIB)
	$(call say,LINK)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer -o $@ $^ $(LIBS_unit) $(LIBS)


# ---- what is run -----------------------------------------------------------

demo:
	@tools/demo.sh start

stop:
	@tools/demo.sh stop

test:
	@tools/setup.sh build test
	@tools/test.sh

fault:
	@tools/setup.sh build test
	@V=1 tools/test.sh fault

lint:
	@tools/setup.sh build lint
	@$(MAKE) --no-print-directory build
	@tools/lint.sh

bench:
	@tools/setup.sh build bench
	@$(MAKE) --no-print-directory build bench-build
	@bench/run.sh $(BENCH)

BENCH_C := $(patsubst %.c,$(B)/%,$(wildcard bench/*.c))
.PHONY: bench-build
bench-build: $(BENCH_C) $(PHOTOS) $(B)/t/fault/fixtures/loop_turns.so
$(B)/bench/%: $(B)/obj/bench/%.o $(MEDIA_LIB) $(CORE_LIB) $(KIT_LIB)
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(LDFLAGS) -o $@ $< $(MEDIA_LIB) $(CORE_LIB) $(KIT_LIB) \
	    $(LIBS_bench) $(LIBS)

# What bench/faces.sh runs: it looks into the engine.
$(B)/obj/bench/faces.o: CPPFLAGS += $(SEE_MEDIA)
$(B)/bench/faces: $(B)/obj/bench/faces.o $(MEDIA_LIB) $(KIT_LIB)
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS_media)

openapi: $(CIVICCTL) $(PLUGIN_SO)
	$(CIVICCTL) openapi $(PLUGIN_SO) > $(B)/openapi.yaml
	mv $(B)/openapi.yaml docs/openapi.yaml

install: build
	@DESTDIR='$(DESTDIR)' tools/install.sh

clean:
	rm -rf build

-include $(shell find $(B)/obj build/fuzz/obj -name '*.d' 2>/dev/null)
