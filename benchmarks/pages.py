"""Pages of results: where they are, and what stands on all of them."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from hpsearch import __version__
from hpsearch.numeric_platform import numeric_platform

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("numpy", "pandas", "pyarrow", "ray", "scikit-learn", "optuna", "torch")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *rows])


def conditions() -> str:
    """Day, machine and versions."""
    installed = {name: _version(name) for name in PACKAGES}
    own = [f"{datetime.now(UTC):%Y-%m-%d}", f"Python {platform.python_version()}", f"hpsearch {__version__}"]
    versions = ", ".join([*own, *(f"{name} {found}" for name, found in installed.items() if found)])
    machine = f"{_processor()}, {os.cpu_count()} processors, {platform.system()}"
    return f"{versions}; {machine}, numeric platform `{numeric_platform(1)}`."


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
