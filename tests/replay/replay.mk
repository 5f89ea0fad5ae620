# SPDX-License-Identifier: GPL-2.0-or-later
# System tests without root: a recording in the kernel's place.
if HAVE_CMOCKA
check_LIBRARIES += tests/replay/libreplayfixture.a
tests_replay_libreplayfixture_a_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(srcdir)/tests/replay \
	-DKVMEXITCTL='"$(abs_top_builddir)/daemon/ctl/kvmexitctl"'
tests_replay_libreplayfixture_a_CFLAGS = $(UNIT_CFLAGS)
tests_replay_libreplayfixture_a_SOURCES = \
	tests/replay/replay_fixture.c tests/replay/replay_fixture.h

REPLAY_TESTS = tests/replay/test_pipes tests/replay/test_replay \
	tests/replay/test_replay_clock
check_PROGRAMS += $(REPLAY_TESTS)
TESTS += $(REPLAY_TESTS)

tests_replay_test_pipes_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(srcdir)/tests/replay
tests_replay_test_pipes_CFLAGS = $(UNIT_CFLAGS)
tests_replay_test_pipes_LDADD = tests/replay/libreplayfixture.a $(UNIT_LDADD)

tests_replay_test_replay_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(srcdir)/tests/replay
tests_replay_test_replay_CFLAGS = $(UNIT_CFLAGS)
tests_replay_test_replay_LDADD = tests/replay/libreplayfixture.a $(UNIT_LDADD)

tests_replay_test_replay_clock_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(srcdir)/tests/replay
tests_replay_test_replay_clock_CFLAGS = $(UNIT_CFLAGS)
tests_replay_test_replay_clock_LDADD = tests/replay/libreplayfixture.a $(UNIT_LDADD)

dist_check_SCRIPTS += tests/replay/identity
TESTS += tests/replay/identity
endif

EXTRA_DIST += tests/replay/exitgen.json tests/replay/exitgen.rec tests/replay/record
