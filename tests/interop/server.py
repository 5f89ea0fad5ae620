# SPDX-License-Identifier: GPL-2.0-or-later
"""A Prometheus that scrapes kvmexitd, for the tests beside this file."""
import json, os, signal, subprocess, sys, time, urllib.parse, urllib.request

OURS = 10959
PATIENCE_S = 90


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


def start(port, work):
    """A Prometheus that scrapes the port every second; it keeps its data in work."""
    with open(f"{work}/prometheus.yml", "w") as f:
        f.write(f"""global: {{ scrape_interval: 1s }}
scrape_configs:
  - job_name: kvmexitd
    static_configs: [ {{ targets: [ "127.0.0.1:{port}" ] }} ]
""")
    return subprocess.Popen(
        ["prometheus", f"--config.file={work}/prometheus.yml", f"--storage.tsdb.path={work}/tsdb",
         f"--web.listen-address=127.0.0.1:{OURS}", "--log.level=error"])


class Kernel:
    """The synthetic kernel, which is the daemon's child; it can stand still."""

    def __init__(self, daemon):
        self.pid = int(subprocess.check_output(["ps", "-o", "pid=", "--ppid", daemon]).split()[0])

    def stop(self):
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self):
        os.kill(self.pid, signal.SIGCONT)

    def begin_lives(self):
        os.kill(self.pid, signal.SIGUSR1)
