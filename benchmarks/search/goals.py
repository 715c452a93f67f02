"""What a search by the clock is to reach, and what it tells of its trials."""

from dataclasses import dataclass

WORKERS, TRIALS = 2, 200


@dataclass(frozen=True)
class Span:
    """When a trial began and ended (seconds since 1970), and its last loss; None if it diverged."""

    begin: float
    end: float
    loss: float | None


@dataclass(frozen=True)
class Goal:
    """What is searched for: a loss on a task, from a seed."""

    task: str
    seed: int
    loss: float

    def reached(self, loss: float | None) -> bool:
        """Whether a trial with this loss is good enough."""
        return loss is not None and loss <= self.loss
