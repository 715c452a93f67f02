"""The search against its peers, on real trainings."""
