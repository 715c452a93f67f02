"""Random search."""

from typing import ClassVar

from hpsearch.samplers.base import Ask, Proposal, Sampler, as_points


class Random(Sampler):
    """Uniform in the unit cube (Bergstra, Bengio 2012, "Random Search for Hyper-Parameter Optimization")."""

    kind: ClassVar[str] = "random"

    def propose(self, ask: Ask) -> Proposal:
        return Proposal(as_points(ask.generator().random((ask.size, len(ask.space.settings)))))
