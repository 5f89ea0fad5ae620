# SPDX-License-Identifier: GPL-2.0-or-later
# kvmexitd with a synthetic kernel, for tests/bench/daemon and tests/interop. Its own
# sockets and clocks come before those of the library.
EXTRA_DIST += tests/bench/daemon tests/bench/exit-path tests/bench/fleet \
	tests/bench/hostile tests/bench/idle \
	tests/bench/memory tests/bench/peers tests/bench/peers-doc \
	tests/bench/peers.d/features.py tests/bench/peers.d/in-l1 tests/bench/peers.d/tools.py

if HAVE_CMOCKA
check_PROGRAMS += tests/bench/synthetic
tests_bench_synthetic_SOURCES = \
	tests/bench/synthetic.c tests/bench/synthetic.h \
	tests/bench/synthetic_events.c \
	tests/bench/synthetic_kernel.c \
	tests/bench/synthetic_more.c
tests_bench_synthetic_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_bench_synthetic_CFLAGS = $(UNIT_CFLAGS)
tests_bench_synthetic_LDADD = $(UNIT_LDADD)
endif
