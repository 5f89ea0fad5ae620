# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
#
# L1 on Bochs, which emulates VMX: tests/vm/run reads this after its own functions
# and takes those here instead.  Bochs emulates every instruction one by one, so
# this L1 has no systemd but guest/light-init, and boots in about a minute.
#
# Bochs knows no -kernel: L1 boots from a CD with an initramfs that the payload is
# appended to.  What L1 says comes over serial ports.

check_machine()
{
	memory=${memory:-512} boot_limit=${boot_limit:-600}
	initrd_options=(--ata)
	[[ $smp == 1 ]] || usage_error "--smp: an L1 with VMX has one CPU"
	[[ ! $icount ]] || usage_error "--icount works with --cpu svm only"
	[[ ! $hardware ]] || usage_error "--hardware has the CPU that there is: no --cpu vmx"
	[[ ! $terminal ]] || usage_error "--shell works with --cpu svm only"
	((memory <= 2048)) || usage_error "--memory: an L1 with VMX has 2048 MB at most"
	need_packages "${PKGS_BOCHS[@]}"
}

# stage_start STAGE DIR: what starts the command in L1.
stage_start()
{
	cp "$VM_DIR"/guest/{await-ready,light-init} "$2/"
	# ttyS0, the console, shares its interrupt with ttyS2, and ttyS1 with ttyS3:
	# the control port is silent while the command's output flows.
	echo 'port=([stdout]=/dev/ttyS1 [stderr]=/dev/ttyS2 [ctl]=/dev/ttyS3)' \
		>>"$2/run/settings"
}

make_cd()
{
	local append="console=ttyS0,115200 quiet panic=-1 reboot=triple mitigations=off"

	# What a kernel measures and tests at boot takes long here.
	append+=" nokaslr tsc=reliable no_timer_check nowatchdog random.trust_cpu=on"
	append+=" cryptomgr.notests initcall_blacklist=jent_mod_init"
	(cd "$work" && cpio -o -H newc --quiet <<<payload.tar) >"$work/payload.cpio"
	printf '%s\n' "DEFAULT l1" "PROMPT 0" "LABEL l1" "KERNEL /vmlinuz" \
		"INITRD /initrd,/payload" "APPEND $append" >"$work/isolinux.cfg"
	# isolinux.bin is patched on its way to the CD, hence a copy.
	cp /usr/lib/ISOLINUX/isolinux.bin "$work/"
	logged l1-iso xorriso -as mkisofs -o "$work/l1.iso" -graft-points \
		-b isolinux.bin -c boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table \
		"isolinux.bin=$work/isolinux.bin" "isolinux.cfg=$work/isolinux.cfg" \
		ldlinux.c32=/usr/lib/syslinux/modules/bios/ldlinux.c32 \
		"vmlinuz=$kernel/vmlinuz" "initrd=$initrd/initrd.cpio" \
		"payload=$work/payload.cpio"
	rm "$work"/{payload.cpio,payload.tar}
}

# ata CHANNEL-UNIT NAME IMAGE: a disk whose model is NAME.  "volatile" opens the
# image for reading only, and writes nowhere.
ata()
{
	ln -s "$3" "$work/$2.sqfs"
	echo "ata$1: type=disk, path=$2.sqfs, mode=volatile, journal=$2.journal," \
		"cylinders=0, model=\"$2\""
}

# Names are relative to the directory that Bochs runs in: it has no quoting.
#
# The time stamp counter has the rate of ips.  KVM uses the preemption timer up to
# some 429 MHz, as the timer's own rate is a fraction of it; a 6.12 kernel does not
# boot with 50 MHz.
write_bochsrc()
{
	cat <<-END
		display_library: rfb, options="timeout=0"
		plugin_ctrl: speaker=0
		cpu: model=corei7_haswell_4770, count=1, ips=400000000, reset_on_triple_fault=0, ignore_bad_msrs=1
		clock: sync=none, time0=utc
		memory: guest=$memory, host=$memory
		romimage: file=/usr/share/bochs/BIOS-bochs-latest
		vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
		boot: cdrom
		ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
		ata1: enabled=1, ioaddr1=0x170, ioaddr2=0x370, irq=15
		ata0-master: type=cdrom, path=l1.iso, status=inserted
		$(ata 0-slave root "$root/root.sqfs")
		$(ata 1-master modules "$modules/modules.sqfs")
		$(ata 1-slave l2 "$l2/l2.sqfs")
		com1: enabled=1, mode=file, dev=console
		com2: enabled=1, mode=file, dev=stdout
		com3: enabled=1, mode=file, dev=stderr
		com4: enabled=1, mode=file, dev=ctl
		log: qemu.log
		panic: action=fatal
		error: action=ignore
		info: action=ignore
		debug: action=ignore
	END
}

machine_command()
{
	local alone=()

	make_cd
	: >>"$console"
	[[ $console -ef $work/console ]] || ln -s "$(realpath "$console")" "$work/console"
	write_bochsrc >"$work/bochsrc"
	# Debian's Bochs has the debugger built in: this tells it to go on.
	echo c >"$work/bochs.rc"
	# Its display is a server that anyone may connect to, so not on this network.
	if unshare --map-root-user --net true 2>/dev/null; then
		alone=(unshare --map-root-user --net)
	fi
	# Bochs opens a serial port's file at its first byte only.  Who reads must see
	# an end even if there never was one, hence the two descriptors.
	# shellcheck disable=SC2016 # for the inner shell
	machine=(bash -c 'cd "$1" && shift && exec </dev/null >/dev/null 3<>stdout 4<>stderr "$@"'
		bochs "$work" timeout --kill-after=5 $((boot_limit + limit + 60))
		"${alone[@]}" bochs-bin -q -f bochsrc -rc bochs.rc)
}
