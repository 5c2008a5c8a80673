"""Local clocks that are wrong, or that jump; a machine that was suspended."""

from .kind import Kind

YEAR, HOUR = 365 * 86400, 3600


def from_the_start(name, wall):
    """Wrong when the daemon starts; right afterwards."""
    return Kind(name, lambda cell: None, right, before=lambda cell: cell.stand.set_clocks(wall, 0),
                stand={"clock": True}, clocks=True)


def jump(name, wall):
    def begin(cell):
        cell.stand.set_clocks(wall, 0)

    return Kind(name, begin, right, stand={"clock": True}, clocks=True)


def right(cell):
    cell.stand.set_clocks(0, 0)


def asleep(name, seconds, boot, **more):
    """Everybody's clocks go on meanwhile; the boot clock of a virtual machine that is paused does not."""

    def begin(cell):
        cell.stand.emulator("advance", f"{seconds}s")
        cell.stand.set_clocks(seconds, boot)

    return Kind(name, begin, stand={"clock": True, "asleep": True}, **more)


CLOCKS = [
    from_the_start("the local clock is ten years ahead", 10 * YEAR),
    from_the_start("the local clock is ten years behind", -10 * YEAR),
    from_the_start("the local clock is six minutes ahead", 360),
    from_the_start("the local clock is six minutes behind", -360),
    jump("the local clock jumps three hours ahead", 3 * HOUR),
    jump("the local clock jumps three hours back", -3 * HOUR),
    jump("the local clock jumps ten years ahead", 10 * YEAR),
    jump("the local clock jumps ten years back", -10 * YEAR),
    asleep("the machine sleeps for ten minutes", 600, 600),
    asleep("the machine sleeps for three hours", 3 * HOUR, 3 * HOUR),
    asleep("the machine sleeps for two days", 48 * HOUR, 48 * HOUR, cuts=True),
    asleep("a virtual machine is paused for ten minutes", 600, 0),
    asleep("a virtual machine is paused for three hours", 3 * HOUR, 0),
]
