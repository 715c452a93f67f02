"""What the dashboard says of sweeps is so, now; one that cannot be read takes no other from sight."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from shutil import copytree, rmtree

import pytest

from hpsearch.dashboard import Sweeps, sweeps
from hpsearch.dashboard.paced import Paced
from hpsearch.results import Results

from .planted import Planted, by_learning_rate

pytestmark = pytest.mark.usefixtures("few_forests")


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_value_is_made_anew_when_something_changed_and_somebody_asks_after_the_pause(clock: Clock) -> None:
    made: list[float] = []
    value = Paced[int](2.0, 0.0, clock)
    ask = {
        name: lambda state=state: value(lambda: state, lambda: made.append(clock.now) or len(made))
        for name, state in (("as it was", 0), ("changed", 1))
    }
    assert ask["as it was"]() == 1
    clock.now = 1.9
    assert ask["changed"]() == 1
    clock.now = 2.0
    assert ask["as it was"]() == 1
    clock.now = 3.9
    assert ask["changed"]() == 1
    clock.now = 4.0
    assert ask["changed"]() == 2
    assert made == [0, 4]


def test_what_takes_long_to_make_is_made_less_often(clock: Clock) -> None:
    def work() -> None:
        end = time.thread_time() + 0.05
        while time.thread_time() < end:
            pass

    value = Paced[None](0.0, 20.0, clock)
    states = iter(range(10))
    value(lambda: next(states), work)
    clock.now = 0.99  # 20 times 0.05 s
    value(lambda: next(states), work)
    assert next(states) == 1


def test_many_who_ask_at_once_get_the_same_one(clock: Clock) -> None:
    made: list[int] = []
    value = Paced[int](1.0, 0.0, clock)

    def make() -> int:
        made.append(0)
        time.sleep(0.05)
        return len(made)

    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(value(lambda: 0, make))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1] * 10


def states(shown: Sweeps) -> dict[str, str]:
    return {name: sweep.progress().state for name, sweep in shown.all().items()}


def test_every_folder_is_listed_and_those_that_cannot_be_read_say_why(
    plant: Callable[..., Planted], motley: Results, tmp_path: Path, clock: Clock
) -> None:
    plant("name=running", "search.trials=16").run(1, by_learning_rate)
    begun = plant("name=begun", "search.trials=16")
    begun.run(1, by_learning_rate)
    begun.close()
    copytree(motley.path, tmp_path / "done")
    (tmp_path / "no-sweep").mkdir()
    (tmp_path / ".being-made.tmp").mkdir()
    for name, file, content in (
        ("half-a-manifest", "manifest.json", "{"),
        ("another-config", "config.yaml", "name: other\n"),
        ("torn-part", "trials/part-00001.parquet", "PAR1"),
        ("torn-journal", "journal/outcomes-00002.jsonl", "{]\n"),
        ("no-rows", "journal/outcomes-00002.jsonl", '{"trials": 3}\n'),
    ):
        copytree(motley.path, tmp_path / name)
        (tmp_path / name / file).write_text(content)
    copytree(motley.path, tmp_path / "no-rounds")
    (tmp_path / "no-rounds" / "journal" / "rounds.jsonl").unlink()
    shown = Sweeps(tmp_path, clock)
    unreadable = {
        "no-sweep",
        "half-a-manifest",
        "another-config",
        "torn-part",
        "torn-journal",
        "no-rows",
        "no-rounds",
    }
    known = {"running": "running", "begun": "not finished", "done": "finished"}
    assert states(shown) == known | dict.fromkeys(unreadable, "unreadable")
    for name, sweep in shown.all().items():
        assert (sweep.progress().planned > 0) == (name not in unreadable)
        if name in unreadable:
            assert "This sweep cannot be read" in sweep.page()
    listed = shown.list_html()
    assert listed.index(">running<") < listed.index(">begun<") < listed.index(">done<") < listed.index(">no-rows<")
    assert "holds no manifest.json" in listed
    assert "was changed after the sweep began" in listed


def test_progress_and_page_follow_the_store(plant: Callable[..., Planted], tmp_path: Path, clock: Clock) -> None:
    sweep = plant("search.trials=24")
    shown = Sweeps(tmp_path, clock).all()["planted"]
    assert shown.progress().text == "0 of 24 trials"
    for done in (8, 16):
        sweep.run(1, by_learning_rate)
        clock.now += 60.0  # however long a page takes here
        assert shown.progress().text.startswith(f"{done} of 24 trials · {done} completed · best val_loss ")
        assert f"{done} of 24 trials have ended" in shown.page()
    clock.now += 60.0
    sweep.finish()
    assert shown.progress().state == "finished"
    assert "The sweep is finished" in shown.page()


def test_a_sweep_that_somebody_stops_working_on_is_not_finished(
    plant: Callable[..., Planted], tmp_path: Path, clock: Clock
) -> None:
    sweep = plant("search.trials=24")
    sweep.run(1, by_learning_rate)
    shown = Sweeps(tmp_path, clock).all()["planted"]
    assert shown.progress().state == "running"
    sweep.store._release()  # as the system does for a process that is killed; no file changes
    sweep.open = False
    clock.now += 2.0
    assert shown.progress().state == "not finished"


def test_the_best_of_several_seeds_is_a_configurations_mean(plant: Callable[..., Planted], tmp_path: Path) -> None:
    plant("search.repeats=2", "search.trials=16").finish(lambda trial: 1.0 + trial.number % 2)
    assert "best val_loss 1.5 (configuration 0)" in Sweeps(tmp_path).all()["planted"].progress().text


def test_importance_is_found_less_often_than_the_page(
    plant: Callable[..., Planted], tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted: list[int] = []
    monkeypatch.setattr(sweeps, "importance", lambda results, rng: fitted.append(len(results.trials)))
    sweep, shown = plant("search.trials=32"), Sweeps(tmp_path, clock)
    for _ in range(4):
        sweep.run(1, by_learning_rate)
        clock.now += 4.0
        shown.all()["planted"].page()
    assert fitted == [8, 32]


def test_the_importance_that_rested_when_a_sweep_ended_is_found_once_it_may_be(
    plant: Callable[..., Planted], tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted: list[int] = []
    monkeypatch.setattr(sweeps, "importance", lambda results, rng: fitted.append(len(results.trials)))
    sweep, shown = plant("search.trials=16"), Sweeps(tmp_path, clock).all()["planted"]
    sweep.run(1, by_learning_rate)
    shown.page()
    sweep.finish()
    for now in (9.0, 30.0, 60.0):  # and no file changes any more
        clock.now = now
        shown.page()
    assert fitted == [8, 16]


def test_a_new_sweep_under_an_old_name_is_shown(plant: Callable[..., Planted], tmp_path: Path, clock: Clock) -> None:
    shown = Sweeps(tmp_path, clock)
    for trials in (8, 16):
        path = plant(f"search.trials={trials}").finish()
        assert shown.all()["planted"].progress().planned == trials  # and the clock stands still
        rmtree(path)
    assert shown.all() == {}


def test_the_folder_of_one_sweep_shows_that_sweep(motley: Results) -> None:
    assert list(Sweeps(motley.path).all()) == ["motley"]


def test_a_list_does_not_wait_for_many_sweeps_to_be_read(motley: Results, tmp_path: Path) -> None:
    for number in range(4):
        copytree(motley.path, tmp_path / str(number))
    ticks = iter(range(10_000))
    shown = Sweeps(tmp_path, lambda: next(ticks) * sweeps.LISTING_S / 4)
    counts = [shown.list_html().count(">reading<") for _ in range(4)]
    assert counts[0] > counts[-1] == 0
    assert counts == sorted(counts, reverse=True)


def test_an_empty_folder_and_one_that_is_gone_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    shown = Sweeps(tmp_path / "results")
    assert "There is no sweep" in shown.list_html()
    (tmp_path / "results").rmdir()
    assert "cannot be read: No such file or directory" in shown.list_html()
    assert shown.named("digits") is None
