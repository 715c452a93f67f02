"""What the process says by its exit code, beside 0: what was asked is done."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Why it was not, or not to the end."""

    FAILED = 1  # the work failed, or no trial completed
    USAGE = 2  # arguments, a config or data that cannot be used
    GATE_FAILED = 3  # every trial failed the gate, or one ended the sweep
    NOT_REPRODUCED = 4  # a re-run on the same platform gave other numbers
    INTERRUPTED = 130
