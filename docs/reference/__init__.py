"""What the site's reference takes from the code when it is built."""

from docs.reference.columns import columns
from docs.reference.commands import commands
from docs.reference.names import names
from docs.reference.settings import settings
from docs.reference.toctree import folder, toctrees

__all__ = ["columns", "commands", "folder", "names", "settings", "toctrees"]
