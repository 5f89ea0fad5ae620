# SPDX-License-Identifier: GPL-2.0-or-later
"""The programs that tests/bench/peers compares: how each is started, and read."""
import glob
import json
import os
import re
import signal
import subprocess
import time

# Exits that the tools call differently, by the names of asm/svm.h.
NAMES = {"hypercall": "VMMCALL", "cpuid": "CPUID", "msr": "MSR", "hlt": "HLT",
         "io": "IOIO", "129": "VMMCALL", "114": "CPUID", "124": "MSR", "120": "HLT",
         "123": "IOIO"}
# A second of L1's is a thousand million instructions: what has not told its totals
# after so many is not waited for.
ENDS_S = 60
# What no measurement counts, to see when a tool does.
PROBE = "wbinvd"
KVM_STAT = "/usr/local/lib/peers/kvm_stat"
KVMEXIT = "/usr/local/lib/peers/kvmexit.py"
PERF_DATA = "/root/perf.data"
COUNT = "t:kvm:kvm_exit { @[args->exit_reason] = count(); } interval:s:1 { print(@); }"
LATENCY = ("t:kvm:kvm_exit { @at[tid] = nsecs; @why[tid] = args->exit_reason; "
           "@[args->exit_reason] = count(); } "
           "t:kvm:kvm_entry /@at[tid]/ { @ns[@why[tid]] = hist(nsecs - @at[tid]); "
           "delete(@at[tid]); } interval:s:1 { print(@); }")
PERF = ["perf", "kvm", "--host", "stat"]
YNL = ["python3", "cli.py", "--no-schema", "--spec", "kvm-exitstat.yaml"]

# name: command, whether it hooks the exit path
PEERS = {
    "kvm_stat -d": (["python3", "-u", KVM_STAT, "-d", "-l", "-s", "1"], False),
    "kvm_stat -t": (["python3", "-u", KVM_STAT, "-t", "-l", "-s", "1"], True),
    "kvm_stat -t, reasons": (["python3", "-u", KVM_STAT, "-t", "-c", "-l", "-s", "1",
                              "-f", "^kvm_exit"], True),
    "perf kvm stat record": (PERF + ["record", "-a", "-o", PERF_DATA], True),
    "perf kvm stat live": (PERF + ["live", "-a", "-d", "1"], True),
    "bcc kvmexit, Debian": (["kvmexit-bpfcc"], True),
    "bcc kvmexit": (["python3", "-u", KVMEXIT], True),
    "bpftrace, count": (["bpftrace", "-e", COUNT], True),
    "bpftrace, count and times": (["bpftrace", "-e", LATENCY], True),
}


# Of exitgen, for an arm that the VMM itself plays.
vmm_options = []


def ynl(settings):
    subprocess.run(YNL + ["--do", "config-set", "--json", json.dumps(settings)], check=True,
                   cwd="/usr/lib/kvmexitd-tests/ynl", stdout=subprocess.DEVNULL)


def generate(*args):
    """Runs exitgen to its end."""
    out = subprocess.run(["exitgen", "--json", *vmm_options, *args], check=True, stdout=subprocess.PIPE,
                         stdin=subprocess.DEVNULL, text=True).stdout
    return json.loads(out)


def cost(kind, rounds=10, exits=2000):
    """Instructions of one exit, of the vCPU's thread alone: the median of short runs."""
    vm = generate(f"--bench={rounds}", f"{kind}={exits}")["vms"][0]
    return vm["vcpus"][0]["kinds"][0]["ns_per_exit"]


def busy_s():
    """How long this CPU has worked. L1's clock leaps while it waits for a device."""
    with open("/proc/uptime") as f:
        up, idle = map(float, f.read().split())
    return up - idle


def wait_for(what, seconds, condition):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.1)


