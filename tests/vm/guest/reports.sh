# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the kernel has to report, for the campaign: its log, and what leaks.

work=$(mktemp -d)
debug=/sys/kernel/debug
# Seconds in which even a busy machine's L1 gets anything done.
long=900
log=/root/dmesg
reports=/root/reports
scanned=0 marks=0

# What KASAN, UBSAN, lockdep, RCU, debug objects, kmemleak, the hung task and workqueue
# watchdogs, and WARN and BUG say. All come with a call trace.
report='KASAN|UBSAN|ODEBUG|BUG|WARNING|INFO: (possible|trying|task|rcu|lockdep|inconsistent)'
report+='|Oops|general protection|Call Trace|corruption|refcount_t|suspected memory leak'
report+='|lockup|self-detected stall|detected stalls'

# All that the kernel has said so far is in the log: a line of ours is.
logged() { grep -q "$CASE: mark $marks\$" "$log"; }

# Look through what the kernel said since the last call. An allocation that was made
# to fail may say so, with a trace: that is no fault.
scan()
{
	echo "$CASE: mark $((++marks))" >/dev/kmsg
	within $long "the kernel log" logged
	tail -n "+$((scanned + 1))" "$log" >"$work/new"
	scanned=$((scanned + $(wc -l <"$work/new")))
	awk '/page allocation failure: |vmalloc error: / { quiet = 1 }
	     !quiet
	     /<\/TASK>/ { quiet = 0 }' "$work/new" >"$work/relevant"
	if grep -E "$report" "$work/relevant" >>"$reports"; then
		echo "--- the kernel reports, in phase $1:"
		cat "$work/new"
		echo "---"
	fi
}

# A search that finds nothing must be one that would find something.
check_scan()
{
	[[ -e $debug/kmemleak ]] || fail "this kernel has no kmemleak"
	zcat /proc/config.gz | grep -q '^CONFIG_KASAN=y' || fail "this kernel has no KASAN"
	scan boot
	mv "$reports" "$work/boot"
	echo "BUG: KASAN: not in $CASE" >/dev/kmsg
	scan "that tries the search" >/dev/null
	[[ -s $reports ]] || fail "a report in the kernel log is not found"
	mv "$work/boot" "$reports"
}

# An object counts as leaked when a scan finds no pointer to it, and one before had
# not either; objects younger than 5 s do not count.
leaks()
{
	for _ in 1 2; do
		sleep 6
		echo scan >"$debug/kmemleak"
	done
	cp "$debug/kmemleak" "$work/leaks"
	if [[ -s $work/leaks ]]; then
		echo "--- kmemleak:"
		cat "$work/leaks"
		echo "kmemleak: $(grep -c unreferenced "$work/leaks") objects" >>"$reports"
	fi
}
