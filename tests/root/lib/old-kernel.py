"""Runs a program as on a kernel without some system calls: old-kernel.py NAMES PROGRAM [ARGUMENT...]

NAMES are landlock, seccomp, or both with a comma. The calls get ENOSYS, as from a kernel that does not know
them, by a filter that has to be there for it: one that is counted. x86-64 only, as root.
"""

import ctypes
import os
import struct
import sys

# The last are none that anybody makes: a filter of the same length that hides nothing.
CALLS = {"landlock": [444, 445, 446], "seccomp": [317], "nothing": [1001, 1002, 1003, 1004]}
ENOSYS = 38
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
PR_SET_SECCOMP, FILTERS = 22, 2


def forget(names):
    """From here on, for good, for this process and what it starts."""
    program = struct.pack("HBBI", LOAD, 0, 0, 0)
    for name in names:
        for call in CALLS[name]:
            program += struct.pack("HBBI", JUMP_IF_EQUAL, 0, 1, call)
            program += struct.pack("HBBI", RETURN, 0, 0, ERRNO | ENOSYS)
    program += struct.pack("HBBI", RETURN, 0, 0, ALLOW)
    code = ctypes.create_string_buffer(program, len(program))
    filters = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, FILTERS, filters, 0, 0) != 0:
        sys.exit(f"no filter: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    forget(sys.argv[1].split(","))
    os.execvp(sys.argv[2], sys.argv[2:])
