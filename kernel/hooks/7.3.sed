# SPDX-License-Identifier: GPL-2.0
#
# What kvm.ko exports, it exports to the vendor modules alone.
s@\bEXPORT_SYMBOL_GPL\(@EXPORT_SYMBOL_FOR_KVM_INTERNAL(@g
# Under its old name, this workqueue warns.
s@\bsystem_unbound_wq\b@system_dfl_wq@g
# It has TDX guests beside those of VMX, and the exit reason of both in one place.
s@to_vmx\(vcpu\)->exit_reason\.@vmx_get_exit_reason(vcpu).@g
