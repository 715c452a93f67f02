"""One network, watched over: what to try next after each segment of its training.

A person who can train a single network at a time does it like this: looks at the validation score, nudges a setting,
keeps what got better, goes back where it got worse. What is tried is a pattern search (Hooke, Jeeves 1961) whose
directions are drawn, on weights that go on learning meanwhile.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from hpsearch.seeds import segment_generator

Settings = Mapping[str, float]
Move = tuple[str, int]  # a setting, and up (1) or down (-1)
RATE = "learning_rate"
SHARES = ("beta", "dropout")  # settings that are below 1


@dataclass(frozen=True)
class Segment:
    """Epochs that were trained with the same settings."""

    number: int  # from 1
    first: int  # its epochs, from 1
    last: int
    begun_from: int  # the epoch whose weights it began with; 0: those before the training
    settings: Settings
    before: float  # the score where it began, smaller being better; infinite before the training
    after: float  # the score of its last epoch; infinite if it is none
    kept: bool = True  # or gone back on

    @property
    def failed(self) -> bool:
        """Whether it ended in numbers that are none, so that it cannot be kept."""
        return not math.isfinite(self.after)

    @property
    def better(self) -> bool:
        """Whether it should be kept: at least as good as where it began."""
        return not self.failed and self.after <= self.before

    @property
    def gain(self) -> float:
        """By which part of it the score fell, an epoch; 0 where it began with none."""
        if not self.before or math.isinf(self.before):
            return 0.0
        return (self.before - self.after) / abs(self.before) / (self.last - self.first + 1)


@dataclass(frozen=True)
class Verdict:
    """What becomes of a segment, and the settings of the next one."""

    keep: bool
    settings: Settings


def verdict(steps: Settings, history: Sequence[Segment], seed: int) -> Verdict:
    """What the babysitter would do after the last segment of a history, of a trial with this seed."""
    keep = history[-1].better
    return Verdict(keep, proposal(steps, history, seed, keep=keep))


def proposal(steps: Settings, history: Sequence[Segment], seed: int, *, keep: bool) -> Settings:
    """The settings to try next, if the last segment is kept or gone back on.

    `steps`: how far each setting may be nudged; of all but dropout a factor, of beta that of 1 - beta. A nudge that made
    the score fall faster than before is made again; one with which it fell slower, or rose, is followed by its opposite;
    else one is drawn among those that were not tried from here. After numbers that are none the learning rate goes down.
    """
    past = [*history[:-1], replace(history[-1], kept=keep)]
    last, base = past[-1], standing(past)
    if last.failed:
        lower = nudged(last.settings, RATE, -steps[RATE]) if RATE in steps else base
        return lower if _is_legal(lower) else base
    if keep and math.isinf(last.before):
        return base  # once more, so that there is a rate of falling to compare with
    tried = [segment.settings for segment in _since_kept(past)]
    nudges = {move: found for move, found in _nudges(steps, base).items() if found not in tried}
    wanted = _next_move(steps, past)
    if wanted in nudges:
        return nudges[wanted]
    pool = [move for move in nudges for _ in range(_weight(move, nudges))]
    return nudges[pool[segment_generator(seed, last.number).integers(len(pool))]] if pool else base


def _next_move(steps: Settings, past: Sequence[Segment]) -> Move | None:
    """What follows from the last nudge; None if nothing does."""
    last, before = _move(steps, past), _move(steps, past[:-1])
    if last is None:
        return None
    opposite = (last[0], -last[1])
    if not past[-1].kept:
        return opposite
    if _faster(past):
        return last
    return None if before == opposite else opposite  # what was just undone is not done again


def _weight(move: Move, moves: Collection[Move]) -> int:
    """The learning rate matters most: its nudges are drawn as often as all others together."""
    return max(1, sum(name != RATE for name, _ in moves) // 2) if move[0] == RATE else 1


def length(segment: int, past: Sequence[Segment]) -> int:
    """How many epochs the next segment has: more after each one that was gone back on, since a score is never exact.

    Else a score that was good by luck would never be passed.
    """
    return segment * (1 + len(_since_kept(past)))


def standing(past: Sequence[Segment]) -> Settings:
    """The settings of the last segment that was kept; of the first, if none was."""
    return next((segment.settings for segment in reversed(past) if segment.kept), past[0].settings)


def nudged(settings: Settings, name: str, step: float) -> Settings:
    """The settings with one of them moved up, or with a negative step down."""
    value, size = settings[name], abs(step)
    match name:
        case "dropout":
            moved = round(value + step, 9)  # so that 0.3 - 3 · 0.1 is 0, which is no nudge
        case "beta":  # up is towards 1
            moved = 1 - ((1 - value) / size if step > 0 else (1 - value) * size)
        case _:
            moved = value * size if step > 0 else value / size
    return {**settings, name: moved}


def _nudges(steps: Settings, base: Settings) -> dict[Move, Settings]:
    """What every legal nudge leads to, by setting and direction."""
    found = {
        (name, direction): nudged(base, name, direction * size)
        for name, size in steps.items()
        if name in base
        for direction in (1, -1)
    }
    return {move: new for move, new in found.items() if _is_legal(new)}


def _is_legal(settings: Settings) -> bool:
    return all(0 < value < (1 if name in SHARES else math.inf) for name, value in settings.items())


def _since_kept(past: Sequence[Segment]) -> list[Segment]:
    """The segments that were gone back on since one was kept."""
    kept = max((index for index, segment in enumerate(past) if segment.kept), default=-1)
    return list(past[kept + 1 :])


def _move(steps: Settings, past: Sequence[Segment]) -> Move | None:
    """The nudge with which the last segment began; None if there was none, or it was another's."""
    if len(past) < 2:
        return None
    nudges = _nudges(steps, standing(past[:-1]))
    return next((move for move, new in nudges.items() if new == past[-1].settings), None)


def _faster(past: Sequence[Segment]) -> bool:
    """Whether the score fell faster in the last segment than in the one that was kept before it."""
    gains = [segment.gain for segment in past if segment.kept]
    return len(gains) > 1 and gains[-1] > gains[-2]
