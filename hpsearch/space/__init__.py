"""What may vary, on which scale. To add a distribution, write its class and list it in `space.DISTRIBUTIONS`."""

from hpsearch.space.choice import Choice
from hpsearch.space.distribution import Distribution, Scalar
from hpsearch.space.edges import Edge, edges
from hpsearch.space.space import DISTRIBUTIONS, Path, Setting, Space, SpaceError, dotted, is_distribution

__all__ = [
    "DISTRIBUTIONS",
    "Choice",
    "Distribution",
    "Edge",
    "Path",
    "Scalar",
    "Setting",
    "Space",
    "SpaceError",
    "dotted",
    "edges",
    "is_distribution",
]
