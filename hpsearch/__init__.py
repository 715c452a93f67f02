"""Hyperparameter search for NumPy networks whose every number can be trusted."""

from typing import TYPE_CHECKING, Any

from hpsearch._version import __version__

if TYPE_CHECKING:
    from hpsearch.results import load

__all__ = ["__version__", "load"]


def __getattr__(name: str) -> Any:
    """Import what needs heavy packages when it is first asked for."""
    if name == "load":
        from hpsearch.results import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
