"""Hyperparameter search for NumPy networks whose every number can be trusted."""

from typing import TYPE_CHECKING, Any

from hpsearch._version import __version__

if TYPE_CHECKING:
    from hpsearch.api import best, resume, run
    from hpsearch.results import load

__all__ = ["__version__", "best", "load", "resume", "run"]


def __getattr__(name: str) -> Any:
    """Imported when first asked for, so that `hpsearch --help` answers at once."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from hpsearch import api, results

    return getattr(results if name == "load" else api, name)
