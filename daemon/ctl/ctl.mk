# SPDX-License-Identifier: GPL-2.0-or-later
# kvmexitctl: all but its main() is a library, as with kvmexitd.
noinst_LIBRARIES += daemon/ctl/libkvmexitctl.a
daemon_ctl_libkvmexitctl_a_CFLAGS = $(AM_CFLAGS) $(SMARTCOLS_CFLAGS) $(NCURSES_CFLAGS) $(INIH_CFLAGS)
daemon_ctl_libkvmexitctl_a_SOURCES = \
	daemon/ctl/client.c daemon/ctl/client.h \
	daemon/ctl/clock.c daemon/ctl/clock.h \
	daemon/ctl/config.c \
	daemon/ctl/connect.c daemon/ctl/connect.h \
	daemon/ctl/join.c daemon/ctl/join.h \
	daemon/ctl/ctl.c daemon/ctl/ctl.h \
	daemon/ctl/details.c daemon/ctl/details.h \
	daemon/ctl/diff/command.c \
	daemon/ctl/diff/compare.c \
	daemon/ctl/diff/diff.h \
	daemon/ctl/diff/print.c \
	daemon/ctl/diff/side.c \
	daemon/ctl/explain/command.c \
	daemon/ctl/explain/explain.h \
	daemon/ctl/explain/rank.c \
	daemon/ctl/explain/topic.c \
	daemon/ctl/explain/vm.c \
	daemon/ctl/file.c \
	daemon/ctl/list.c \
	daemon/ctl/metrics.c \
	daemon/ctl/options.c daemon/ctl/options.h \
	daemon/ctl/output.c daemon/ctl/output.h \
	daemon/ctl/report/boot.c \
	daemon/ctl/report/command.c \
	daemon/ctl/report/data.c \
	daemon/ctl/report/details.c \
	daemon/ctl/report/html.c \
	daemon/ctl/report/json.c \
	daemon/ctl/report/phase.c \
	daemon/ctl/report/phases.c daemon/ctl/report/phases.h \
	daemon/ctl/report/plot.c \
	daemon/ctl/report/report.h \
	daemon/ctl/report/text.c \
	daemon/ctl/report/tiles.c \
	daemon/ctl/report/times.c \
	daemon/ctl/report/words.c \
	daemon/ctl/rows.c daemon/ctl/rows.h \
	daemon/ctl/show.c \
	daemon/ctl/signals.c daemon/ctl/signals.h \
	daemon/ctl/stat/command.c daemon/ctl/stat/command.h \
	daemon/ctl/stat/details.c \
	daemon/ctl/stat/measure.c daemon/ctl/stat/measure.h \
	daemon/ctl/stat/procevents.c daemon/ctl/stat/procevents.h \
	daemon/ctl/stat/proctree.c daemon/ctl/stat/proctree.h \
	daemon/ctl/stat/result.c \
	daemon/ctl/stat/stat.c daemon/ctl/stat/stat.h \
	daemon/ctl/stat/times.c \
	daemon/ctl/status.c \
	daemon/ctl/table.c \
	daemon/ctl/terminal.c daemon/ctl/terminal.h \
	daemon/ctl/times.c daemon/ctl/times.h \
	daemon/ctl/top/cells.c \
	daemon/ctl/top/command.c \
	daemon/ctl/top/details.c \
	daemon/ctl/top/draw.c \
	daemon/ctl/top/help.c \
	daemon/ctl/top/history.c \
	daemon/ctl/top/keys.c \
	daemon/ctl/top/layout.c \
	daemon/ctl/top/model.c \
	daemon/ctl/top/rows.c \
	daemon/ctl/top/saved.c \
	daemon/ctl/top/screen.c daemon/ctl/top/screen.h \
	daemon/ctl/top/source.c daemon/ctl/top/source.h \
	daemon/ctl/top/time.c \
	daemon/ctl/top/why.c \
	daemon/ctl/top/top.h \
	daemon/ctl/watch.c \
	daemon/ctl/width.c daemon/ctl/width.h

# Of kvmexitd's library it takes explain/, util/ and the socket's address only.
KVMEXITCTL_LIBS = daemon/ctl/libkvmexitctl.a daemon/libkvmexitd.a \
	$(SMARTCOLS_LIBS) $(NCURSES_LIBS) $(JANSSON_LIBS) $(INIH_LIBS) -lm

bin_PROGRAMS += daemon/ctl/kvmexitctl
daemon_ctl_kvmexitctl_SOURCES = daemon/ctl/kvmexitctl.c
daemon_ctl_kvmexitctl_LDADD = $(KVMEXITCTL_LIBS)
