# SPDX-License-Identifier: GPL-2.0-or-later
# Tests of the daemon's core.
if HAVE_CMOCKA
check_LIBRARIES += tests/unit/libunittest.a
tests_unit_libunittest_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit
tests_unit_libunittest_a_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_libunittest_a_SOURCES = \
	tests/unit/fake_kernel.c tests/unit/fake_kernel.h \
	tests/unit/http_fixture.c tests/unit/http_fixture.h \
	tests/unit/metrics_fixture.c tests/unit/metrics_fixture.h \
	tests/unit/model_build.c tests/unit/model_build.h \
	tests/unit/nlmsg_build.c tests/unit/nlmsg_build.h \
	tests/unit/recording_read.c tests/unit/recording_read.h \
	tests/unit/unit_test.c tests/unit/unit_test.h

UNIT_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit -DSOURCE_DIR='"$(abs_top_srcdir)"' \
	-DKVMEXITD='"$(abs_top_builddir)/daemon/kvmexitd"'
UNIT_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
UNIT_LDADD = tests/unit/libunittest.a $(KVMEXITD_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS = \
	tests/unit/test_explain \
	tests/unit/test_catalog \
	tests/unit/test_bpf_source \
	tests/unit/test_bpf_view \
	tests/unit/test_detail \
	tests/unit/test_detail_random \
	tests/unit/test_genl_config \
	tests/unit/test_genl_detail \
	tests/unit/test_genl_hostile \
	tests/unit/test_genl_loss \
	tests/unit/test_genl_parse \
	tests/unit/test_genl_source \
	tests/unit/test_history \
	tests/unit/test_log \
	tests/unit/test_host_totals \
	tests/unit/test_http_connections \
	tests/unit/test_lookup \
	tests/unit/test_metrics \
	tests/unit/test_metrics_http \
	tests/unit/test_metrics_limits \
	tests/unit/test_journal_socket \
	tests/unit/test_options \
	tests/unit/test_overhead \
	tests/unit/test_reason \
	tests/unit/test_identity \
	tests/unit/test_recorder \
	tests/unit/test_recording \
	tests/unit/test_registry \
	tests/unit/test_registry_dead \
	tests/unit/test_registry_limits \
	tests/unit/test_registry_random \
	tests/unit/test_registry_rates \
	tests/unit/test_settings \
	tests/unit/test_sink \
	tests/unit/test_state \
	tests/unit/test_state_store \
	tests/unit/test_storm \
	tests/unit/test_storm_entry \
	tests/unit/test_stream \
	tests/unit/test_time \
	tests/unit/test_vm_identity \
	tests/unit/test_vm_identity_read \
	tests/unit/test_window
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)

tests_unit_test_explain_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_explain_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_explain_LDADD = $(UNIT_LDADD)
tests_unit_test_catalog_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_catalog_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_catalog_LDADD = $(UNIT_LDADD)
tests_unit_test_bpf_source_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_bpf_source_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_bpf_source_LDADD = $(UNIT_LDADD)

tests_unit_test_bpf_view_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_bpf_view_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_bpf_view_LDADD = $(UNIT_LDADD)

tests_unit_test_detail_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_detail_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_detail_LDADD = $(UNIT_LDADD)

tests_unit_test_detail_random_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_detail_random_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_detail_random_LDADD = $(UNIT_LDADD)

tests_unit_test_genl_config_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_genl_config_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_genl_config_LDADD = $(UNIT_LDADD)

tests_unit_test_genl_detail_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_genl_detail_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_genl_detail_LDADD = $(UNIT_LDADD)

tests_unit_test_genl_hostile_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_genl_hostile_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_genl_hostile_LDADD = $(UNIT_LDADD)

tests_unit_test_genl_loss_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_genl_loss_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_genl_loss_LDADD = $(UNIT_LDADD)

tests_unit_test_genl_parse_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_genl_parse_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_genl_parse_LDADD = $(UNIT_LDADD)

tests_unit_test_genl_source_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_genl_source_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_genl_source_LDADD = $(UNIT_LDADD)

tests_unit_test_history_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_history_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_history_LDADD = $(UNIT_LDADD)
tests_unit_test_log_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_log_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_log_LDADD = $(UNIT_LDADD)

tests_unit_test_host_totals_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_host_totals_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_host_totals_LDADD = $(UNIT_LDADD)

tests_unit_test_http_connections_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_http_connections_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_http_connections_LDADD = $(UNIT_LDADD)

tests_unit_test_metrics_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_metrics_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_metrics_LDADD = $(UNIT_LDADD)

tests_unit_test_metrics_limits_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_metrics_limits_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_metrics_limits_LDADD = $(UNIT_LDADD)

tests_unit_test_metrics_http_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_metrics_http_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_metrics_http_LDADD = $(UNIT_LDADD)

tests_unit_test_journal_socket_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_journal_socket_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_journal_socket_LDADD = $(UNIT_LDADD)

tests_unit_test_options_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_options_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_options_LDADD = $(UNIT_LDADD)

tests_unit_test_reason_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_reason_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_reason_LDADD = $(UNIT_LDADD)

tests_unit_test_identity_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_identity_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_identity_LDADD = $(UNIT_LDADD)

tests_unit_test_lookup_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_lookup_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_lookup_LDADD = $(UNIT_LDADD)
tests_unit_test_recorder_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_recorder_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_recorder_LDADD = $(UNIT_LDADD)

tests_unit_test_recording_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_recording_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_recording_LDADD = $(UNIT_LDADD)

tests_unit_test_registry_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_registry_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_registry_LDADD = $(UNIT_LDADD)

tests_unit_test_registry_limits_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_registry_limits_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_registry_limits_LDADD = $(UNIT_LDADD)

tests_unit_test_overhead_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_overhead_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_overhead_LDADD = $(UNIT_LDADD)

tests_unit_test_registry_dead_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_registry_dead_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_registry_dead_LDADD = $(UNIT_LDADD)

tests_unit_test_registry_random_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_registry_random_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_registry_random_LDADD = $(UNIT_LDADD)

tests_unit_test_registry_rates_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_registry_rates_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_registry_rates_LDADD = $(UNIT_LDADD)

tests_unit_test_settings_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_settings_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_settings_LDADD = $(UNIT_LDADD)

tests_unit_test_sink_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_sink_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_sink_LDADD = $(UNIT_LDADD)

tests_unit_test_state_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_state_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_state_LDADD = $(UNIT_LDADD)

tests_unit_test_state_store_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_state_store_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_state_store_LDADD = $(UNIT_LDADD)

tests_unit_test_storm_entry_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_storm_entry_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_storm_entry_LDADD = $(UNIT_LDADD)

tests_unit_test_storm_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_storm_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_storm_LDADD = $(UNIT_LDADD)

tests_unit_test_stream_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_stream_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_stream_LDADD = $(UNIT_LDADD)

tests_unit_test_time_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_time_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_time_LDADD = $(UNIT_LDADD)

tests_unit_test_vm_identity_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_vm_identity_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vm_identity_LDADD = $(UNIT_LDADD)

tests_unit_test_vm_identity_read_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_vm_identity_read_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vm_identity_read_LDADD = $(UNIT_LDADD)

tests_unit_test_window_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_window_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_window_LDADD = $(UNIT_LDADD)
endif