class Tool:
    """A tool that runs, from the moment on that it counts."""

    def __init__(self, name, stock_cost, prefix=(), command=None, more=()):
        """With more options, which may keep it from seeing what shows that it counts."""
        self.lost = ""
        self.name, self.log = name, f"/tmp/{re.sub('[^a-z0-9]+', '-', name.lower())}.log"
        own_command, hooks = PEERS[name]
        command = [*(command or own_command), *more]
        # What live reads is a terminal's keys: a pipe on which nothing comes.
        self.keys = os.pipe()
        begin = busy_s()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([*prefix, *command], stdin=self.keys[0], stdout=log,
                                            stderr=subprocess.STDOUT, start_new_session=True,
                                            env=dict(os.environ, PYTHONUNBUFFERED="1",
                                                     TERM="dumb"))
        try:
            wait_for(f"{name} starts", 120, lambda: self.counts(hooks and not more, stock_cost))
        except (TimeoutError, RuntimeError):
            self.stop(signal.SIGKILL)
            raise
        self.started = busy_s() - begin

    def pids(self):
        """Of all processes of the session that it leads."""
        return [int(stat[0]) for stat in map(split_stat, glob.glob("/proc/[0-9]*/stat"))
                if stat and int(stat[5]) == self.process.pid]

    def send(self, how):
        os.killpg(self.process.pid, how)

    def counts(self, hooks, stock_cost):
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended: {self.output()[-600:]}")
        if "kvm_stat" in self.name:
            return self.output().count("\n") >= 2
        if self.name == "perf kvm stat live" and not hooks:
            return self.output().strip() != ""
        return not hooks or cost(PROBE, 5, 500) > stock_cost + 200

    def output(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def stop(self, how=signal.SIGINT, seconds=ENDS_S):
        """True if it ended by itself when asked to."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, how)
        try:
            self.process.wait(seconds)
            ended = True
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            ended = False
        for fd in self.keys:
            os.close(fd)
        self.keys = ()
        return ended

    def lost_lines(self):
        """What it said about losses."""
        lines = [line.strip() for line in (self.lost or self.output()).splitlines()]
        return [line for line in lines if re.search("lost|drop", line, re.I)][-5:]

    def totals(self):
        """Exits by reason, as the tool's output has them once it has ended."""
        text = self.output()
        if self.name == "perf kvm stat record":
            report = subprocess.run(["perf", "kvm", "--host", "-i", PERF_DATA, "stat", "report"],
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                    stdin=subprocess.DEVNULL).stdout.decode(errors="replace")
            self.lost = report + text
            return by_row(report)
        if self.name == "perf kvm stat live":
            self.lost = text
            return by_row(text)
        if self.name == "kvm_stat -t, reasons":
            return by_column(text)
        if self.name.startswith("bpftrace"):
            # Printed anew each second, and when it ends.
            return dict(re.findall(r"^@\[(\d+)\]: (\d+)$", text, re.M))
        if self.name.startswith("bcc"):
            return summed(re.findall(r"^\d+ +\d+ +(?:EXIT_REASON_)?(\S+) +(\d+)", text, re.M))
        return {}


def by_row(text):
    return summed(re.findall(r"^ *(\w+) +(\d+) +[\d.]+% ", text, re.M))


def by_column(text):
    sums, names = {}, []
    for line in text.splitlines():
        cells = line.strip().split(",")
        if cells[0].lower() == "timestamp":
            names = cells
        elif names:
            for name, value in zip(names[1:], cells[1:]):
                found = re.match(r"kvm_exit\((.*)\)", name)
                if found:
                    sums[found[1]] = sums.get(found[1], 0) + int(value or 0)
    return sums


def summed(pairs):
    sums = {}
    for name, count in pairs:
        sums[name] = sums.get(name, 0) + int(count)
    return sums


def canonical(totals):
    """The same names and whole numbers, whatever tool they come from."""
    return {NAMES.get(name, name): int(count) for name, count in totals.items() if int(count)}


def split_stat(path):
    try:
        with open(path) as f:
            before, after = f.read().rsplit(")", 1)
    except (FileNotFoundError, ProcessLookupError):
        return None
    return [before.split()[0], before.split("(", 1)[1], *after.split()]


def vcpu_threads():
    """Threads of VMs' processes beside the first, as exitgen makes them."""
    n = 0
    for path in glob.glob("/proc/[0-9]*/comm"):
        try:
            with open(path) as f:
                if f.read().startswith("exitgen"):
                    n += len(os.listdir(path[:-4] + "task")) - 1
        except (FileNotFoundError, ProcessLookupError):
            pass
    return n


def fds(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def cpu_ns(pid):
    """A process with its threads, and the children that it has."""
    ns = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with open(path) as f:
            ns += int(f.read().split()[0])
    return ns


def kworkers_ns():
    """By path, as they come and go."""
    ns = {}
    for path in glob.glob("/proc/[0-9]*/comm"):
        try:
            with open(path) as f:
                if f.read().startswith("kworker"):
                    ns[path] = cpu_ns(path.split("/")[2])
        except (FileNotFoundError, ProcessLookupError):
            pass
    return ns


def memory_mib(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"^VmHWM:\s+(\d+)", f.read(), re.M)[1]) / 1024
