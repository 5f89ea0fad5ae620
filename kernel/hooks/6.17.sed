# SPDX-License-Identifier: GPL-2.0
#
# It has TDX guests beside those of VMX, and the exit reason of both in one place.
s@to_vmx\(vcpu\)->exit_reason\.@vmx_get_exit_reason(vcpu).@g
