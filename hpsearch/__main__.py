"""The command line as `python -m hpsearch`."""

from hpsearch.cli import main

main()
