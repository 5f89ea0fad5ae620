# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the test cases share. They run in L1, as root; see tests/vm/check.
set -euo pipefail

CASE=${0##*/}
KVM_EXIT=/sys/kernel/tracing/events/kvm/kvm_exit
HIST='hist:keys=exit_reason.hex:size=4096'

fail()
{
	echo "$CASE: $*" >&2
	exit 1
}

skip()
{
	echo "$CASE: skipped: $*" >&2
	exit 77
}

# same WHAT WANTED FOUND
same()
{
	[[ $2 == "$3" ]] || fail "$1: wanted '$2', found '$3'"
}

# contains WHAT TEXT PATTERN
contains()
{
	grep -qE -- "$3" <<<"$2" || fail "$1: no '$3' in: $2"
}

# within SECONDS WHAT COMMAND...: repeat COMMAND until it succeeds.
within()
{
	local deadline=$((SECONDS + $1)) what=$2

	shift 2
	until "$@"; do
		((SECONDS < deadline)) || fail "$what: not within the time"
		sleep 0.1
	done
}

# ynl ARGUMENT...: the kernel's own YNL client, with the family's specification.
ynl()
{
	(cd /usr/lib/kvmexitd-tests/ynl &&
		python3 cli.py --no-schema --output-json --spec kvm-exitstat.yaml "$@")
}

# status FILTER: of kvmexitctl status. Its exit status 4 is an answer, too.
status()
{
	kvmexitctl --json status | jq -r "$1" || [[ ${PIPESTATUS[0]} == 4 ]]
}

is_status() { [[ $(status "$1" 2>/dev/null) == "$2" ]]; }

streaming() { is_status .kernel streaming; }

restart_daemon()
{
	systemctl restart kvmexitd.service
	within 60 "kvmexitd to stream" streaming
}

# vm WHICH FILTER: of the VM with its vCPUs.
vm() { kvmexitctl --json show "$1" --vcpus | jq -r "$2"; }

ended() { [[ $(vm "$1" .alive 2>/dev/null) == false ]]; }

# total WHICH REASON
total() { vm "$1" "[.reasons[] | select(.reason == \"$2\").total] | add // 0"; }

# Count what the tracepoint sees, beside us, from here to hist_stop.
hist_start() { echo "$HIST" >"$KVM_EXIT/trigger"; }

# Sets hist_hits to all exits that were traced.
hist_stop()
{
	local hist

	hist=$(<"$KVM_EXIT/hist")
	echo "!$HIST" >"$KVM_EXIT/trigger"
	same "events that the trigger dropped" 0 "$(sed -n 's/^ *Dropped: //p' <<<"$hist")"
	# shellcheck disable=SC2034 # for the case
	hist_hits=$(sed -n 's/^ *Hits: //p' <<<"$hist")
}

# as_expected WHICH REPORT [ALIVE]: a VM's totals are those that exitgen reports,
# by reason and by vCPU, and altogether those of KVM's own statistic.
as_expected()
{
	local found wanted pid=$1 report=$2

	wanted=$(jq -c '.vms[0].expected | to_entries | sort_by(.key) | from_entries' <<<"$report")
	found=$(kvmexitctl --json show "$pid" --vcpus)
	same "reasons of $pid" "$wanted" "$(jq -c --argjson wanted "$wanted" '
		[.reasons[] | {key: .reason, value: .total} | select($wanted[.key])]
		| sort_by(.key) | from_entries' <<<"$found")"
	same "sum over the reasons of $pid" "$(jq .vms[0].exits <<<"$report")" \
		"$(jq '[.reasons[].total] | add' <<<"$found")"
	same "exits of $pid" "$(jq .vms[0].exits <<<"$report")" "$(jq .exits <<<"$found")"
	same "exits by vCPU of $pid" "$(jq -c '[.vms[0].vcpus[] | {id, exits}]' <<<"$report")" \
		"$(jq -c '[.vcpus[] | {id, exits}] | sort_by(.id)' <<<"$found")"
}
