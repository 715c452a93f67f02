"""Hyperparameter search for NumPy networks whose every number can be trusted."""

from hpsearch._version import __version__

__all__ = ["__version__"]
