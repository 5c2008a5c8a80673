"""What is tried inside a daemon and inside a gateway, as JSON for inject.py.

probes.py gateway|daemon HOME PARENT PORT [none|unit], where PARENT is the id of a process of the same user. With
"none" the kernel has no Landlock: what only Landlock denies works then. With "unit" the service manager's filter
is there too, which ends a process at the numbers of another architecture: these are not tried.
"""

import json
import os
import struct
import sys

kind, home, parent, port = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
landlock, unit = sys.argv[5:] != ["none"], sys.argv[5:] == ["unit"]
ANY = -100  # AT_FDCWD
READ, WRITE, BOTH, CREATE, TRUNCATE, TEMPORARY = 0, 1, 2, 0o100, 0o1000, 0o20000000
X32 = 0x40000000
INET, INET6, UNIX, NETLINK, PACKET, ALG, VSOCK = 2, 10, 1, 16, 17, 38, 40
LOOPBACK = {"bytes": (struct.pack("=H", INET) + struct.pack("!H", port) + bytes([127, 0, 0, 1] + [0] * 8)).hex()}
FREE = {"bytes": (struct.pack("=H", INET) + struct.pack("!H", 0) + bytes([127, 0, 0, 1] + [0] * 8)).hex()}
probes = []


def probe(expected, name, call, *arguments, **more):
    probes.append({"name": name, "call": call, "arguments": arguments, "expected": expected, **more})


def opens(expected, name, path, flags):
    probe(expected, name, 257, ANY, path, flags, 0o600, closes=True)


def everybody():
    """What daemon and gateway are both without, and both need."""
    probe("works", "know the time", 228, 7, {"room": 16})
    probe("works", "random numbers", 318, {"room": 16}, 16, 0)
    probe("works", "read its own limits", 302, 0, 7, 0, {"room": 16})
    probe("works", "a TCP socket", 41, INET, 1, 0, keep="tcp")
    probe("works", "connect by TCP", 42, {"fd": "tcp"}, LOOPBACK, 16)
    probe("works", "a UDP socket over IPv6", 41, INET6, 2, 0, closes=True)
    probe("works", "a netlink socket for addresses", 41, NETLINK, 3, 0, closes=True)
    probe("works", "a pair of sockets", 53, UNIX, 1, 0, {"room": 8})
    for name, family in (("packet", PACKET), ("kernel crypto", ALG), ("VSOCK", VSOCK)):
        probe("EAFNOSUPPORT", f"a {name} socket", 41, family, 2, 0)
    probe("EPERM", "trace a process (ptrace)", 101, 16, parent, 0, 0)
    if not unit:
        probe("ENOSYS", "the same by its x32 number", X32 | 521, 16, parent, 0, 0)
        probe("ENOSYS", "execve by its x32 number", X32 | 520, "/bin/true", 0, 0)
    probe("EPERM", "read a process's memory", 310, parent, {"room": 16}, 1, {"room": 16}, 1, 0)
    probe("EPERM", "write a process's memory", 311, parent, {"room": 16}, 1, {"room": 16}, 1, 0)
    probe("EPERM", "take a process's descriptor", 438, 3, 0, 0)
    probe("EPERM", "compare processes (kcmp)", 312, parent, parent, 0, 0, 0)
    probe("EPERM", "open its memory to others", 157, 4, 1, 0, 0, 0)
    probe("EPERM", "io_uring_setup", 425, 8, {"room": 128})
    probe("EPERM", "bpf", 321, 0, {"room": 128}, 72)
    probe("EPERM", "userfaultfd", 323, 1)
    probe("EPERM", "perf_event_open", 298, {"room": 128}, 0, -1, -1, 0)
    probe("EPERM", "keyctl", 250, 0, -3, 0)
    probe("EPERM", "add_key", 248, "user", "probe", "x", 1, -3)
    probe("EPERM", "personality", 135, 0xFFFFFFFF)
    probe("EPERM", "open_by_handle_at", 304, ANY, {"room": 128}, 0)
    probe("EPERM", "fanotify_init", 300, 0, 0)
    probe("EPERM", "a user namespace (unshare)", 272, 0x10000000)
    probe("EPERM", "a network namespace (clone)", 56, 0x40000000, 0, 0, 0, 0)
    probe("ENOSYS", "clone3, whose flags no filter sees", 435, {"room": 88}, 88)
    probe("EPERM", "enter a namespace (setns)", 308, 0, 0)
    probe("EPERM", "mount", 165, "none", "/tmp", "tmpfs", 0, 0)
    probe("EPERM", "umount", 166, "/tmp", 0)
    probe("EPERM", "pivot_root", 155, "/", "/")
    probe("EPERM", "chroot", 161, "/")
    probe("EPERM", "fsopen", 430, "tmpfs", 0)
    probe("EPERM", "init_module", 175, {"room": 16}, 16, "")
    probe("EPERM", "kexec_load", 246, 0, 0, 0, 0)
    probe("EPERM", "reboot", 169, 0, 0, 0, 0)
    probe("EPERM", "set the clock", 227, 0, {"room": 16})
    probe("EPERM", "type on the terminal (TIOCSTI)", 16, 2, 0x5412, "x")


