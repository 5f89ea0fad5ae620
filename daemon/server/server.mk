# SPDX-License-Identifier: GPL-2.0-or-later
# The varlink server, part of kvmexitd's library.
AM_CPPFLAGS += -I$(top_builddir)/daemon

daemon_libkvmexitd_a_SOURCES += \
	daemon/server/address.h \
	daemon/server/client.c daemon/server/client.h \
	daemon/server/client_calls.c \
	daemon/server/client_io.c \
	daemon/server/control.h \
	daemon/server/listen.c \
	daemon/server/memory.c \
	daemon/server/message.c daemon/server/message.h \
	daemon/server/parts.c daemon/server/parts.h \
	daemon/server/server.c daemon/server/server.h \
	daemon/server/server_internal.h \
	daemon/server/user.c daemon/server/user.h \
	daemon/server/varlink_parse.c daemon/server/varlink_parse.h \
	daemon/server/watch.c \
	daemon/server/methods/control.c \
	daemon/server/methods/exits.c \
	daemon/server/methods/find.c \
	daemon/server/methods/history.c daemon/server/methods/history.h \
	daemon/server/methods/json.c daemon/server/methods/json.h \
	daemon/server/methods/json_detail.c \
	daemon/server/methods/json_time.c daemon/server/methods/json_time.h \
	daemon/server/methods/list.c \
	daemon/server/methods/lookup.c daemon/server/methods/lookup.h \
	daemon/server/methods/metrics.c \
	daemon/server/methods/service.c daemon/server/methods/service.h \
	daemon/server/methods/show.c \
	daemon/server/methods/vm_ref.c daemon/server/methods/vm_ref.h \
	daemon/util/buffer.c daemon/util/buffer.h

EXTRA_DIST += \
	daemon/server/io.kvmexit.Exits.varlink \
	daemon/server/org.varlink.service.varlink

# An interface definition as a C string, so that every server can show its own.
VARLINK_INC = \
	daemon/server/io.kvmexit.Exits.varlink.inc \
	daemon/server/org.varlink.service.varlink.inc
BUILT_SOURCES += $(VARLINK_INC)
CLEANFILES += $(VARLINK_INC)
VARLINK_QUOTE = $(SED) -e 's/[\\"]/\\&/g' -e 's/^/"/' -e 's/$$/\\n"/'

daemon/server/io.kvmexit.Exits.varlink.inc: daemon/server/io.kvmexit.Exits.varlink
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
	$(VARLINK_QUOTE) $(srcdir)/daemon/server/io.kvmexit.Exits.varlink >$@.tmp && \
	mv $@.tmp $@

daemon/server/org.varlink.service.varlink.inc: daemon/server/org.varlink.service.varlink
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
	$(VARLINK_QUOTE) $(srcdir)/daemon/server/org.varlink.service.varlink >$@.tmp && \
	mv $@.tmp $@

# Built before all else by "make all" only; other targets need to be told.
daemon/server/methods/daemon_libkvmexitd_a-service.$(OBJEXT) daemon/server/methods/service.$(OBJEXT): $(VARLINK_INC)
