# SPDX-License-Identifier: GPL-2.0-or-later
# kvmexitctl: all but its main() is a library, as with kvmexitd.
noinst_LIBRARIES += daemon/ctl/libkvmexitctl.a
daemon_ctl_libkvmexitctl_a_CFLAGS = $(AM_CFLAGS) $(SMARTCOLS_CFLAGS) $(NCURSES_CFLAGS)
daemon_ctl_libkvmexitctl_a_SOURCES = \
	daemon/ctl/client.c daemon/ctl/client.h \
	daemon/ctl/config.c \
	daemon/ctl/connect.c daemon/ctl/connect.h \
	daemon/ctl/ctl.c daemon/ctl/ctl.h \
	daemon/ctl/list.c \
	daemon/ctl/metrics.c \
	daemon/ctl/options.c daemon/ctl/options.h \
	daemon/ctl/output.c daemon/ctl/output.h \
	daemon/ctl/procevents.c daemon/ctl/procevents.h \
	daemon/ctl/proctree.c daemon/ctl/proctree.h \
	daemon/ctl/report.h \
	daemon/ctl/report_command.c \
	daemon/ctl/report_data.c \
	daemon/ctl/report_html.c \
	daemon/ctl/report_json.c \
	daemon/ctl/report_phase.c \
	daemon/ctl/report_plot.c \
	daemon/ctl/report_text.c \
	daemon/ctl/report_words.c \
	daemon/ctl/rows.c daemon/ctl/rows.h \
	daemon/ctl/show.c \
	daemon/ctl/stat.c daemon/ctl/stat.h \
	daemon/ctl/stat_command.c daemon/ctl/stat_command.h \
	daemon/ctl/stat_measure.c daemon/ctl/stat_measure.h \
	daemon/ctl/stat_result.c \
	daemon/ctl/status.c \
	daemon/ctl/table.c \
	daemon/ctl/terminal.c daemon/ctl/terminal.h \
	daemon/ctl/top.h \
	daemon/ctl/top_keys.c \
	daemon/ctl/top_command.c \
	daemon/ctl/top_draw.c \
	daemon/ctl/top_history.c \
	daemon/ctl/top_model.c \
	daemon/ctl/top_screen.c daemon/ctl/top_screen.h \
	daemon/ctl/top_source.c daemon/ctl/top_source.h \
	daemon/ctl/top_time.c \
	daemon/ctl/watch.c

# Of kvmexitd's library it takes util/ and the socket's address only.
KVMEXITCTL_LIBS = daemon/ctl/libkvmexitctl.a daemon/libkvmexitd.a \
	$(SMARTCOLS_LIBS) $(NCURSES_LIBS) $(JANSSON_LIBS) -lm

bin_PROGRAMS += daemon/ctl/kvmexitctl
daemon_ctl_kvmexitctl_SOURCES = daemon/ctl/kvmexitctl.c
daemon_ctl_kvmexitctl_LDADD = $(KVMEXITCTL_LIBS)
