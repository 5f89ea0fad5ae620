# SPDX-License-Identifier: GPL-2.0-or-later
"""What each arm can tell apart, tried: VMs make numbers of exits that are looked for in
what it says.

  early  307 hypercalls before the tool is started
  one    811 CPUIDs and 1,009 hypercalls
  two    577 hypercalls by each of two vCPUs
  deep   203 WBINVDs, and 701 in its nested guest
"""
import json
import os
import re
import subprocess
import sys
import time

import tools

# The tool has to count before the first exit. L1's clock leaps to the end of this.
DELAY_S = 120
# So slow that nothing is lost: what is lost is another question.
RATE = 20
# Tools tell once a second.
SETTLE_S = 3
LOADS = {"one": ["cpuid=811", "vmcall=1009"], "two": ["--vcpus=2", "vmcall=577"],
         "deep": ["wbinvd=203", "nested-wbinvd=701"]}
TIMES = re.compile(r"avg time|\[\d+[KMG]?, \d+[KMG]?\)|\"buckets\"|\"hist\"|\"total_ns\"", re.I)
PROGRAM = ("t:kvm:kvm_exit { @[pid, tid, args->exit_reason] = count(); @at[tid] = nsecs; } "
           "t:kvm:kvm_nested_vmexit { @l2[pid, tid, args->exit_reason] = count(); } "
           "t:kvm:kvm_entry /@at[tid]/ { @ns = hist(nsecs - @at[tid]); delete(@at[tid]); }")


class Vm:
    """A VM that lives on when its exits are made."""

    def __init__(self, name, *args):
        self.process = subprocess.Popen(["exitgen", "--json", f"--name={name}",
                                         "--hold-until-stdin-closes", *args],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        tools.wait_for(f"the VM {name}", 60, self.children)
        self.pid = self.children()[0]

    def children(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as f:
            return f.read().split()


class Vms:
    """All of them; they make their exits DELAY_S after they were set up."""

    def __enter__(self):
        self.vms = {"early": Vm("early", "vmcall=307")}
        self.vms["early"].process.stdout.readline()
        for name, load in LOADS.items():
            self.vms[name] = Vm(name, f"--delay={DELAY_S}", f"--rate={RATE}", *load)
        return self

    def __exit__(self, *_):
        for vm in self.vms.values():
            vm.process.communicate()

    def pid(self, name):
        return self.vms[name].pid

    def wait_for_vcpus(self, name):
        """Some tools see threads that are there only. The 1,009 come late enough."""
        tools.wait_for(f"vCPUs of {name}", 2 * DELAY_S,
                       lambda: len(os.listdir(f"/proc/{self.pid(name)}/task")) > 1)

    def make_exits(self):
        for name in LOADS:
            self.vms[name].process.stdout.readline()
        time.sleep(SETTLE_S)


def output(*command):
    """What it prints, which perf does on stderr; nothing if it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL, errors="replace")
    return done.stdout if done.returncode == 0 else ""


def numbers(text):
    return set(map(int, re.findall(r"\b\d+\b", text)))


def is_json(*texts):
    try:
        return all(map(json.loads, texts)) and texts != ()
    except ValueError:
        return False


def told(arm, base, of=None, more=(), command=None):
    """What the tool says of all VMs or of one of them, and the totals in it."""
    with Vms() as vms:
        if of:
            vms.wait_for_vcpus(of)
            more = ["-p", vms.pid(of)]
        tool = tools.Tool(arm, base, more=more, command=command)
        vms.make_exits()
        tool.stop()
        return tool.output(), set(tool.totals().values())


def near(totals):
    """The numbers of exits that a tool would tell if it did not lose some."""
    return {made for made in (307, 577, 701, 811, 1154, 1009)
            if any(0.95 * made <= total <= made for total in totals)}


def answers(every, text, machine, one=(), vcpu=(), early=()):
    """Of the numbers that the tool gave of all VMs, and of one VM or vCPU when asked to."""
    def when(yes, by_one=False):
        return "yes" if yes else "one at a time" if by_one else "no"

    print(f"tells {sorted(every)}, of one {sorted(one)}, of a vCPU {sorted(vcpu)}", file=sys.stderr)
    return {"reasons": when(811 in every),
            "VMs": when(1009 in every and every & {577, 1154}, 1009 in one and 1154 not in one),
            "vCPUs": when(577 in every, 577 in vcpu),
            "L2": when(701 in every),
            "times": when(TIMES.search(text)),
            "before": when(307 in early or 307 in every),
            "machine": when(machine)}


def kvmexitd(_, base, start):
    daemon = start()
    show = ["kvmexitctl", "--json", "show"]
    with Vms() as vms:
        vms.make_exits()
        each = [output(*show, "--vcpus", name) for name in LOADS]
        early = output(*show, "early")
    daemon.stop()
    text = "".join(each)
    return answers(numbers(text), text, is_json(*each), early=numbers(early))


def kvm_stat_d(*_):
    command = ["python3", tools.KVM_STAT, "-d", "-i", "-1"]
    with Vms() as vms:
        vms.make_exits()
        text = output(*command)
        one = output(*command, "-p", vms.pid("one"))
        early = output(*command, "-p", vms.pid("early"))
    csv = tools.Tool("kvm_stat -d", 0, more=["-c"])
    csv.stop()
    return answers(numbers(text), text, csv.output().lower().startswith("timestamp"),
                   one=numbers(one), early=numbers(early))


def kvm_stat_t(arm, base, _):
    text, every = told(arm, base)
    _, one = told(arm, base, of="one")
    return answers(every, "", text.lower().startswith("timestamp"), one=one)


def perf_record(arm, base, _):
    report = ["perf", "kvm", "--host", "-i", tools.PERF_DATA, "stat", "report"]
    with Vms() as vms:
        tool = tools.Tool(arm, base)
        vms.make_exits()
        tool.stop()
        text, one = output(*report), output(*report, "-p", vms.pid("one"))
        vcpu = output(*report, "--vcpu=1")
    return answers(numbers(text), text, output(*report, "-x,"), one=numbers(one),
                   vcpu=numbers(vcpu))


def perf_live(arm, base, _):
    text, every = told(arm, base)
    _, one = told(arm, base, of="one")
    _, vcpu = told(arm, base, more=["--vcpu=1"])
    return answers(near(every), text, output("perf", "kvm", "stat", "live", "-x,"),
                   one=near(one), vcpu=near(vcpu))


def bcc(arm, base, _):
    text, _ = told(arm, base)
    return answers(numbers(text), text, output("python3", tools.KVMEXIT, "--json", "1"))


def bpftrace(arm, base, _):
    text, _ = told(arm, base, command=["bpftrace", "-f", "json", "-e", PROGRAM])
    return answers(numbers(text), text, is_json(*filter(str.strip, text.splitlines())))


TRIED = {"kvmexitd": kvmexitd, "kvm_stat -d": kvm_stat_d, "kvm_stat -t, reasons": kvm_stat_t,
         "perf kvm stat record": perf_record, "perf kvm stat live": perf_live,
         "bcc kvmexit": bcc, "bpftrace, count": bpftrace}
