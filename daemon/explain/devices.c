// SPDX-License-Identifier: GPL-2.0-or-later
/* Devices that the VMM or KVM emulates. */
#include "config.h"

#include "explain/tables.h"

/* clang-format off */
const struct explain explain_devices[] = {
	{
		.topic = "port",
		.title = "guest uses an I/O port",
		.what = "The guest executed IN or OUT for a port of an emulated device.",
		.causes = "Boot: PCI configuration, serial console, keyboard probing, disks in PIO mode. "
			  "Afterwards: a serial console, legacy devices, or a bad clock source.",
		.bad = "Not in boot, where thousands to a hundred thousand are usual. Steadily more than "
		       "100 a second on one port are worth a look: QEMU handles most of them in user space.",
		.remedy = "Find the port (kvmexitctl show --details shows it, with config details=yes), and "
			  "replace the device by virtio or remove it. kvmexitctl explain IOIO:0x3f8 says what one "
			  "port means.",
		.sources = "Linux arch/x86/kvm/vmx/vmx.c, handle_io(); docs/EXPERIMENT.md",
		.reasons = PORT_REASONS,
		.cost = EXPLAIN_USER,
		.normal = 50,
	},
	{
		.topic = "pci-config",
		.title = "guest scans PCI",
		.what = "The guest reads or writes PCI configuration space.",
		.causes = "Boot (97 % of a Linux boot's port exits), lspci, hotplug, and a driver that "
			  "starts. Linux uses ports 0xcf8 and 0xcfc for the first 256 bytes of each "
			  "function, and the memory window (ECAM) for the rest.",
		.bad = "Not in boot: a scan of a q35 machine costs some 0.05 s. Yes, where it is steady: "
		       "something scans the bus again and again.",
		.remedy = "For boot time: fewer buses and root ports, or QEMU -machine microvm. When it is "
			  "steady, find the agent in the guest that polls PCI.",
		.sources = "Linux arch/x86/pci/common.c, raw_pci_read(); lore.kernel.org, "
			   "873650p1vo.fsf@vitty.brq.redhat.com (8,193 accesses to absent devices); "
			   "docs/EXPERIMENT.md",
		.keys = { { EXPLAIN_PORT, 0xcf8, 0xcff }, { EXPLAIN_MMIO, 0xb0000000, 0xbfffffff },
			  { EXPLAIN_MMIO, 0xe0000000, 0xefffffff } },
		.cost = EXPLAIN_USER,
		.normal = 10,
	},
	{
		.topic = "serial",
		.title = "guest writes to a serial port",
		.what = "The guest writes or polls an emulated 16550 serial port.",
		.causes = "A console on ttyS0. Each byte is an exit, and each look at the line status "
			  "is another one.",
		.bad = "In boot it can be half of the time: a microVM's start fell from 504 to 298 ms "
		       "with the kernel's messages off.",
		.remedy = "Guest command line: quiet, loglevel=3. A console that is used much belongs on "
			  "virtio (hvc0). Unused ports: 8250.nr_uarts=0.",
		.sources = "tinylabscom/mvm pull request 2619; Linux "
			   "Documentation/admin-guide/kernel-parameters.txt, quiet, 8250.nr_uarts",
		.keys = { { EXPLAIN_PORT, 0x3f8, 0x3ff }, { EXPLAIN_PORT, 0x2f8, 0x2ff },
			  { EXPLAIN_PORT, 0x3e8, 0x3ef }, { EXPLAIN_PORT, 0x2e8, 0x2ef } },
		.cost = EXPLAIN_USER,
		.normal = 20,
	},
	{
		.topic = "keyboard",
		.title = "guest uses the keyboard controller",
		.what = "The guest talks to the i8042 keyboard and mouse controller.",
		.causes = "Probing in boot; a PS/2 mouse or keyboard that is in use.",
		.bad = "Not steadily. In a microVM the probe is a visible part of boot.",
		.remedy = "Guest command line: i8042.noaux i8042.nomux i8042.nopnp i8042.dumbkbd; or QEMU "
			  "-machine i8042=off.",
		.sources = "Linux Documentation/admin-guide/kernel-parameters.txt, i8042.*; "
			   "qemu-system-x86_64 -machine q35,help",
		.keys = { { EXPLAIN_PORT, 0x60, 0x60 }, { EXPLAIN_PORT, 0x64, 0x64 } },
		.cost = EXPLAIN_USER,
		.normal = 5,
	},
	{
		.topic = "vga",
		.title = "guest draws on VGA",
		.what = "The guest uses the emulated VGA adapter: its ports or its memory window.",
		.causes = "A text console, boot loaders, and firmware menus.",
		.bad = "Only in boot time, or where a text console scrolls all the time.",
		.remedy = "A serial or virtio console, QEMU -vga virtio, or -vga none.",
		.sources = "QEMU docs/specs/standard-vga.rst",
		.keys = { { EXPLAIN_PORT, 0x3b0, 0x3df }, { EXPLAIN_PORT, 0x1ce, 0x1d0 },
			  { EXPLAIN_MMIO, 0xa0000, 0xbffff } },
		.cost = EXPLAIN_USER,
		.normal = 10,
	},
	{
		.topic = "ide",
		.title = "guest uses an IDE disk",
		.what = "The guest drives an emulated IDE controller through ports.",
		.causes = "A disk or CD-ROM on IDE: firmware, boot loaders, and guests without virtio drivers. "
			  "In PIO mode each two or four bytes are an exit.",
		.bad = "Yes, for any disk that is used.",
		.remedy = "QEMU -device virtio-blk-pci or virtio-scsi-pci; in libvirt <target bus='virtio'/>.",
		.sources = "QEMU hw/ide/ioport.c; docs/EXPERIMENT.md (file I/O: 817 exits with AHCI, 75 with virtio)",
		.keys = { { EXPLAIN_PORT, 0x1f0, 0x1f7 }, { EXPLAIN_PORT, 0x170, 0x177 },
			  { EXPLAIN_PORT, 0x3f6, 0x3f6 }, { EXPLAIN_PORT, 0x376, 0x376 } },
		.cost = EXPLAIN_USER,
		.normal = 5,
	},
	{
		.topic = "firmware",
		.title = "guest reads firmware data",
		.what = "The guest uses QEMU's fw_cfg device or a debug port of its firmware.",
		.causes = "Firmware loading kernel, ACPI tables and options in boot; debug output of "
			  "SeaBIOS or OVMF.",
		.bad = "No: it is over after boot.",
		.remedy = NULL,
		.sources = "QEMU hw/i386/fw_cfg.h; SeaBIOS ioport.h, PORT_BIOS_DEBUG",
		.keys = { { EXPLAIN_PORT, 0x510, 0x51b }, { EXPLAIN_PORT, 0x402, 0x402 },
			  { EXPLAIN_PORT, 0xe9, 0xe9 } },
		.cost = EXPLAIN_USER,
		.normal = 10,
	},
	{
		.topic = "pic",
		.title = "guest uses the old interrupt controller",
		.what = "The guest programs the 8259 PIC, which KVM emulates in the kernel.",
		.causes = "Boot; a guest that runs without an APIC (noapic).",
		.bad = "Only where it is steady.",
		.remedy = "Remove noapic or nolapic from the guest's command line.",
		.sources = "Linux arch/x86/kvm/i8259.c; Documentation/admin-guide/kernel-parameters.txt, noapic",
		.keys = { { EXPLAIN_PORT, 0x20, 0x21 }, { EXPLAIN_PORT, 0xa0, 0xa1 },
			  { EXPLAIN_PORT, 0x4d0, 0x4d1 } },
		.cost = EXPLAIN_KERNEL,
		.normal = 10,
	},
	{
		.topic = "vmware-port",
		.title = "guest uses VMware's backdoor port",
		.what = "The guest talks to the VMware interface that QEMU emulates.",
		.causes = "open-vm-tools or a vmmouse driver in a guest that was made for VMware.",
		.bad = "Only where it is steady.",
		.remedy = "Remove open-vm-tools in the guest, or QEMU -machine vmport=off; in libvirt "
			  "<vmport state='off'/>.",
		.sources = "QEMU hw/i386/vmport.c; libvirt docs/formatdomain.rst, vmport",
		.keys = { { EXPLAIN_PORT, 0x5658, 0x5659 } },
		.cost = EXPLAIN_USER,
		.normal = 5,
	},
	{
		.topic = "delay-port",
		.title = "guest waits by a port",
		.what = "The guest writes to port 0x80 for a short delay after another port access.",
		.causes = "Old drivers, and kernels without the KVM feature nopiodelay.",
		.bad = "Only where it is steady.",
		.remedy = "QEMU -cpu ...,kvm-nopiodelay=on (default), or the guest's io_delay=none.",
		.sources = "QEMU docs/system/i386/kvm-pv.rst; Linux "
			   "Documentation/admin-guide/kernel-parameters.txt, io_delay=",
		.keys = { { EXPLAIN_PORT, 0x80, 0x80 }, { EXPLAIN_PORT, 0xed, 0xed } },
		.cost = EXPLAIN_USER,
		.normal = 10,
	},
	{
		.topic = "smi",
		.title = "system management mode",
		.what = "The guest enters or leaves system management mode, where its firmware runs.",
		.causes = "OVMF with Secure Boot handles accesses to UEFI variables there. Each access "
			  "makes hundreds of other exits.",
		.bad = "Not in boot. Yes, where it is steady: something polls UEFI variables.",
		.remedy = "Find what calls efibootmgr or reads /sys/firmware/efi in the guest. QEMU "
			  "-machine smm=off is for guests without Secure Boot only.",
		.sources = "QEMU hw/isa/apm.c; qemu-system-x86_64 -machine q35,help",
		.reasons = "RSM SMI",
		.keys = { { EXPLAIN_PORT, 0xb2, 0xb3 } },
		.cost = EXPLAIN_USER,
		.normal = 1,
	},
	{
		.topic = "mmio",
		.title = "guest uses a device register",
		.what = "The guest read or wrote a memory-mapped register of an emulated device.",
		.causes = "Each request to a device. A virtio device takes about one per request, and the "
			  "kernel serves it by ioeventfd; e1000, AHCI, NVMe and xHCI take 5 to 20, which "
			  "QEMU serves.",
		.bad = "Not at about the rate of requests: 100 pings made 133 of these exits with virtio, "
		       "and 2,050 with e1000.",
		.remedy = "virtio devices (virtio-net-pci, virtio-blk-pci), with vhost for networks (QEMU "
			  "-netdev tap,...,vhost=on; in libvirt <driver name='vhost'/>). For the highest "
			  "rates, a device that is passed through.",
		.sources = "docs/EXPERIMENT.md; Linux arch/x86/kvm/vmx/vmx.c, handle_ept_misconfig(); commit "
			   "68c3b4d1676d",
		.reasons = "EPT_MISCONFIG",
		.cost = EXPLAIN_USER,
		.normal = 200,
	},
	{
		.topic = "ioapic",
		.title = "guest programs the I/O APIC",
		.what = "The guest routes or masks an interrupt of the I/O APIC, which KVM emulates in the kernel.",
		.causes = "Boot, and drivers that mask level-triggered interrupts each time.",
		.bad = "Only where it is steady.",
		.remedy = "Use devices with MSI or MSI-X.",
		.sources = "Linux arch/x86/kvm/ioapic.h",
		.keys = { { EXPLAIN_MMIO, 0xfec00000, 0xfec000ff } },
		.cost = EXPLAIN_KERNEL,
		.normal = 10,
	},
	{
		.topic = "tpm",
		.title = "guest uses the TPM",
		.what = "The guest talks to an emulated TPM.",
		.causes = "Boot measurement, disk unlocking, and attestation agents that poll it.",
		.bad = "Only where it is steady.",
		.remedy = "Poll less often, or remove the device from guests that do not need it.",
		.sources = "QEMU include/hw/acpi/tpm.h",
		.keys = { { EXPLAIN_MMIO, 0xfed40000, 0xfed45fff } },
		.cost = EXPLAIN_USER,
		.normal = 5,
	},
	{ .topic = NULL },
};
