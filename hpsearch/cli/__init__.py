"""The command line: thin commands, one file each; the only place that prints and that ends the process."""

from hpsearch.cli.app import main

__all__ = ["main"]
