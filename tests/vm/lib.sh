# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the scripts in this directory share: messages, packages, and a cache of
# build results named by the content that they were made from.

VM_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$VM_DIR/../.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/kvmexitd
ME=${0##*/}

# shellcheck source-path=SCRIPTDIR source=packages.sh
source "$VM_DIR/packages.sh"

# A caller that runs several scripts in a row exports its step and its start,
# so that progress reads as one list.
VM_STEP=${VM_STEP:-1/1}
VM_START=${VM_START:-$EPOCHSECONDS}
export VM_STEP VM_START

# Progress goes to stderr: stdout belongs to results.
step()
{
	local s=$((EPOCHSECONDS - VM_START))

	printf '[%s %d:%02d] %s\n' "$VM_STEP" $((s / 60)) $((s % 60)) "$*" >&2
}

die()
{
	printf '%s: %s\n' "$ME" "$*" >&2
	exit 1
}

# Wrong use of a script is told apart from its failure by the exit status.
usage_error()
{
	printf "%s: %s\nTry '%s --help'.\n" "$ME" "$*" "$ME" >&2
	exit 2
}

# The help text of a script is the comment at its head.
show_help()
{
	awk 'NR <= 2 || (NR == 3 && $0 == "#") { next }
	     !/^#/ { exit }
	     { sub(/^# ?/, ""); print }' "$0"
}

# as_root COMMAND...: packages are installed as root, all else runs as the user.
as_root()
{
	if ((EUID == 0)); then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "needs root or sudo to run: $*"
	fi
}

# logged NAME COMMAND...: keeps a builder's chatter in a file and shows the end
# of it when the builder fails.
logged()
{
	local log=$CACHE/logs/$1.log rc=0

	shift
	mkdir -p "$CACHE/logs"
	"$@" >"$log" 2>&1 || rc=$?
	if ((rc)); then
		tail -n 40 "$log" >&2
		die "'$1' failed with status $rc; all of its output: $log"
	fi
}

have_package()
{
	[[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

apt_update()
{
	step "packages: apt-get update"
	logged apt-update as_root apt-get update
}

# The mirror that this machine has Debian from.
apt_mirror()
{
	# shellcheck disable=SC2016 # apt's variables
	apt-get indextargets --format '$(ORIGIN)|$(REPO_URI)|$(LABEL)' 'Created-By: Packages' |
		awk -F'|' '$1 == "Debian" && $3 == "Debian" && !found { found = 1; print $2 }
			END { exit !found }' ||
		die "apt has no Debian mirror: is this Debian 12, and did 'apt-get update' run?"
}

# How this machine reaches its mirror (proxies, snapshots past their date).
apt_options()
{
	apt-config dump | sed -nE \
		's/^(Acquire::(https?::.*|Check-Valid-Until|Check-Date|Retries) ".+";)$/\1/p'
}

# need_packages PACKAGE...: installs those that are missing.  dpkg is asked
# about all at once, which is what a warm call pays.
need_packages()
{
	local p missing=() apt lock

	[[ -e /etc/debian_version ]] || die "this needs Debian 12 (apt-get)"
	[[ $(dpkg-query -W -f='${db:Status-Status}\n' "$@" 2>/dev/null |
		grep -cx installed) == "$#" ]] && return
	mkdir -p "$CACHE/logs"
	exec {lock}>"$CACHE/packages.lock"
	flock "$lock"
	for p; do
		have_package "$p" || missing+=("$p")
	done
	if ((${#missing[@]})); then
		step "packages: installing ${missing[*]}"
		apt=(as_root env DEBIAN_FRONTEND=noninteractive
			apt-get install -y --no-install-recommends "${missing[@]}")
		# Lists that are missing or older than the mirror are the usual
		# reason for a failure.
		if ! "${apt[@]}" >"$CACHE/logs/apt-install-1.log" 2>&1 {lock}>&-; then
			apt_update {lock}>&-
			logged apt-install "${apt[@]}" {lock}>&-
		fi
	fi
	exec {lock}>&-
}

# hash_of FILE|DIRECTORY|=STRING...: one short name for the content of them all.
# Paths take part relative to the top of the tree, so that two checkouts agree.
hash_of()
{
	local arg

	for arg; do
		case $arg in
		=*)
			printf '%s\n' "$arg"
			;;
		*)
			[[ -e $arg ]] || continue
			find "$arg" -type f -print0 | LC_ALL=C sort -z |
				xargs -0r sha256sum | sed "s#  $TOP/#  #"
			find "$arg" -type f -perm -u+x -printf 'x %P\n' | LC_ALL=C sort
			;;
		esac
	done | sha256sum | cut -c1-16
}

# When a new result of a kind comes, the old ones go but for a few, and but for
# those used within the hour, which a concurrent call may be about to open.
prune()
{
	local old

	find "$CACHE/$1" -mindepth 1 -maxdepth 1 -type d -mmin +60 -printf '%T@ %p\n' |
		sort -rn | tail -n +4 | cut -d' ' -f2- |
		while IFS= read -r old; do
			rm -rf --one-file-system "$old"
		done
}

# cached KIND KEY BUILDER [ARG...]: leaves the path of the entry in REPLY.  When
# there is none, "BUILDER DIRECTORY [ARG...]" fills one; only a complete one is
# ever seen, and concurrent callers wait for the first.
cached()
{
	local kind=$1 key=$2 builder=$3 lock

	shift 3
	REPLY=$CACHE/$kind/$key
	if [[ -d $REPLY ]]; then
		touch -c "$REPLY"
		return
	fi
	mkdir -p "$CACHE/$kind"
	exec {lock}>"$CACHE/$kind/$key.lock"
	flock "$lock"
	if [[ ! -d $REPLY ]]; then
		# A builder that was killed may have left mounts in it.
		rm -rf --one-file-system "$REPLY.new"
		mkdir "$REPLY.new"
		"$builder" "$REPLY.new" "$@" {lock}>&-
		mv "$REPLY.new" "$REPLY"
		prune "$kind"
	fi
	rm -f "$CACHE/$kind/$key.lock"
	exec {lock}>&-
}

# module_files KERNEL MODULE...: the files of modules and of all that they need,
# in loading order, from a directory that tests/vm/kernel printed.
module_files()
{
	local kernel=$1 release

	shift
	release=$(<"$kernel/release")
	modprobe -d "$kernel" -S "$release" --show-depends -a "$@" |
		awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# unpack_module FILE.ko.xz DIRECTORY: guests load modules faster unpacked.
unpack_module()
{
	local name=${1##*/}

	case $name in
	*.xz) xz -dc "$1" >"$2/${name%.xz}" ;;
	*) cp "$1" "$2/" ;;
	esac
}

# The compressed kernel inside a bzImage, by the offsets in its setup header.
unpack_vmlinux()
{
	local image=$1 sects start length magic

	sects=$(od -An -tu1 -j $((0x1f1)) -N1 "$image")
	start=$(($(od -An -tu4 -j $((0x248)) -N4 "$image") + (sects + 1) * 512))
	length=$(od -An -tu4 -j $((0x24c)) -N4 "$image")
	# The last four bytes are the unpacked size, not compressed data.
	payload()
	{
		dd if="$image" bs=1M iflag=skip_bytes,count_bytes \
			skip="$start" count="$1" status=none
	}
	length=$((length - 4))
	magic=$(payload 4 | od -An -tx1 | tr -d ' ')
	case $magic in
	28b52ffd) payload $length | zstd -qdc ;;
	fd377a58) payload $length | xz -dc --single-stream ;;
	# Which has its size in itself.
	1f8b*) payload $((length + 4)) | gzip -dc ;;
	*) die "vmlinuz is packed in a way that is not known here (magic $magic)" ;;
	esac
}

# A /dev/kvm alone proves little: it may be there without the hardware.
can_nest()
{
	local nested

	[[ -r /dev/kvm && -w /dev/kvm ]] || return 1
	grep -qE '^flags.* (vmx|svm)( |$)' /proc/cpuinfo || return 1
	for nested in /sys/module/kvm_{intel,amd}/parameters/nested; do
		[[ ! -r $nested || $(<"$nested") != [Y1] ]] || return 0
	done
	return 1
}

# make_adds SERIES: what scripts make for --add of tests/vm/run may be for one kernel.
# Puts the directories that they print into its array, in place of their names.
make_adds()
{
	local i made

	for i in "${!adds[@]}"; do
		[[ ${adds[i]} == @* ]] || continue
		made=${adds[i]#@}
		made=$(VM_SERIES=$1 "$VM_DIR/${made%%:*}")
		adds[i]=$made:/${adds[i]##*:/}
	done
}
