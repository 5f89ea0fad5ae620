# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# Every Debian 12 package that the VM tests need, in one place: on this
# machine by what needs it, and inside L1.

# lib.sh and run themselves.
PKGS_RUN=(coreutils cpio kmod qemu-system-x86 squashfs-tools tar util-linux)

# Unpacking the distribution's kernel packages.
PKGS_KERNEL=(dpkg kmod xz-utils zstd)

# Rebuilding the KVM modules.  pahole is not optional: without it the
# configuration loses BTF, struct module changes, and nothing loads.
PKGS_MODULES=(bc bison build-essential cpio flex kmod libelf-dev libssl-dev
	pahole perl python3-minimal rsync xz-utils)

# Building a whole kernel as packages.
PKGS_OWN=(debhelper dpkg-dev)

# The same as PKGS_MODULES in another suite of Debian (in-debian), and sparse.
PKGS_COMPILE=(bc bison cpio flex gcc kmod libc6-dev libelf-dev libssl-dev make
	pahole patch perl python3 rsync sparse xz-utils)

# Making L1's root image.
PKGS_ROOT=(debian-archive-keyring mmdebstrap squashfs-tools)

# Test programs.
PKGS_TOOLS=(build-essential)

# L1's initramfs.
PKGS_INITRD=(binutils busybox-static cpio kmod)

# L1 with VMX.
# bochs takes seabios instead of the two BIOSes that it is run with here.
PKGS_BOCHS=(bochs bochsbios isolinux syslinux-common vgabios xorriso)

# L2's initramfs.
PKGS_L2=(busybox-static cpio gzip kmod)

# Building the project.
PKGS_TREE=(autoconf automake bpftool build-essential clang
	libbpf-dev libinih-dev libjansson-dev libmicrohttpd-dev libncurses-dev
	libnl-3-dev libnl-genl-3-dev libsmartcols-dev libsystemd-dev
	pkg-config python3-minimal rsync uthash-dev zlib1g-dev)

# Checking the project: unit tests, style, sanitizers.
PKGS_CHECK=(clang-format codespell git groff-base jq libcmocka-dev libasan8 libc6-dbg libubsan1 mandoc
	musl-tools perl-base shellcheck tmux xz-utils zsh)

# Making Debian packages of it: what packaging/debian/control builds with.
PKGS_DEB=(bash-completion bpftool build-essential clang debhelper dh-sequence-installsysusers
	fakeroot libbpf-dev libcmocka-dev libinih-dev libjansson-dev libmicrohttpd-dev
	libncurses-dev libnl-3-dev libnl-genl-3-dev libsmartcols-dev libsystemd-dev pkgconf
	systemd uthash-dev zlib1g-dev)

# Fuzzing it.
PKGS_FUZZ=(clang libclang-rt-14-dev)

# What others made, and kvmexitd is tested with. Prometheus alone: its package
# recommends what nobody here needs.
PKGS_INTEROP=(curl jq procps prometheus prometheus-node-exporter
	python3)

# What shows and prints a report's page.
PKGS_BROWSER=(chromium poppler-utils python3)

# Inside L1: a small Debian with systemd, what kvmexitd links to, a QEMU for L2
# guests, a libvirt (18 MB with all that it needs), and the tools that test cases are
# written with.
PKGS_L1=(dbus iproute2 jq kmod less libvirt-clients libvirt-daemon-driver-qemu
	libvirt-daemon-system linux-perf procps python3 python3-yaml qemu-system-x86
	strace systemd systemd-container systemd-sysv udev
	libinih1 libjansson4 libmicrohttpd12 libncursesw6 libnl-3-200
	libbpf1 libnl-genl-3-200 libsmartcols1 libsystemd0 zlib1g)

# Inside the L1 of tests/bench/peers alone, beside the above and the kernel's headers:
# others that tell about exits.
PKGS_PEERS=(bpfcc-tools bpftrace)