def gateway():
    """What is left to a gateway, and what is not."""
    without = "EACCES" if landlock else "works"
    opens("works", "read ~/.aws/config", f"{home}/.aws/config", READ)
    opens("works", "read /etc/resolv.conf", "/etc/resolv.conf", READ)
    opens("works", "list the roots of TLS", "/etc/ssl/certs", READ)
    opens(without, "read ~/.ssh/id", f"{home}/.ssh/id", READ)
    opens(without, "read the daemon's token file", f"{home}/.local/state/stsd/authorization-token", READ)
    opens(without, "list the home", home, READ)
    opens(without, "read what another process says", "/proc/self/limits", READ)
    opens("EPERM", "open ~/.ssh/id for writing", f"{home}/.ssh/id", WRITE)
    opens("EPERM", "open ~/.aws/config for both", f"{home}/.aws/config", BOTH)
    opens("EPERM", "make a file in the home", f"{home}/new", WRITE | CREATE)
    opens("EPERM", "make a file in /tmp", "/tmp/stsd-probe", WRITE | CREATE)
    opens("EPERM", "make a file without a name", "/tmp", BOTH | TEMPORARY | 0o200000)
    opens("EPERM", "empty a file", f"{home}/.aws/config", READ | TRUNCATE)
    probe("EPERM", "open(2) for writing", 2, f"{home}/.ssh/id", WRITE, 0)
    probe("EPERM", "creat", 85, "/tmp/stsd-probe", 0o600)
    probe("EPERM", "openat2", 437, ANY, "/etc/passwd", {"room": 24}, 24)
    probe("EPERM", "unlink", 87, f"{home}/.ssh/id")
    probe("EPERM", "rename", 82, f"{home}/.ssh/id", f"{home}/.ssh/id2")
    probe("EPERM", "mkdir", 83, f"{home}/folder", 0o700)
    probe("EPERM", "symlink", 88, "/etc", f"{home}/link")
    probe("EPERM", "link", 86, f"{home}/.ssh/id", f"{home}/link")
    probe("EPERM", "chmod", 90, f"{home}/.ssh/id", 0o644)
    probe("EPERM", "chown", 92, f"{home}/.ssh/id", -1, -1)
    probe("EPERM", "truncate", 76, f"{home}/.ssh/id", 0)
    probe("EPERM", "set an attribute", 188, f"{home}/.ssh/id", "user.x", "x", 1, 0)
    probe("EPERM", "execve", 59, "/bin/true", 0, 0)
    probe("EPERM", "execveat", 322, ANY, "/bin/true", 0, 0, 0)
    probe("EPERM", "fork", 57)
    probe("EPERM", "vfork", 58)
    probe("EPERM", "clone without a thread", 56, 17, 0, 0, 0, 0)
    probe("EPERM", "memfd_create", 319, "probe", 0)
    probe("EPERM", "memory to write and run", 9, 0, 4096, 7, 0x22, -1, 0)
    probe("works", "memory to write", 9, 0, 4096, 3, 0x22, -1, 0, keep="memory")
    probe("EPERM", "run what was written (mprotect)", 10, {"fd": "memory"}, 4096, 5)
    probe("EAFNOSUPPORT", "a Unix socket (ssh-agent, D-Bus)", 41, UNIX, 1, 0)
    probe("EAFNOSUPPORT", "netlink for other sockets", 41, NETLINK, 3, 4)
    probe("works", "another TCP socket", 41, INET, 1, 0, keep="server")
    probe(without, "take a TCP port", 49, {"fd": "server"}, FREE, 16)
    probe("EPERM", "listen", 50, {"fd": "server"}, 1)
    probe("EPERM", "accept4", 288, {"fd": "server"}, 0, 0, 0)
    probe("EPERM", "signal another process", 62, parent, 0)
    probe("EPERM", "signal everybody", 62, -1, 0)
    probe("EPERM", "signal another thread", 234, parent, parent, 0)
    probe("EPERM", "signal by a descriptor (F_SETOWN)", 72, {"fd": "tcp"}, 8, parent)
    probe("EPERM", "hold another process (pidfd_open)", 434, parent, 0)
    probe("EPERM", "limit another process", 302, parent, 7, 0, {"room": 16})
    probe("EPERM", "shared memory", 29, 0, 4096, 0o1600)
    probe("EPERM", "a message queue", 240, "probe", BOTH | CREATE, 0o600, 0)
    probe("EPERM", "setuid", 105, 0)
    probe("ENOSYS", "a system call that is not made yet", 520)


def daemon():
    """What the daemon keeps: its own files, its doors, and starting the gateway."""
    opens("works", "read ~/.aws/config", f"{home}/.aws/config", READ)
    opens("works", "write a file of its own", f"{home}/.local/state/stsd/probe", WRITE | CREATE)
    probe("works", "remove it", 87, f"{home}/.local/state/stsd/probe")
    probe("works", "a Unix socket", 41, UNIX, 1, 0, closes=True)
    probe("works", "netlink for who is calling", 41, NETLINK, 3, 4, closes=True)
    probe("works", "another TCP socket", 41, INET, 1, 0, keep="server")
    probe("works", "take a TCP port", 49, {"fd": "server"}, FREE, 16)
    probe("works", "listen", 50, {"fd": "server"}, 1)
    probe("works", "a file in memory (memfd_create)", 319, "probe", 0, closes=True)
    probe("works", "hold another process (pidfd_open)", 434, parent, 0, closes=True)


everybody()
gateway() if kind == "gateway" else daemon()
json.dump(probes, sys.stdout)
