"""A network of our own: only loopback, so that nothing that runs here can reach the real AWS."""

import fcntl
import os
import socket
import struct
import sys

SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1


def enter(script, arguments, *more):
    """Starts this program again, inside this namespace and more; does not return."""
    command = ["unshare", "--net", *more]
    if os.geteuid() != 0:
        command.append("--map-root-user")
    os.execvp(command[0], [*command, sys.executable, script, "--inside", *arguments])


def raise_loopback():
    """A new network's loopback is down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as anything:
        fcntl.ioctl(anything, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))
    interfaces = [name for _, name in socket.if_nameindex()]
    # Tunnels without an address (sit0 and its kin) come with every new network, and are down.
    if any(name.startswith(("eth", "en", "wl")) for name in interfaces):
        sys.exit(f"interop: error: not alone in this network: {interfaces}")
