"""The quoted figures, measured again: `make bench`."""
