"""Becomes another user for good, and then another program: as.py UID PROGRAM [ARGUMENT...]

setpriv and su are not used: a program that they start can still hold root's capabilities for a moment.
"""

import os
import sys

uid = int(sys.argv[1])
os.setgroups([])
os.setresgid(uid, uid, uid)
os.setresuid(uid, uid, uid)
os.execvp(sys.argv[2], sys.argv[2:])
