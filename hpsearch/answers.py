"""A person's decisions at the boundaries of a training's segments, kept as a config that gives them again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hpsearch.babysitting import SHARES, Verdict
from hpsearch.config import Config, dump, load_config
from hpsearch.errors import Interrupted, UsageError
from hpsearch.known import KNOWN
from hpsearch.location import Location
from hpsearch.segments import Boundary
from hpsearch.store.files import write_text

Ask = Callable[[Boundary], Verdict | None]
"""Gives a person's decision at a boundary; None leaves this one and all later ones to the babysitter."""

WORDS = "keep, back, same, or values such as learning_rate=0.005"


@dataclass
class Answers:
    """The config of a training, with the decisions so far, in a file that is whole after each of them."""

    known: Config
    file: Location
    tree: dict[str, Any]
    decisions: list[Any]
    ended: bool = field(default=False, init=False)

    @classmethod
    def begin(cls, config: Config, source: Location, file: Location) -> "Answers":
        """Go on from the decisions that a config read from `source` has; raises UsageError if `file` has others."""
        if file.exists() and file.resolve() != source.resolve():
            raise UsageError(
                f"{file} has the answers of a training that was interrupted: go on with it by `hpsearch train {file} --ask`, "
                "or move it away"
            )
        plugins = [str((source.parent / plugin).resolve()) for plugin in config.run.plugins]
        return cls(config, file, {**config.tree, "plugins": plugins}, list(config.tree["babysit"]["decisions"]))

    def decide(self, boundary: Boundary, ask: Ask) -> Verdict | None:
        """Ask, and write the answer down before it is acted on."""
        verdict = None if self.ended else ask(boundary)
        if verdict is None:
            self.ended = True
            return None
        self.decisions.append({"keep": verdict.keep, **verdict.settings})
        tree = {**self.tree, "babysit": {**self.tree["babysit"], "decisions": self.decisions}}
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            write_text(self.file, dump(tree))
        except OSError as error:  # the training must not count as failed, but end here
            raise Interrupted(
                f"stopped, because {self.file} cannot be written: {error.strerror or error}; mend this, and give the same "
                "command again"
            ) from error
        return verdict

    def config(self) -> Config:
        """The config with every answer."""
        given = self.known.tree["babysit"]["decisions"]
        return self.known if self.decisions == given else load_config(self.file, KNOWN)

    def discard(self) -> None:
        """Remove the file, once the answers are elsewhere."""
        self.file.unlink(missing_ok=True)


def read_answer(text: str, boundary: Boundary) -> Verdict:
    """What a person's line means; raises UsageError, which says what can be written.

    Nothing accepts the proposal; `keep` or `back` decides, and the proposal for that goes with it; `same` nudges
    nothing; values stand in place of the nudge.
    """
    words, segment = text.replace(",", " ").split(), boundary.segment
    keep = segment.better
    if "keep" in words or "back" in words:
        keep = "keep" in words
    if keep and segment.failed:
        raise UsageError(f"its {boundary.metric} is no finite number, so it cannot be kept: back")
    given = dict(_value(word, boundary) for word in words if "=" in word)
    rest = {word for word in words if "=" not in word}
    if rest - {"keep", "back", "same"} or rest >= {"keep", "back"}:
        raise UsageError(f"{text.strip()!r} is none of {WORDS}; Enter alone accepts")
    if given or "same" in rest:
        return Verdict(keep, {**boundary.standing(keep=keep), **given})
    return Verdict(keep, boundary.proposals[keep])


def _value(word: str, boundary: Boundary) -> tuple[str, float]:
    """A setting and its new value."""
    name, _, text = word.partition("=")
    known = boundary.segment.settings
    if name not in known:
        raise UsageError(f"there is no {name!r} here to set: this training has {', '.join(known)}")
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    limit = 1.0 if name in SHARES else float("inf")
    if not 0 < value < limit:
        rule = "a number between 0 and 1" if name in SHARES else "a number above 0"
        raise UsageError(f"{name} must be {rule}; it is {text!r}")
    return name, value
