# SPDX-License-Identifier: GPL-2.0-or-later
# kvmexitctl: all but its main() is a library, as with kvmexitd.
noinst_LIBRARIES += daemon/ctl/libkvmexitctl.a
daemon_ctl_libkvmexitctl_a_CFLAGS = $(AM_CFLAGS) $(SMARTCOLS_CFLAGS)
daemon_ctl_libkvmexitctl_a_SOURCES = \
	daemon/ctl/client.c daemon/ctl/client.h \
	daemon/ctl/connect.c daemon/ctl/connect.h \
	daemon/ctl/ctl.c daemon/ctl/ctl.h \
	daemon/ctl/list.c \
	daemon/ctl/metrics.c \
	daemon/ctl/options.c daemon/ctl/options.h \
	daemon/ctl/output.c daemon/ctl/output.h \
	daemon/ctl/procevents.c daemon/ctl/procevents.h \
	daemon/ctl/proctree.c daemon/ctl/proctree.h \
	daemon/ctl/rows.c daemon/ctl/rows.h \
	daemon/ctl/show.c \
	daemon/ctl/stat.c daemon/ctl/stat.h \
	daemon/ctl/stat_command.c daemon/ctl/stat_command.h \
	daemon/ctl/stat_measure.c daemon/ctl/stat_measure.h \
	daemon/ctl/stat_result.c \
	daemon/ctl/status.c \
	daemon/ctl/table.c \
	daemon/ctl/watch.c

# Of kvmexitd's library it takes util/ and the socket's address only.
KVMEXITCTL_LIBS = daemon/ctl/libkvmexitctl.a daemon/libkvmexitd.a \
	$(SMARTCOLS_LIBS) $(JANSSON_LIBS)

bin_PROGRAMS += daemon/ctl/kvmexitctl
daemon_ctl_kvmexitctl_SOURCES = daemon/ctl/kvmexitctl.c
daemon_ctl_kvmexitctl_LDADD = $(KVMEXITCTL_LIBS)
