# SPDX-License-Identifier: GPL-2.0
#
s@<linux/unaligned\.h>@<asm/unaligned.h>@g
# Its kvm_entry event tells the vCPU alone.
s@(probe\w*\)?\(void \*data, struct kvm_vcpu \*vcpu), bool force_immediate_exit\)@\1)@g
