# SPDX-License-Identifier: GPL-2.0-or-later
# Units and the user that the daemon runs as.
nodist_systemdsystemunit_DATA = systemd/kvmexitd.service
dist_systemdsystemunit_DATA = systemd/kvmexitd.socket systemd/kvmexitd-metrics.socket
dist_sysusers_DATA = systemd/sysusers.d/kvmexitd.conf
CLEANFILES += systemd/kvmexitd.service
EXTRA_DIST += systemd/kvmexitd.service.in

# By make and not by configure, since directories are final only here.
systemd/kvmexitd.service: systemd/kvmexitd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && \
	$(SED) -e 's|@sbindir[@]|$(sbindir)|g' $(srcdir)/systemd/kvmexitd.service.in >$@.tmp && \
	mv $@.tmp $@
