# SPDX-License-Identifier: GPL-2.0-or-later
# Units and the user that the daemon runs as.
nodist_systemdsystemunit_DATA = systemd/kvmexitd.service
dist_systemdsystemunit_DATA = systemd/kvmexitd.socket systemd/kvmexitd-metrics.socket
dist_sysusers_DATA = systemd/sysusers.d/kvmexitd.conf
CLEANFILES += systemd/kvmexitd.service
EXTRA_DIST += systemd/kvmexitd.service.in

EXTRA_DIST += systemd/kvmexitd-bpf.service.in systemd/kvmexitd-bpf.socket.in
if BPF
nodist_systemdsystemunit_DATA += systemd/kvmexitd-bpf.service systemd/kvmexitd-bpf.socket
CLEANFILES += systemd/kvmexitd-bpf.service systemd/kvmexitd-bpf.socket
endif
systemd/kvmexitd-bpf.service: systemd/kvmexitd-bpf.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && \
	$(SED) -e 's|@libexecdir[@]|$(libexecdir)|g' $(srcdir)/systemd/kvmexitd-bpf.service.in >$@.tmp && \
	mv $@.tmp $@
systemd/kvmexitd-bpf.socket: systemd/kvmexitd-bpf.socket.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && \
	$(SED) -e 's|@libexecdir[@]|$(libexecdir)|g' $(srcdir)/systemd/kvmexitd-bpf.socket.in >$@.tmp && \
	mv $@.tmp $@

# By make and not by configure, since directories are final only here.
systemd/kvmexitd.service: systemd/kvmexitd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && \
	$(SED) -e 's|@sbindir[@]|$(sbindir)|g' \
		-e 's|@service_type[@]|$(service_type)|g' \
		-e '/^Type=notify-reload/,$$ { /^ExecReload=kill/d }' $(srcdir)/systemd/kvmexitd.service.in >$@.tmp && \
	mv $@.tmp $@

# What is in it is a comment each, so that installing it over one that an admin
# changed is the only harm that could be done: it is left alone.
EXTRA_DIST += systemd/kvmexitd.conf
install-data-hook: install-config
uninstall-hook: uninstall-config
install-config:
	$(MKDIR_P) "$(DESTDIR)$(sysconfdir)"
	test -e "$(DESTDIR)$(sysconfdir)/kvmexitd.conf" || \
		$(INSTALL_DATA) $(srcdir)/systemd/kvmexitd.conf "$(DESTDIR)$(sysconfdir)/"
uninstall-config:
	if cmp -s $(srcdir)/systemd/kvmexitd.conf "$(DESTDIR)$(sysconfdir)/kvmexitd.conf"; then \
		rm -f "$(DESTDIR)$(sysconfdir)/kvmexitd.conf"; \
	fi
.PHONY: install-config uninstall-config
