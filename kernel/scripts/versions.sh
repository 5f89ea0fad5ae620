# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# Which version a kernel is. The release (uname -r) does not say it: Debian gives
# several versions of a kernel one release. What does is the banner, as uname -rv
# prints it:
#
#   6.12.117+deb12-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.12.117-1~deb12u1 (2026-11-14)
#
# For sh, as a hook in /etc/kernel/postinst.d begins with this file.

# image_of RELEASE: its image, where distributions put one.
image_of()
{
	for image in "/boot/vmlinuz-$1" "/lib/modules/$1/vmlinuz"; do
		[ ! -f "$image" ] || { echo "$image"; return; }
	done
	return 1
}

# image_banner FILE: by the pointer to it in the setup header, at 0x20e.
image_banner()
{
	[ "$(dd if="$1" bs=1 skip=514 count=4 status=none)" = HdrS ] || return 1
	offset=$(($(od -An -tu2 -j 526 -N2 "$1") + 512))
	dd if="$1" bs=1 skip="$offset" count=512 status=none | tr '\0' '\n' |
		sed -n '1s/^\([^ ]*\) ([^)]*) /\1 /p'
}

# banner_of RELEASE: of the installed image, or of the kernel that runs.
banner_of()
{
	if image=$(image_of "$1"); then
		image_banner "$image"
	elif [ "$1" = "$(uname -r)" ]; then
		uname -rv
	else
		return 1
	fi
}

# version_in BANNER: that of the Debian package, or what there is after the release.
version_in()
{
	case $1 in
	*" Debian "*) v=${1#* Debian }; echo "${v%% *}" ;;
	*) echo "${1#* }" ;;
	esac
}

# upstream_in BANNER: what the Makefile of its source says.
upstream_in()
{
	case $1 in
	*" Debian "*) version_in "$1" | sed -E 's/-[^-]*$//; s/~/-/' ;;
	*) echo "$1" | sed -nE 's/^([0-9]+\.[0-9]+(\.[0-9]+)?(-rc[0-9]+)?).*/\1/p' ;;
	esac | sed 's/^\([0-9]*\.[0-9]*\)\.0\($\|-\)/\1\2/'
}

# source_id PATH: changes when the source there does. What is unpacked into a --work
# directory that is used again and again has to be of the source that is asked for.
source_id()
{
	find "$1" -name .git -prune -o -type f -printf '%P %s %T@\n' | LC_ALL=C sort |
		sha256sum | cut -d' ' -f1
}

# What install-modules leaves beside the modules that it installs: the banner of the
# kernel that they were built for, and the checksums of the distribution's KVM.
built_for=built-for
replaced=replaced.sha256

# checksums RELEASE: of the distribution's modules, to notice when they are others.
checksums()
{
	(cd "/lib/modules/$1" && find kernel \( -name 'kvm.ko*' -o -name 'kvm-amd.ko*' \
		-o -name 'kvm-intel.ko*' \) -exec sha256sum {} +)
}

# changed_since RELEASE: why the modules that are installed for it are old; nothing if
# they are not.
changed_since()
{
	updates=/lib/modules/$1/updates/kvm-exitstat
	was=$(cat "$updates/$built_for" 2>/dev/null) || { echo "built for an unknown version"; return; }
	if now=$(banner_of "$1") && [ "$now" != "$was" ]; then
		echo "built for $(version_in "$was"), and the kernel is $(version_in "$now") now"
	elif ! (cd "/lib/modules/$1" && sha256sum --status -c "$updates/$replaced" 2>/dev/null); then
		echo "built for $(version_in "$was"), and the distribution's KVM has changed since"
	fi
}
