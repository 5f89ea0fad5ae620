#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A real Prometheus sees all exits of short lives; tests/interop/check runs this.

Arguments: the daemon's pid, its metrics port, a directory, and how many VMs come,
each with 5000 exits for HLT in a second.
"""
import sys

from server import Kernel, query, start, until

daemon, port, work, lives = sys.argv[1:]
EXITS = int(lives) * 5000
HOST = 'kvm_host_exits_total{isa="svm",reason="HLT"}'


def value(expression):
    result = query(expression)
    return float(result[0]["value"][1]) if result else None


kernel = Kernel(daemon)
server = start(port, work)
try:
    until("sums from before the first VM", lambda: value(HOST) is not None)
    if value(HOST) != 0:
        sys.exit(f"lives: {HOST} is {value(HOST)} before the first exit")
    kernel.begin_lives()
    until("the last VM's exits", lambda: value(HOST) == EXITS)
    # One more scrape, so that the last step is inside of what increase() sees.
    scraped = value(f"count_over_time({HOST}[10m])")
    until("another scrape", lambda: value(f"count_over_time({HOST}[10m])") > scraped)
    seen = value(f"increase({HOST}[10m])")
    by_vm = value('sum(increase(kvm_exits_total{vm="life"}[10m]))') or 0
    print(f"# {EXITS} exits of {lives} lives: increase() of the host's sum is {seen:.0f}, "
          f"of the VMs' sums {by_vm:.0f}")
    # It extrapolates by up to half a scrape at each end.
    if not EXITS <= seen <= EXITS * 1.1:
        sys.exit("lives: increase() does not see them all")
    if by_vm > EXITS * 0.9:
        sys.exit("lives: so they were not short")
    if value(f"max_over_time({HOST}[10m]) - min_over_time({HOST}[10m])") != EXITS:
        sys.exit("lives: the host's sum did not rise by all of them")
finally:
    server.terminate()
    server.wait()
