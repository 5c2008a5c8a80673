"""Another user who opens connections, says one byte of a request on each, and keeps them.

flood.py UID HOST:PORT COUNT. A connection that the daemon ends is opened again, COUNT at once for as long as
standard input is open. Prints "ready" when COUNT have been opened, and at the end how many
were in all, and how many at once at most.
"""

import errno
import os
import resource
import select
import socket
import sys


def start(poll, open_ones, address):
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    connection.setblocking(False)
    if connection.connect_ex(address) not in (0, errno.EINPROGRESS):
        connection.close()
        return False
    open_ones[connection.fileno()] = connection
    poll.register(connection, select.EPOLLOUT | select.EPOLLERR | select.EPOLLHUP | select.EPOLLET)
    return True


def main():
    uid, (host, port), count = int(sys.argv[1]), sys.argv[2].rsplit(":", 1), int(sys.argv[3])
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(count + 64, hard), hard))
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    poll, open_ones, opened = select.epoll(), {}, 0
    poll.register(sys.stdin, select.EPOLLIN | select.EPOLLHUP)
    address = (host, int(port))
    said, most = False, 0
    while True:
        # A few at a time, as fast as one process can: the others wait for their turn in epoll.
        for _ in range(min(64, count - len(open_ones))):
            opened += start(poll, open_ones, address)
        most = max(most, len(open_ones))
        if opened >= count and not said:
            print("ready", flush=True)
            said = True
        for descriptor, events in poll.poll(0 if len(open_ones) < count else 1, 1024):
            if descriptor == sys.stdin.fileno():
                print(opened, most)
                return
            connection = open_ones.get(descriptor)
            if events & (select.EPOLLERR | select.EPOLLHUP):
                del open_ones[descriptor]
                connection.close()
                continue
            try:
                connection.send(b"G")
            except OSError:
                pass


main()
