# SPDX-License-Identifier: GPL-2.0-or-later
# kvmexitd: all but its main() is a library, so that tests link the real code.
noinst_LIBRARIES += daemon/libkvmexitd.a
daemon_libkvmexitd_a_SOURCES = \
	daemon/app/app.c daemon/app/app.h \
	daemon/app/changes.c \
	daemon/app/internal.h \
	daemon/app/listen.c \
	daemon/app/news.c \
	daemon/app/options.c daemon/app/options.h \
	daemon/app/replay.c \
	daemon/app/settings.c \
	daemon/app/state.c \
	daemon/explain/cpu.c \
	daemon/explain/detail.c daemon/explain/detail.h \
	daemon/explain/devices.c \
	daemon/explain/explain.h \
	daemon/explain/interrupts.c \
	daemon/explain/keys.c \
	daemon/explain/lookup.c \
	daemon/explain/memory.c \
	daemon/explain/msrs.c \
	daemon/explain/nested.c \
	daemon/explain/tables.h \
	daemon/explain/time.c \
	daemon/model/detail.h \
	daemon/model/history.c daemon/model/history.h \
	daemon/model/host_totals.c daemon/model/host_totals.h \
	daemon/model/identity.c daemon/model/identity.h \
	daemon/model/kernel_config.c daemon/model/kernel_config.h \
	daemon/model/reason.c daemon/model/reason.h \
	daemon/model/registry.c daemon/model/registry.h \
	daemon/model/registry_dead.c \
	daemon/model/registry_detail.c \
	daemon/model/registry_history.c \
	daemon/model/registry_internal.h \
	daemon/model/registry_read.c \
	daemon/model/registry_recent.c \
	daemon/model/registry_storm.c \
	daemon/model/registry_time.c \
	daemon/model/registry_vm.c \
	daemon/model/sample.c daemon/model/sample.h \
	daemon/model/spread.h \
	daemon/model/status.c daemon/model/status.h \
	daemon/model/storm.h \
	daemon/model/times.h \
	daemon/model/window.c daemon/model/window.h \
	daemon/settings/load.c \
	daemon/settings/parse.c \
	daemon/settings/settings.h \
	daemon/settings/table.c \
	daemon/settings/value.c \
	daemon/sink/entry.c daemon/sink/entry.h \
	daemon/sink/http/connections.c daemon/sink/http/connections.h \
	daemon/sink/http/gzip.c daemon/sink/http/gzip.h \
	daemon/sink/http/internal.h \
	daemon/sink/http/listen_address.c daemon/sink/http/listen_address.h \
	daemon/sink/http/metrics_http.c daemon/sink/http/metrics_http.h \
	daemon/sink/http/negotiate.c daemon/sink/http/negotiate.h \
	daemon/sink/http/request.c \
	daemon/sink/http/texts.c daemon/sink/http/texts.h \
	daemon/sink/journal.c daemon/sink/journal.h \
	daemon/sink/message_ids.h \
	daemon/sink/metrics.c daemon/sink/metrics.h \
	daemon/sink/metrics_text.c daemon/sink/metrics_text.h \
	daemon/sink/metrics_vm.c daemon/sink/metrics_vm.h \
	daemon/sink/metrics_vm_detail.c \
	daemon/sink/metrics_vm_internal.h \
	daemon/sink/metrics_vm_time.c \
	daemon/sink/storm_entry.c daemon/sink/storm_entry.h \
	daemon/source/bpf/bpf_source.c daemon/source/bpf/bpf_source.h \
	daemon/source/bpf/hello.h \
	daemon/source/bpf/layout.h \
	daemon/source/bpf/loader_client.c daemon/source/bpf/loader_client.h \
	daemon/source/bpf/uevent.c daemon/source/bpf/uevent.h \
	daemon/source/bpf/view.c daemon/source/bpf/view.h \
	daemon/source/bpf/view_parts.c daemon/source/bpf/view_parts.h \
	daemon/source/host_isa.c daemon/source/host_isa.h \
	daemon/source/netlink/genl_attr.c daemon/source/netlink/genl_attr.h \
	daemon/source/netlink/genl_config.c daemon/source/netlink/genl_config.h \
	daemon/source/netlink/genl_control.c \
	daemon/source/netlink/genl_encode.c daemon/source/netlink/genl_encode.h \
	daemon/source/netlink/genl_parse.c daemon/source/netlink/genl_parse.h \
	daemon/source/netlink/genl_parse_vcpu.c daemon/source/netlink/genl_parse_vcpu.h \
	daemon/source/netlink/genl_request.c daemon/source/netlink/genl_request.h \
	daemon/source/netlink/genl_socket.c daemon/source/netlink/genl_socket.h \
	daemon/source/netlink/genl_source.c daemon/source/netlink/genl_source.h \
	daemon/source/netlink/genl_source_internal.h \
	daemon/source/netlink/genl_state.c \
	daemon/source/netlink/stream.c daemon/source/netlink/stream.h \
	daemon/source/pick.c daemon/source/pick.h \
	daemon/source/recording/recorder.c daemon/source/recording/recorder.h \
	daemon/source/recording/recorder_file.c \
	daemon/source/recording/recorder_internal.h \
	daemon/source/recording/recording.c daemon/source/recording/recording.h \
	daemon/source/recording/replay.c daemon/source/recording/replay.h \
	daemon/source/source.h \
	daemon/source/vm_identity.c daemon/source/vm_identity.h \
	daemon/source/vm_identity_parse.c \
	daemon/state/codec.c daemon/state/codec.h \
	daemon/state/state.h \
	daemon/state/state_detail.c daemon/state/state_detail.h \
	daemon/state/state_read.c \
	daemon/state/state_write.c \
	daemon/state/store.c daemon/state/store.h \
	daemon/uapi/linux/kvm_exitstat.h \
	daemon/util/array.c daemon/util/array.h \
	daemon/util/clock.c daemon/util/clock.h \
	daemon/util/histogram.c daemon/util/histogram.h \
	daemon/util/journal_socket.c daemon/util/journal_socket.h \
	daemon/util/log.c daemon/util/log.h \
	daemon/util/near.c daemon/util/near.h \
	daemon/util/pump.c daemon/util/pump.h \
	daemon/util/ratelimit.c daemon/util/ratelimit.h \
	daemon/util/text.c daemon/util/text.h \
	daemon/util/unix_address.c daemon/util/unix_address.h \
	daemon/util/util.h

KVMEXITD_LIBS = daemon/libkvmexitd.a $(LIBNL_LIBS) $(INIH_LIBS) $(SYSTEMD_LIBS) $(JANSSON_LIBS) \
	$(MICROHTTPD_LIBS) $(ZLIB_LIBS)

sbin_PROGRAMS += daemon/kvmexitd
daemon_kvmexitd_SOURCES = daemon/kvmexitd.c
daemon_kvmexitd_LDADD = $(KVMEXITD_LIBS)

dist_catalog_DATA = daemon/catalog/kvmexitd.catalog
