"""The report's page of every sweep in a results folder, live in a browser; it reads and never writes."""

from hpsearch.dashboard.server import DashboardServer
from hpsearch.dashboard.sweeps import Sweeps

__all__ = ["DashboardServer", "Sweeps"]
