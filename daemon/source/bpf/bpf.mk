# SPDX-License-Identifier: GPL-2.0-or-later
# The BPF program and its loader, where there is what they are made with. What reads
# their maps is part of kvmexitd always, and needs neither.
BPF_FOLDER = daemon/source/bpf
EXTRA_DIST += $(BPF_FOLDER)/exits.bpf.c

if BPF
libexec_PROGRAMS = daemon/kvmexitd-bpf-load
daemon_kvmexitd_bpf_load_SOURCES = \
	daemon/source/bpf/hello.h \
	daemon/source/bpf/kvm_types.h \
	daemon/source/bpf/layout.h \
	daemon/source/bpf/load.c daemon/source/bpf/load.h \
	daemon/source/bpf/load_why.c \
	daemon/source/bpf/loader.c \
	daemon/util/buffer.c daemon/util/buffer.h \
	daemon/util/journal_socket.c daemon/util/journal_socket.h \
	daemon/util/log.c daemon/util/log.h \
	daemon/util/unix_address.c daemon/util/unix_address.h \
	daemon/util/util.h
nodist_daemon_kvmexitd_bpf_load_SOURCES = $(BPF_FOLDER)/exits.skel.h
daemon_kvmexitd_bpf_load_CPPFLAGS = $(AM_CPPFLAGS) -I$(builddir)/daemon $(LIBBPF_CFLAGS)
daemon_kvmexitd_bpf_load_LDADD = $(LIBBPF_LIBS) $(SYSTEMD_LIBS)
BUILT_SOURCES += $(BPF_FOLDER)/exits.skel.h
CLEANFILES += $(BPF_FOLDER)/exits.skel.h $(BPF_FOLDER)/exits.bpf.o
$(BPF_FOLDER)/kvmexitd_bpf_load-load.$(OBJEXT): $(BPF_FOLDER)/exits.skel.h

# Instructions of version 3, since clang 14 makes no use of an atomic addition's result
# with those before. -g is what makes it fit kernels of other layouts.
$(BPF_FOLDER)/exits.bpf.o: $(BPF_FOLDER)/exits.bpf.c $(BPF_FOLDER)/kvm_types.h \
		$(BPF_FOLDER)/layout.h
	$(AM_V_GEN)$(MKDIR_P) $(BPF_FOLDER) && \
	$(CLANG) -target bpf -mcpu=v3 -g -O2 -Wall -Werror -D__TARGET_ARCH_x86 $(BPF_INCLUDES) \
		$(LIBBPF_CFLAGS) -c $(srcdir)/$(BPF_FOLDER)/exits.bpf.c -o $@

$(BPF_FOLDER)/exits.skel.h: $(BPF_FOLDER)/exits.bpf.o
	$(AM_V_GEN)$(BPFTOOL) gen skeleton $(BPF_FOLDER)/exits.bpf.o name exits >$@.tmp && mv $@.tmp $@
endif
