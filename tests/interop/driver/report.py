"""What was found: checks that are counted, and tables for people."""

from .process import Failure


class Report:
    """Of one stand; `take` puts several together."""

    def __init__(self):
        self._passed, self._failures, self._tables = 0, [], {}
        # What docs/tools.md tells: by client and subject.
        self.facts = {}

    def check(self, what, holds, found=""):
        """Counts one expectation."""
        if holds:
            self._passed += 1
        else:
            self._failures.append(f"{what}: {found}" if found != "" else what)
        return bool(holds)

    def attempt(self, what, action):
        """What the action returns; nothing, and a failure, if it did not come to pass."""
        try:
            return action()
        except (Failure, ValueError) as failure:
            self.check(what, False, str(failure))

    def row(self, table, *cells):
        """A line of a table."""
        self._tables.setdefault(table, []).append([str(cell) for cell in cells])

    def fact(self, client, subject, value):
        """Something to be told of a client; a way that was tried twice works if it did each time."""
        key = (client, subject)
        self.facts[key] = value and self.facts.get(key, value)

    def tell(self, client, subject, text):
        """Something to be quoted of a client."""
        self.facts[(client, subject)] = text

    def take(self, other):
        """Adds what another found."""
        self.facts |= other.facts
        self._passed += other._passed
        self._failures += other._failures
        for table, rows in other._tables.items():
            self._tables.setdefault(table, []).extend(rows)

    def print(self, headings):
        """Everything; returns the exit status."""
        for table, heading in headings.items():
            if table in self._tables:
                print(f"\n{table}")
                print_table([heading, *self._tables[table]])
        for failure in self._failures:
            print(f"FAILED {failure.strip()}")
        print(f"\n{self._passed} passed, {len(self._failures)} failed", flush=True)
        return 1 if self._failures or not self._passed else 0


def print_table(rows):
    """Columns as wide as they need be; the last may be as long as it likes."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths)]
        print("  ".join([*cells, row[-1]]).rstrip())
