# SPDX-License-Identifier: GPL-2.0-or-later
# Tests of the varlink server.
if HAVE_CMOCKA
check_LIBRARIES += tests/unit/libserverfixture.a
tests_unit_libserverfixture_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit
tests_unit_libserverfixture_a_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_libserverfixture_a_SOURCES = \
	tests/unit/server_fixture.c tests/unit/server_fixture.h \
	tests/unit/server_reader.c tests/unit/server_reader.h

SERVER_TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit \
	-DSOURCE_DIR='"$(abs_top_srcdir)"' \
	-DKVMEXITCTL='"$(abs_top_builddir)/daemon/ctl/kvmexitctl"'
SERVER_TEST_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
SERVER_TEST_LDADD = tests/unit/libserverfixture.a $(KVMEXITD_LIBS) $(CMOCKA_LIBS)

SERVER_TESTS = \
	tests/unit/test_varlink_parse \
	tests/unit/test_server \
	tests/unit/test_server_list \
	tests/unit/test_server_clients \
	tests/unit/test_server_conn \
	tests/unit/test_server_control \
	tests/unit/test_server_fair \
	tests/unit/test_server_history \
	tests/unit/test_server_limits \
	tests/unit/test_server_memory \
	tests/unit/test_server_listen \
	tests/unit/test_server_parts \
	tests/unit/test_server_queue \
	tests/unit/test_server_watch
check_PROGRAMS += $(SERVER_TESTS)
TESTS += $(SERVER_TESTS)

tests_unit_test_varlink_parse_SOURCES = tests/unit/test_varlink_parse.c
tests_unit_test_varlink_parse_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_varlink_parse_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_varlink_parse_LDADD = $(SERVER_TEST_LDADD)

tests_unit_test_server_SOURCES = tests/unit/test_server.c
tests_unit_test_server_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_server_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_server_LDADD = $(SERVER_TEST_LDADD)

tests_unit_test_server_list_SOURCES = tests/unit/test_server_list.c
tests_unit_test_server_list_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_server_list_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_server_list_LDADD = $(SERVER_TEST_LDADD)

tests_unit_test_server_clients_SOURCES = tests/unit/test_server_clients.c
tests_unit_test_server_clients_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_server_clients_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_server_clients_LDADD = $(SERVER_TEST_LDADD)

tests_unit_test_server_control_SOURCES = tests/unit/test_server_control.c
tests_unit_test_server_control_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_server_control_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_server_control_LDADD = $(SERVER_TEST_LDADD)

tests_unit_test_server_fair_SOURCES = tests/unit/test_server_fair.c
tests_unit_test_server_fair_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_server_fair_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_server_fair_LDADD = $(SERVER_TEST_LDADD)

tests_unit_test_server_conn_SOURCES = tests/unit/test_server_conn.c
tests_unit_test_server_conn_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_server_conn_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_server_conn_LDADD = $(SERVER_TEST_LDADD)

tests_unit_test_server_watch_SOURCES = tests/unit/test_server_watch.c
tests_unit_test_server_watch_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_server_watch_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_server_watch_LDADD = $(SERVER_TEST_LDADD)

tests_unit_test_server_history_SOURCES = tests/unit/test_server_history.c
tests_unit_test_server_history_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_server_history_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_server_history_LDADD = $(SERVER_TEST_LDADD)

tests_unit_test_server_limits_SOURCES = tests/unit/test_server_limits.c
tests_unit_test_server_limits_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_server_limits_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_server_limits_LDADD = $(SERVER_TEST_LDADD)

tests_unit_test_server_memory_SOURCES = tests/unit/test_server_memory.c
tests_unit_test_server_memory_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_server_memory_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_server_memory_LDADD = $(SERVER_TEST_LDADD)

tests_unit_test_server_listen_SOURCES = tests/unit/test_server_listen.c
tests_unit_test_server_listen_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_server_listen_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_server_listen_LDADD = $(SERVER_TEST_LDADD)

tests_unit_test_server_parts_SOURCES = tests/unit/test_server_parts.c
tests_unit_test_server_parts_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_server_parts_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_server_parts_LDADD = $(SERVER_TEST_LDADD)

tests_unit_test_server_queue_SOURCES = tests/unit/test_server_queue.c
tests_unit_test_server_queue_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_server_queue_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_server_queue_LDADD = $(SERVER_TEST_LDADD)
endif
