# SPDX-License-Identifier: GPL-2.0-or-later
# Fuzz targets. "make check" feeds them their corpora; tests/fuzz/run lets libFuzzer
# loose on them, for which they are configured with --enable-fuzzers.
FUZZ_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/fuzz
FUZZ_LDADD = $(KVMEXITD_LIBS)
FUZZ_READ = tests/fuzz/read_registry.c tests/fuzz/read_registry.h
if FUZZERS
FUZZ_FEED =
AM_CFLAGS += -fsanitize=fuzzer-no-link
FUZZ_LINK_FLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
FUZZ_FEED = tests/fuzz/feed.c
FUZZ_LINK_FLAGS = $(AM_LDFLAGS)
endif

FUZZ_TARGETS = \
	tests/fuzz/fuzz_config \
	tests/fuzz/fuzz_genl \
	tests/fuzz/fuzz_recording \
	tests/fuzz/fuzz_state \
	tests/fuzz/fuzz_varlink
check_PROGRAMS += $(FUZZ_TARGETS)
if !FUZZERS
TESTS += $(FUZZ_TARGETS)
endif

EXTRA_DIST += tests/fuzz/run tests/fuzz/corpus

FUZZ_CORPORA = -DFUZZ_CORPUS='"$(abs_top_srcdir)/tests/fuzz/corpus/

tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c tests/fuzz/fuzz.h $(FUZZ_FEED)
tests_fuzz_fuzz_config_CPPFLAGS = $(FUZZ_CPPFLAGS) $(FUZZ_CORPORA)config"'
tests_fuzz_fuzz_config_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_config_LDADD = $(FUZZ_LDADD)

tests_fuzz_fuzz_genl_SOURCES = tests/fuzz/fuzz_genl.c tests/fuzz/fuzz.h $(FUZZ_READ) $(FUZZ_FEED)
tests_fuzz_fuzz_genl_CPPFLAGS = $(FUZZ_CPPFLAGS) $(FUZZ_CORPORA)genl"'
tests_fuzz_fuzz_genl_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_genl_LDADD = $(FUZZ_LDADD)

tests_fuzz_fuzz_recording_SOURCES = tests/fuzz/fuzz_recording.c tests/fuzz/fuzz.h $(FUZZ_FEED)
tests_fuzz_fuzz_recording_CPPFLAGS = $(FUZZ_CPPFLAGS) $(FUZZ_CORPORA)recording"'
tests_fuzz_fuzz_recording_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_recording_LDADD = $(FUZZ_LDADD)

tests_fuzz_fuzz_state_SOURCES = tests/fuzz/fuzz_state.c tests/fuzz/fuzz.h $(FUZZ_READ) $(FUZZ_FEED)
tests_fuzz_fuzz_state_CPPFLAGS = $(FUZZ_CPPFLAGS) $(FUZZ_CORPORA)state"'
tests_fuzz_fuzz_state_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_state_LDADD = $(FUZZ_LDADD)

tests_fuzz_fuzz_varlink_SOURCES = tests/fuzz/fuzz_varlink.c tests/fuzz/fuzz.h $(FUZZ_FEED)
tests_fuzz_fuzz_varlink_CPPFLAGS = $(FUZZ_CPPFLAGS) $(FUZZ_CORPORA)varlink"'
tests_fuzz_fuzz_varlink_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_varlink_LDADD = $(FUZZ_LDADD)
