"""What a person's line means at the boundary of two segments."""

from dataclasses import replace
from pathlib import Path

import pytest

from hpsearch.answers import Answers, read_answer
from hpsearch.babysitting import Segment, Verdict
from hpsearch.config import Config, load_config
from hpsearch.errors import Interrupted, UsageError
from hpsearch.known import KNOWN
from hpsearch.segments import Boundary

START = {"learning_rate": 0.01, "dropout": 0.2}
NOW = {"learning_rate": 0.02, "dropout": 0.2}
FURTHER, BACK = {**NOW, "learning_rate": 0.04}, {**START, "learning_rate": 0.005}
FIRST = Segment(1, 1, 2, 0, START, float("inf"), 1.0)
CONFIG = "name: one\ndata: {source: iris}\nbabysit: {segment: 2}\n"


def boundary(after: float = 0.9) -> Boundary:
    last = Segment(2, 3, 4, 2, NOW, 1.0, after, kept=False)
    return Boundary((FIRST, last), "val_loss", 1, 4, {True: FURTHER, False: BACK})


MEANINGS = {
    "": Verdict(keep=True, settings=FURTHER),
    "  \n": Verdict(keep=True, settings=FURTHER),
    "keep": Verdict(keep=True, settings=FURTHER),
    "back": Verdict(keep=False, settings=BACK),
    "same": Verdict(keep=True, settings=NOW),
    "back same": Verdict(keep=False, settings=START),
    "dropout=0.3": Verdict(keep=True, settings={**NOW, "dropout": 0.3}),
    "back, learning_rate=1e-3, dropout=.1": Verdict(keep=False, settings={"learning_rate": 1e-3, "dropout": 0.1}),
}


@pytest.mark.parametrize("line", MEANINGS)
def test_a_line_means_what_the_docs_say(line: str) -> None:
    assert read_answer(line, boundary()) == MEANINGS[line]


def test_enter_goes_back_where_it_got_worse() -> None:
    assert read_answer("", boundary(1.1)) == Verdict(keep=False, settings=BACK)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("kep", ["'kep'", "keep, back"]),
        ("keep back", ["keep back"]),
        ("learning_rat=0.1", ["'learning_rat'", "learning_rate, dropout"]),
        ("learning_rate=fast", ["learning_rate must be a number above 0", "'fast'"]),
        ("learning_rate=0", ["above 0"]),
        ("learning_rate=inf", ["above 0"]),
        ("learning_rate=nan", ["above 0"]),
        ("dropout=1", ["between 0 and 1"]),
    ],
)
def test_a_line_that_means_nothing_is_refused_with_what_could_be_written(line: str, words: list[str]) -> None:
    with pytest.raises(UsageError) as error:
        read_answer(line, boundary())
    assert all(word in str(error.value) for word in words), error.value


def test_what_ended_in_no_number_cannot_be_kept() -> None:
    with pytest.raises(UsageError, match="cannot be kept"):
        read_answer("keep", boundary(float("inf")))
    assert not read_answer("", boundary(float("inf"))).keep


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """As it is when a training begins: with the babysitter's defaults."""
    (tmp_path / "one.yaml").write_text(CONFIG)
    config = load_config(tmp_path / "one.yaml", KNOWN, ["train.epochs=4"])
    assert config.run.babysit is not None
    return replace(config, tree={**config.tree, "babysit": config.run.babysit.model_dump(mode="json")})


def test_answers_come_after_those_of_the_config_and_are_in_the_file_before_they_count(
    config: Config, tmp_path: Path
) -> None:
    file, given = tmp_path / "one.answers.yaml", Verdict(keep=True, settings={**NOW, "learning_rate": 1 / 3})
    answers = Answers.begin(config, tmp_path / "one.yaml", file)
    assert answers.config() is config
    for count in (1, 2):
        assert answers.decide(boundary(), lambda boundary: given) == given
        written = load_config(file, KNOWN).run
        assert written.train.epochs == 4
        assert written.babysit is not None
        assert [decision.settings for decision in written.babysit.decisions] == [given.settings] * count
    more = Answers.begin(answers.config(), file, file)
    more.decide(boundary(), lambda boundary: given)
    found = more.config().run.babysit
    assert found is not None
    assert len(found.decisions) == 3


def test_whoever_has_stopped_answering_is_asked_no_more(config: Config, tmp_path: Path) -> None:
    answers = Answers.begin(config, tmp_path / "one.yaml", tmp_path / "one.answers.yaml")
    assert answers.decide(boundary(), lambda boundary: None) is None
    assert answers.decide(boundary(), lambda boundary: Verdict(keep=True, settings=NOW)) is None
    assert answers.config() is config


def test_an_answer_that_cannot_be_written_down_ends_the_training_and_fails_nothing(
    config: Config, tmp_path: Path
) -> None:
    source = tmp_path / "one.yaml"
    answers = Answers.begin(config, source, source / "no-folder" / "one.answers.yaml")
    with pytest.raises(Interrupted, match="cannot be written"):
        answers.decide(boundary(), lambda boundary: Verdict(keep=True, settings=FURTHER))
