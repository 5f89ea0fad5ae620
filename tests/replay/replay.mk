# SPDX-License-Identifier: GPL-2.0-or-later
# System tests without root: a recording in the kernel's place.
if HAVE_CMOCKA
check_PROGRAMS += tests/replay/test_replay
TESTS += tests/replay/test_replay

tests_replay_test_replay_CPPFLAGS = $(UNIT_CPPFLAGS) \
	-DKVMEXITCTL='"$(abs_top_builddir)/daemon/ctl/kvmexitctl"'
tests_replay_test_replay_CFLAGS = $(UNIT_CFLAGS)
tests_replay_test_replay_LDADD = $(UNIT_LDADD)

dist_check_SCRIPTS += tests/replay/identity
TESTS += tests/replay/identity
endif

EXTRA_DIST += tests/replay/exitgen.json tests/replay/exitgen.rec tests/replay/record
