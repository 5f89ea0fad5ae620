# SPDX-License-Identifier: GPL-2.0-or-later
# Unit tests: no root, no kernel, milliseconds.
include $(srcdir)/tests/unit/server.mk
include $(srcdir)/tests/unit/ctl.mk
include $(srcdir)/tests/unit/daemon.mk
