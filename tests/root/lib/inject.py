"""Makes a process try system calls, one after the other, and go on as if nothing had been.

inject.py PID PROBES.json, as root, on x86-64. Each probe is {"name", "call", "arguments", "expected"}: an
argument is a number, a text (passed by its address), {"bytes": hex}, {"room": bytes} or {"fd": name} for
what an earlier probe with "keep": name has given. What is expected is "works" or the name of an error.
Prints a line for each, and at the end how many came out as expected; exits with 1 if one did not.
"""

import ctypes
import errno
import json
import os
import sys

SEIZE, INTERRUPT, GETREGS, SETREGS, SINGLESTEP, DETACH = 0x4206, 0x4207, 12, 13, 9, 17
WALL = 0x40000000
CLOSE = 3
REGISTERS = (
    "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss "
    "fs_base gs_base ds es fs gs"
).split()
SLOTS = ("rdi", "rsi", "rdx", "r10", "r8", "r9")

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


class Registers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in REGISTERS]

    def copy(self):
        return Registers.from_buffer_copy(self)


def ptrace(request, pid, data=None):
    if libc.ptrace(request, pid, None, data) < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"ptrace {request:#x}: {os.strerror(code)}")


class Victim:
    """The first thread of a process, stopped in a system call."""

    def __init__(self, pid):
        self.pid = pid
        ptrace(SEIZE, pid)
        ptrace(INTERRUPT, pid)
        os.waitpid(pid, WALL)
        self.memory = open(f"/proc/{pid}/mem", "r+b", buffering=0)
        self.saved = Registers()
        ptrace(GETREGS, pid, ctypes.byref(self.saved))
        self.at = self.saved.rip - 2
        self.memory.seek(self.at)
        if self.memory.read(2) != b"\x0f\x05":
            sys.exit(f"process {pid} is not in a system call")
        self.kept = {}

    def call(self, number, arguments):
        registers = self.saved.copy()
        registers.rax, registers.orig_rax, registers.rip = number, 2**64 - 1, self.at
        room = self.saved.rsp - 65536
        for slot, argument in zip(SLOTS, arguments):
            value, text = self.understood(argument)
            if text is not None:
                room -= (len(text) + 15) & ~15
                self.memory.seek(room)
                self.memory.write(text)
                value = room
            setattr(registers, slot, value % 2**64)
        ptrace(SETREGS, self.pid, ctypes.byref(registers))
        ptrace(SINGLESTEP, self.pid)
        _, status = os.waitpid(self.pid, WALL)
        if not os.WIFSTOPPED(status):
            sys.exit(f"process {self.pid} has ended: {status:#x}")
        ptrace(GETREGS, self.pid, ctypes.byref(registers))
        return ctypes.c_longlong(registers.rax).value

    def understood(self, argument):
        """A number, or what its address is to be passed of."""
        if isinstance(argument, int):
            return argument, None
        if isinstance(argument, str):
            return 0, os.fsencode(argument) + b"\0"
        if "fd" in argument:
            return self.kept[argument["fd"]], None
        if "room" in argument:
            return 0, bytes(argument["room"])
        return 0, bytes.fromhex(argument["bytes"])

    def let_go(self):
        """The call in which it was begins anew."""
        registers = self.saved.copy()
        registers.rax, registers.orig_rax, registers.rip = self.saved.orig_rax, 2**64 - 1, self.at
        ptrace(SETREGS, self.pid, ctypes.byref(registers))
        ptrace(DETACH, self.pid)


def main():
    with open(sys.argv[2], encoding="utf-8") as file:
        probes = json.load(file)
    victim = Victim(int(sys.argv[1]))
    wrong = 0
    for probe in probes:
        result = victim.call(probe["call"], probe["arguments"])
        found = "works" if result >= 0 else errno.errorcode.get(-result, str(result))
        if result >= 0 and "keep" in probe:
            victim.kept[probe["keep"]] = result
        elif result > 2 and probe.get("closes"):
            victim.call(CLOSE, [result])
        good = found == probe["expected"]
        wrong += not good
        told = "" if good else f"  EXPECTED {probe['expected']}"
        print(f"  {probe['name']:44} {found}{told}")
    for descriptor in victim.kept.values():
        victim.call(CLOSE, [descriptor])
    victim.let_go()
    print(f"{len(probes)} operations, {len(probes) - wrong} as expected")
    sys.exit(wrong > 0)


main()
