# SPDX-License-Identifier: GPL-2.0-or-later
#
# What docs/EXPERIMENT.md shows of docs/experiment.json: see tests/figures.

# Digits in threes, and so many behind the point.
def thousands: tostring | [while(length > 0; .[:-3]) | .[-3:]] | reverse | join(",");
def fixed($n): pow(10; $n) as $p | (. * $p | round) as $x
	| if $n == 0 then "\($x)" else "\($x / $p | floor).\("000\($x % $p)" | .[-$n:])" end;
def percent($whole): . * 100 / $whole | fixed(1);

def phase($name): .phases[] | select(.phase == $name);
def total($reason): [.reasons[] | select(.reason == $reason) | .total // .exits] | add // 0;
def share($reason): .exits as $all | total($reason) | percent($all);

# The reasons of a report or a phase, the most frequent first.
def ranked: [.reasons[] | {reason, n: (.total // .exits)}] | sort_by(-.n);
def most($n): .exits as $all | ranked | .[:$n] | map("\(.reason) \(.n | percent($all)) %") | join(", ");
def least($n): ranked | reverse | .[:$n] | map("\(.reason) \(.n | thousands)") | join(", ");
def rank($reason): ranked | map(.reason) | index($reason) as $i
	| if $i == null then "not seen" else "\($i + 1) of \(length)" end;

# In how many phases a reason is the first.
def firsts($reason): [.phases[] | select(.phase != "boot")] as $all
	| "\($all | map(select(ranked[0].reason == $reason)) | length) of \($all | length)";

def phase_row: "| \(.phase) | \(.seconds | fixed(0)) | \(.exits | thousands) | \(.rate | fixed(0)) | \(
	.peak | fixed(0)) | \(.cv | fixed(2)) | \(.verdict) | \(most(3)) |";
def phase_table: "| phase | s | exits | per s | peak | CV | rate | most frequent |",
	"|---|--:|--:|--:|--:|--:|---|---|", (.phases[] | phase_row);

def reason_table: .exits as $all | "| reason | exits | % |", "|---|--:|--:|",
	(ranked[] | "| \(.reason) | \(.n | thousands) | \(.n | percent($all)) |");

# The same, to be called without a pipe, which is the end of a cell in a table.
def settled_age($r): $r.boot.end | fixed(0);
def settled_exits($r): $r.boot.exits | thousands;
def of($r; $phase): $r | phase($phase);
def ended_age($r; $phase): of($r; $phase).end | fixed(0);
def exits_of($r): $r.exits | thousands;
def total_of($r; $reason): $r | total($reason) | thousands;
def share_of($r; $reason): $r | share($reason);
def rank_of($r; $reason): $r | rank($reason);
def firsts_of($r; $reason): $r | firsts($reason);
def least_of($r; $n): $r | least($n);
def cv_of($r): $r.cv | fixed(2);
def table_of($r): $r | phase_table;
def reasons_of($r): $r | reason_table;
