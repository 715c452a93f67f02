"""Sentences on standard error, which leaves standard output to results."""

import os
import sys
from pathlib import Path


def say(sentence: str) -> None:
    """Say a sentence; that whoever was reading has gone away is no reason for the work to fail.

    Not by typer.echo, which would write past a live view and into the middle of it.
    """
    try:
        sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()
    except OSError:
        # What is left in its buffer would fail once more at the end, and take the place of the exit code.
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open to the end of the process
