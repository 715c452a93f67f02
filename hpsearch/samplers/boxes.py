"""Coarse to fine without a model: boxes around the leaders."""

from typing import ClassVar

from hpsearch.samplers.base import Ask, Proposal, Sampler, as_points
from hpsearch.samplers.leaders import leaders, near, region

START = 8  # completed trials before there are leaders worth following
LEADERS = 3
SHRINK = 0.85  # of the boxes' width, a round
WIDEST, NARROWEST = 0.5, 0.02  # the boxes' width at first and at last, as a share of the range
GLOBAL_SHARE = 0.25
CHOICE_RESAMPLED = 0.2  # how often a choice is drawn anew instead of taken from the leader


class Boxes(Sampler):
    """Boxes around the best trials that contract by a fixed factor a round, and a share of global draws.

    The textbook form of coarse to fine (A. Ng, Improving Deep Neural Networks, 2017), for trials that cost less
    than a model of them. The contraction counts the rounds since there were leaders, so it needs no budget and an
    extension changes nothing.
    """

    kind: ClassVar[str] = "boxes"

    def propose(self, ask: Ask) -> Proposal:
        rng = ask.generator()
        points = rng.random((ask.size, len(ask.space.settings)))
        completed = [seen for seen in ask.history if seen.score is not None]
        if len(completed) < START:
            return Proposal(as_points(points))
        best = leaders(completed, LEADERS)
        rounds_since_start = ask.history[-1].round - completed[START - 1].round
        width = max(WIDEST * SHRINK**rounds_since_start, NARROWEST)
        local = rng.random(ask.size) >= GLOBAL_SHARE
        points[local] = near(ask.space, best, width * (points[local] - 0.5), CHOICE_RESAMPLED, rng)
        return Proposal(as_points(points), GLOBAL_SHARE, region(best, width / 2))
