# SPDX-License-Identifier: GPL-2.0-or-later
# Man pages, and what shells offer behind kvmexitctl.
dist_man_MANS = \
	daemon/man/io.kvmexit.Exits.7 \
	daemon/man/kvm-exitstat.7 \
	daemon/man/kvmexitctl.1 \
	daemon/man/kvmexitd.8 \
	daemon/man/kvmexitd.conf.5

dist_bashcompletion_DATA = daemon/completion/kvmexitctl
dist_zshcompletion_DATA = daemon/completion/_kvmexitctl
