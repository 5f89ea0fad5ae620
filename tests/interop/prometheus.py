#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A real Prometheus scrapes kvmexitd; tests/interop/check runs this.

Arguments: the daemon's pid, its metrics port, a directory, kvmexitctl, and the
dashboard, of which every query must have a result.
"""
import json, os, signal, subprocess, sys, time, urllib.parse, urllib.request

daemon, port, work, ctl, dashboard = sys.argv[1:]
OURS = 10959
PATIENCE_S = 90

with open(f"{work}/prometheus.yml", "w") as f:
    f.write(f"""global: {{ scrape_interval: 1s }}
scrape_configs:
  - job_name: kvmexitd
    static_configs: [ {{ targets: [ "127.0.0.1:{port}" ] }} ]
""")


def query(expression):
    url = f"http://127.0.0.1:{OURS}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
    with urllib.request.urlopen(url, timeout=20) as reply:
        return json.load(reply)["data"]["result"]


def until(what, condition):
    deadline, error = time.monotonic() + PATIENCE_S, None
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except OSError as e:
            error = e
        time.sleep(0.3)
    sys.exit(f"prometheus: {what}: not within {PATIENCE_S} s ({error})")


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
            yield expression


server = subprocess.Popen(
    ["prometheus", f"--config.file={work}/prometheus.yml", f"--storage.tsdb.path={work}/tsdb",
     f"--web.listen-address=127.0.0.1:{OURS}", "--log.level=error"])
kernel = int(subprocess.check_output(["ps", "-o", "pid=", "--ppid", daemon]).split()[0])
try:
    until("a scrape", lambda: query("up{job='kvmexitd'} == 1"))
    queries = list(expressions())
    for q in queries:
        until(f"a result of {q}", lambda: query(q))
    # Nothing changes any more, so both have to be the same in the end.
    os.kill(kernel, signal.SIGSTOP)
    before = exits()
    until("the same numbers", lambda: scraped() == before)
    if len(before) != 5 * 8 or exits() != before:
        sys.exit(f"prometheus: odd counts: {before}")
    os.kill(kernel, signal.SIGCONT)
    until("rising numbers", lambda: sum(scraped().values()) > sum(before.values()))
    version = query("kvmexitd_build_info")[0]["metric"]["version"]
    print(f"# {len(before)} series of kvmexitd {version} are kvmexitctl's; "
          f"{len(queries)} queries of the dashboard have results")
finally:
    os.kill(kernel, signal.SIGCONT)
    server.terminate()
    server.wait()
