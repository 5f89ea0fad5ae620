#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A real Prometheus scrapes kvmexitd; tests/interop/check runs this.

Arguments: the daemon's pid, its metrics port, a directory, kvmexitctl, and the
dashboard, of which every query must have a result.
"""
import json, subprocess, sys

from server import Kernel, query, start, until

daemon, port, work, ctl, dashboard = sys.argv[1:]

def exits():
    """By VM's id and reason, as kvmexitctl has it."""
    run = lambda *args: json.loads(subprocess.check_output(
        [ctl, "-s", f"{work}/socket", "--json", *args]))
    counts = {}
    for vm in run("list")["vms"]:
        for reason in run("show", vm["name"])["reasons"]:
            counts[str(vm["id"]), reason["reason"]] = reason["total"]
    return counts


def scraped():
    return {(r["metric"]["id"], r["metric"]["reason"]): int(r["value"][1])
            for r in query("kvm_exits_total")}


def expressions():
    """Those of the dashboard, with its variables as Grafana would fill them in."""
    def walk(value):
        if isinstance(value, dict):
            if "expr" in value:
                yield value["expr"]
            value = list(value.values())
        if isinstance(value, list):
            for part in value:
                yield from walk(part)
    with open(dashboard) as f:
        for expression in walk(json.load(f)):
            for name, text in (("$__rate_interval", "10s"), ("$__range", "10s"),
                               ("$instance", ".*"), ("$vm", ".*")):
                expression = expression.replace(name, text)
            if "$" in expression:
                sys.exit(f"prometheus: what is the variable in {expression}?")
            # Of a condition, what it is about: no VM here has a storm.
            yield expression.removesuffix(" == 1")


server = start(port, work)
kernel = Kernel(daemon)
try:
    until("a scrape", lambda: query("up{job='kvmexitd'} == 1"))
    queries = list(expressions())
    for q in queries:
        until(f"a result of {q}", lambda: query(q))
    # Nothing changes any more, so both have to be the same in the end.
    kernel.stop()
    before = exits()
    until("the same numbers", lambda: scraped() == before)
    if len(before) != 5 * 8 or exits() != before:
        sys.exit(f"prometheus: odd counts: {before}")
    kernel.go_on()
    until("rising numbers", lambda: sum(scraped().values()) > sum(before.values()))
    version = query("kvmexitd_build_info")[0]["metric"]["version"]
    print(f"# {len(before)} series of kvmexitd {version} are kvmexitctl's; "
          f"{len(queries)} queries of the dashboard have results")
finally:
    kernel.go_on()
    server.terminate()
    server.wait()
