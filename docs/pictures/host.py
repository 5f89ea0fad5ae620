#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes a recording of a made-up host, which the README's pictures are of.

Usage: host.py FILE

Eight VMs in 15 minutes: a web server, a database, a desktop whose serial port takes
a storm of exits in the end, a guest with guests of its own, microVMs and CI runners.
Rates and times are such as real guests have. It is the same at each run.
"""
import math
import random
import struct
import sys

NS = 10**9
START_S, SECONDS = 1000, 900
REALTIME_NS = 1767348000 * NS  # 2026-01-02T10:00:00Z, when it begins

# Exit reasons of VMX, and how long one takes in ns.
REASONS = {
    "INTR": (1, 2200), "INTWIN": (7, 1100), "CPUID": (10, 1200), "HLT": (12, 900000),
    "VMCALL": (18, 1900), "VMPTRLD": (21, 2100), "VMREAD": (23, 1500), "VMRESUME": (24, 9000),
    "VMWRITE": (25, 1500), "CR": (28, 1500), "IO": (30, 18000), "MSRR": (31, 1300),
    "MSRW": (32, 1400), "PAUSE": (40, 4000), "APIC": (44, 2500), "EPTV": (48, 3000),
    "EPTM": (49, 14000), "PREEMPT": (52, 1500), "WBINVD": (54, 120000),
}
BOOT = {"IO": 29000, "EPTM": 15200, "MSRW": 900, "EPTV": 800, "CPUID": 500, "INTR": 350,
        "CR": 200, "MSRR": 120, "INTWIN": 100, "HLT": 20, "WBINVD": .3}
WEB = {"MSRW": 1900, "HLT": 900, "PREEMPT": 420, "INTR": 300, "EPTM": 160, "INTWIN": 150,
       "PAUSE": 12, "CPUID": 8, "MSRR": 6, "EPTV": 3, "IO": .8}
DATABASE = {"MSRW": 14000, "HLT": 5200, "PREEMPT": 3100, "INTR": 2600, "EPTM": 2400,
            "PAUSE": 900, "INTWIN": 800, "EPTV": 40, "MSRR": 11, "CPUID": 4}
DESKTOP = {"MSRW": 3200, "HLT": 2500, "EPTM": 900, "MSRR": 900, "VMCALL": 700, "IO": 600,
           "INTR": 300, "CPUID": 150, "INTWIN": 90, "CR": 60, "APIC": 40}
MICRO = {"MSRW": 45, "HLT": 20, "PREEMPT": 5, "INTR": 4, "EPTM": 3}
# Those behind "L2 " are of a nested guest.
NESTED = {"VMRESUME": 2100, "MSRW": 700, "VMREAD": 310, "HLT": 300, "VMWRITE": 220,
          "INTR": 150, "EPTV": 90, "EPTM": 60, "VMPTRLD": 12, "L2 MSRW": 800,
          "L2 HLT": 330, "L2 IO": 190, "L2 EPTV": 150, "L2 INTR": 110, "L2 CPUID": 60}


def scaled(rates, factor):
    return {name: rate * factor for name, rate in rates.items()}


def web(age):
    if age < 22:
        return scaled(BOOT, .2 + abs(math.sin(age * .7)))
    busy = 3.2 if 300 < age < 420 else 1
    return scaled(WEB, busy * (1 + .25 * math.sin(age / 40) + .1 * random.random()))


def database(age):
    if age < 30:
        return scaled(BOOT, .7 * (.3 + abs(math.sin(age * .5))))
    return scaled(DATABASE, 1 + .2 * random.random())


def desktop(age):
    storm = {"IO": 86000, "EPTM": 9000} if age > 600 else {}
    return scaled(DESKTOP | storm, 1 + .15 * random.random())


def micro(age):
    return scaled(MICRO, 10 if age < 2 else 1)


def nested(_age):
    return NESTED


def runner(_age):
    return scaled(BOOT, .6 + .8 * random.random())


# Name, vCPUs, what it does, and when it starts and ends.
VMS = [
    ("web-frontend-01", 4, web, 0, None), ("db-prod-01", 8, database, 0, None),
    ("desktop-7", 2, desktop, 0, None), ("nested-lab", 4, nested, 0, None),
    ("ci-runner-4711", 2, runner, 100, 160), ("micro-7f3a9b", 1, micro, 500, None),
    ("micro-81cc02", 1, micro, 520, None), ("ci-runner-4712", 2, runner, SECONDS - 8, None),
]


def attr(kind, value, nest=False):
    """A netlink attribute: of bytes, or of a number and its struct format."""
    data = value if isinstance(value, bytes) else struct.pack("<" + value[0], value[1])
    kind |= 0x8000 if nest else 0
    return struct.pack("<HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def u32(kind, value):
    return attr(kind, ("I", value))


def u64(kind, value):
    return attr(kind, ("Q", value))


class Recording:
    """The file: records, of which messages of the kernel are one kind."""

    def __init__(self, path):
        self.out = open(path, "wb")
        self.sequence = 0
        begin = START_S * NS
        self.out.write(b"KVMEXREC" + struct.pack("<IIQq", 1, 32, begin, REALTIME_NS - begin))

    def record(self, kind, at, data=b""):
        self.out.write(struct.pack("<IIQ", len(data), kind, at) + data + b"\0" * (-len(data) % 8))

    def message(self, command, at, body):
        self.sequence += 1
        body = struct.pack("<BBH", command, 1, 0) + u64(2, 1) + u64(3, self.sequence) + \
            u64(4, at) + body
        self.record(1, at, struct.pack("<IHHII", 16 + len(body), 0x23, 0, 0, 0) + body)


class Vm:
    def __init__(self, number, spec, at):
        self.id, self.pid, self.created = number, 2000 + 97 * number, at
        self.name, self.vcpus, self.rates, self.start, self.end = spec
        self.totals = [{} for _ in range(self.vcpus)]
        self.times = [{} for _ in range(self.vcpus)]

    def attributes(self, ended=0):
        body = u64(2, self.id) + u32(3, self.pid) + u32(4, 1) + u32(5, self.vcpus) + \
            u64(6, self.created) + (u64(7, ended) if ended else b"") + attr(8, b"qemu\0")
        return attr(6, body, True)

    def time(self, vcpu, key, code, mean, exits):
        """Four durations, the longest of which 3 % take."""
        total, longest, histogram = self.times[vcpu].setdefault(key, [0, 0, [0] * 26])
        counts = [int(exits * part) for part in (.3, .12, .03)]
        for times, count in zip((.5, 1, 2, 8), [exits - sum(counts)] + counts):
            ns = int(mean * times)
            total += ns * count
            longest = max(longest, ns * bool(count))
            histogram[min(25, max(0, ns.bit_length() - 8))] += count
        self.times[vcpu][key] = [total, longest, histogram]
        last = max(i for i, n in enumerate(histogram) if n) + 1
        buckets = struct.pack("<%dQ" % last, *histogram[:last])
        return attr(7, u64(2, code) + key[1] + u64(6, total) + u64(7, longest) +
                    attr(8, buckets), True)

    def batch(self, vcpu, second):
        """What the kernel says of one second of a vCPU; the first one has more to do."""
        share = (1.6 if vcpu == 0 else 1 - .6 / (self.vcpus - 1)) / self.vcpus \
            if self.vcpus > 1 else 1
        exits_of, times = b"", b""
        for name, rate in self.rates(second - self.start).items():
            level = attr(3, b"") if name.startswith("L2 ") else b""
            code, mean = REASONS[name.removeprefix("L2 ")]
            exits = int(rate * share + random.random())
            if not exits:
                continue
            key = (code, level)
            total = self.totals[vcpu][key] = self.totals[vcpu].get(key, 0) + exits
            exits_of += attr(6, u64(2, code) + level + u64(5, exits) + u64(6, total), True)
            times += self.time(vcpu, key, code, mean * (2.5 if level else 1), exits)
        return attr(7, u64(2, self.id) + u32(3, self.pid) + u32(4, vcpu) + u32(5, 1) +
                    exits_of + times, True)

    def final(self):
        sums = {}
        for totals in self.totals:
            for key, total in totals.items():
                sums[key] = sums.get(key, 0) + total
        return b"".join(attr(8, u64(2, code) + level + u64(6, total), True)
                        for (code, level), total in sums.items())


def main():
    random.seed(7)
    recording, alive = Recording(sys.argv[1]), []
    begin = START_S * NS
    # The daemon's states: it looks for the kernel, finds it, and has read its totals.
    for kind, data in ((2, struct.pack("<I", 2)), (7, b""), (4, b""), (5, struct.pack("<I", 1)),
                       (2, struct.pack("<I", 3)), (7, b"")):
        recording.record(kind, begin, data)
    for second in range(SECONDS):
        at = begin + second * NS
        for number, spec in enumerate(VMS, 1):
            if spec[3] == second:
                vm = Vm(number, spec, at)
                alive.append(vm)
                recording.message(3, at, u32(5, 1) + vm.attributes())
                recording.record(8, at, struct.pack("<Q", vm.id) + vm.name.encode())
                for vcpu in range(vm.vcpus):
                    recording.message(3, at, u32(5, 2) + vm.attributes() + u32(10, vcpu))
        at += NS - 1
        for vm in alive:
            for vcpu in range(vm.vcpus):
                recording.message(2, at, vm.batch(vcpu, second))
        for vm in [vm for vm in alive if vm.end == second]:
            alive.remove(vm)
            recording.message(3, at, u32(5, 3) + vm.attributes(at) + vm.final())
        recording.record(7, at)
    recording.record(11, at, struct.pack("<I", 0))


if __name__ == "__main__":
    main()
