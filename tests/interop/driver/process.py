"""Processes that this run started, and ends by their number."""

import os
import selectors
import subprocess
import threading
import time

# No wait below hangs for ever; what takes this long is broken.
DEADLINE = 30.0
# Held by whoever is being timed: beside him there are only clients that wait.
ALONE = threading.Lock()


class Failure(Exception):
    """Something did not come to pass."""


class Child:
    """A program in the background, whose lines can be waited for; its standard error goes to a file."""

    def __init__(self, command, environment, log, stdin=subprocess.DEVNULL):
        self.log = log
        self._name = os.path.basename(str(command[0]))
        with open(log, "ab") as errors:
            self._process = subprocess.Popen(
                command, env=environment, stdin=stdin, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
            )
        self._buffer = b""

    def line(self):
        """The next line of its standard output."""
        deadline = time.monotonic() + DEADLINE
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise Failure(f"{self._name} said nothing for {DEADLINE:.0f} s")
                chunk = os.read(self._process.stdout.fileno(), 65536)
                if not chunk:
                    raise Failure(f"{self._name} ended: {self.last_words()}")
                self._buffer += chunk
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line.decode()

    def say(self, text):
        """A line to its standard input."""
        try:
            self._process.stdin.write(text.encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Failure(f"{self._name} ended: {self.last_words()}") from None

    def logged(self, text):
        """Waits until the log holds a text."""
        deadline = time.monotonic() + DEADLINE
        while text not in self.log.read_text(errors="replace"):
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise Failure(f"{self._name} never said {text!r}: {self.last_words()}")
            time.sleep(0.02)

    def last_words(self):
        """The end of the log."""
        return self.log.read_text(errors="replace")[-800:].strip()

    def stop(self):
        """SIGTERM, and SIGKILL after the deadline."""
        self._process.terminate()
        try:
            self._process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()


class Ran:
    """A program that came to its end: what it printed, its status, and how long it took."""

    def __init__(self, command, environment, stdin="", deadline=DEADLINE):
        start, stalled = time.monotonic(), starved()
        try:
            done = subprocess.run(
                [str(word) for word in command],
                env=environment, input=stdin, capture_output=True, text=True, timeout=deadline,
                # Without a terminal there is nobody to ask for a token code.
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            raise Failure(f"{command[0]} took more than {deadline:.0f} s") from None
        self.seconds = time.monotonic() - start
        # What a machine that has nothing else to do would have taken, at least.
        self.unstarved = self.seconds - (starved() - stalled)
        self.status, self.stdout, self.stderr = done.returncode, done.stdout, done.stderr

    def last_line(self):
        """What a person sees last."""
        lines = [line for line in self.stderr.splitlines() if line.strip()]
        return lines[-1].strip() if lines else ""

    def expect(self):
        """Itself, if it went well."""
        if self.status != 0:
            raise Failure(f"exit {self.status}: {self.last_line()}")
        return self


def starved():
    """For how many seconds somebody here has waited for a processor; where nobody knows, none."""
    try:
        with open("/proc/pressure/cpu") as pressure:
            return int(pressure.readline().rsplit("total=", 1)[1]) / 1e6
    except OSError:
        return 0.0
