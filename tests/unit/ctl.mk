# SPDX-License-Identifier: GPL-2.0-or-later
# Tests of kvmexitctl.
if HAVE_CMOCKA
check_LIBRARIES += tests/unit/libctlfixture.a
tests_unit_libctlfixture_a_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_libctlfixture_a_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_libctlfixture_a_SOURCES = \
	tests/unit/ctl_control.c tests/unit/ctl_control.h \
	tests/unit/ctl_fixture.c tests/unit/ctl_fixture.h \
	tests/unit/ctl_maker.c tests/unit/ctl_maker.h \
	tests/unit/ctl_process.c \
	tests/unit/top_fixture.c tests/unit/top_fixture.h

CTL_TEST_LDADD = tests/unit/libctlfixture.a tests/unit/libserverfixture.a \
	$(KVMEXITCTL_LIBS) $(KVMEXITD_LIBS) $(CMOCKA_LIBS)

CTL_TESTS = \
	tests/unit/test_ctl \
	tests/unit/test_ctl_client \
	tests/unit/test_ctl_clock \
	tests/unit/test_ctl_config \
	tests/unit/test_ctl_details \
	tests/unit/test_ctl_explain \
	tests/unit/test_ctl_hang \
	tests/unit/test_ctl_help \
	tests/unit/test_ctl_json \
	tests/unit/test_ctl_rows \
	tests/unit/test_ctl_stat \
	tests/unit/test_ctl_table \
	tests/unit/test_ctl_time \
	tests/unit/test_ctl_top \
	tests/unit/test_ctl_report \
	tests/unit/test_diff \
	tests/unit/test_explain_cases \
	tests/unit/test_explain_rank \
	tests/unit/test_proctree \
	tests/unit/test_report \
	tests/unit/test_report_boot \
	tests/unit/test_report_rate \
	tests/unit/test_top \
	tests/unit/test_top_screen \
	tests/unit/test_top_time \
	tests/unit/test_ctl_watch
check_PROGRAMS += $(CTL_TESTS)
TESTS += $(CTL_TESTS)

dist_check_SCRIPTS = tests/unit/completion tests/unit/knobs tests/unit/manpages tests/unit/reasons
TESTS += tests/unit/completion tests/unit/knobs tests/unit/manpages tests/unit/reasons

check_PROGRAMS += tests/unit/print_reasons
tests_unit_print_reasons_LDADD = $(KVMEXITD_LIBS)

tests_unit_test_ctl_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_ctl_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_ctl_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_ctl_details_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_ctl_details_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_ctl_details_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_ctl_client_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_ctl_client_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_ctl_client_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_ctl_clock_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_ctl_clock_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_ctl_clock_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_ctl_config_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_ctl_config_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_ctl_config_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_ctl_table_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_ctl_table_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_ctl_table_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_ctl_time_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_ctl_time_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_ctl_time_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_top_screen_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_top_screen_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_top_screen_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_top_time_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_top_time_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_top_time_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_ctl_explain_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_ctl_explain_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_ctl_explain_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_diff_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_diff_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_diff_LDADD = tests/unit/libunittest.a $(CTL_TEST_LDADD)

tests_unit_test_explain_cases_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_explain_cases_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_explain_cases_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_explain_rank_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_explain_rank_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_explain_rank_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_ctl_hang_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_ctl_hang_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_ctl_hang_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_ctl_help_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_ctl_help_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_ctl_help_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_ctl_rows_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_ctl_rows_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_ctl_rows_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_ctl_watch_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_ctl_watch_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_ctl_watch_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_ctl_stat_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_ctl_stat_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_ctl_stat_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_proctree_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_proctree_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_proctree_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_ctl_top_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_ctl_top_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_ctl_top_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_top_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_top_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_top_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_report_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_report_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_report_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_report_boot_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_report_boot_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_report_boot_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_report_rate_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_report_rate_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_report_rate_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_ctl_report_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_ctl_report_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_ctl_report_LDADD = $(CTL_TEST_LDADD)

tests_unit_test_ctl_json_CPPFLAGS = $(SERVER_TEST_CPPFLAGS)
tests_unit_test_ctl_json_CFLAGS = $(SERVER_TEST_CFLAGS)
tests_unit_test_ctl_json_LDADD = $(CTL_TEST_LDADD)
endif
