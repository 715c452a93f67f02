"""The page of a sweep."""

import re
from collections.abc import Iterator

import numpy as np

from hpsearch import plots
from hpsearch.analysis import Importance, importance, noise
from hpsearch.report.page import Block, Code, Figures, Page, Section, Table, Words
from hpsearch.report.verdicts import verdicts
from hpsearch.results import Results

LEADERS = 10
MOST_REASONS = 10
MOST_SETTINGS = 24  # that have a figure each: the most important
SHORT = 200  # characters of a reason


def page_of(results: Results, rng: np.random.Generator) -> Page:
    """What there is to say and to see of a sweep, finished or not."""
    return page_about(results, importance(results, rng))


def page_about(results: Results, found: Importance | None) -> Page:
    """The same, with the importance of the settings as it was found before, perhaps from fewer trials."""
    ordered = plots.ordered_settings(results, found.settings if found else ())
    return Page(
        title=results.config.run.name,
        subtitle=_subtitle(results),
        sections=[
            Section("In words", [Words(verdicts(results, found, noise(results)))]),
            Section("The best", list(_best(results))),
            Section(
                "The search",
                [Figures([plots.history(results), plots.learning_curves(results), plots.zoom(results, *ordered[:2])])],
            ),
            Section("The settings", list(_settings(results, found))),
            Section("The gate and the work", [*_work(results)]),
        ],
    )


def _subtitle(results: Results) -> str:
    run, data = results.config.run, results.manifest["data"]
    rows = data.get("rows", {})
    sizes = ", ".join(f"{count:,} {part}" for part, count in rows.items()) if isinstance(rows, dict) else ""
    what = [f"data {run.data.source}" + (f" ({sizes} rows)" if sizes else ""), f"strategy {run.search.strategy}"]
    what += [f"seed {run.seed}", f"numeric platform {results.manifest['platform']}"]
    return f"hpsearch {results.manifest.get('versions', {}).get('hpsearch', '')}: " + " · ".join(what)


def _best(results: Results) -> Iterator[Block]:
    text = results.best_config
    if text is None:
        yield Words(["There is no best configuration yet: no trial has completed."])
        return
    yield _leaders(results)
    best = "The best" if results.confirmed is None else f"Trial {results.confirmed:,}, which has the best mean,"
    yield Words([f"{best} as a config of its own, for hpsearch check and for your files:"])
    yield Code(text)


def _leaders(results: Results) -> Table:
    """The best trials; or configurations with their means, where each has several trials."""
    leaders, repeats = results.leaders(LEADERS), results.summary.repeats
    scores = [results.metric, *(name for name in results.config.run.recorded if name != results.metric)]
    params = [name for name in leaders.columns if name.startswith("param_")]
    unit = "trial" if repeats == 1 else "configuration"
    rows = list(leaders[[unit, *scores, *params]].itertuples(index=False))
    caption = f"The best {len(rows)} {unit}s" + (f", means over {repeats} trials each" if repeats > 1 else "")
    return Table([unit, *scores, *(name.removeprefix("param_") for name in params)], rows, caption)


def _settings(results: Results, found: Importance | None) -> Iterator[Block]:
    titles = found.settings if found else list(results.space.titles)
    if not titles:
        yield Words(["This config searches nothing: no setting has a distribution."])
        return
    yield Figures([plots.importance(found)])
    if found:
        rows = [
            [alone.name, *(f"{share:.0%}" for share in (alone.mean, alone.low, alone.high, total.mean))]
            for alone, total in zip(found.alone, found.total, strict=True)
        ]
        yield Table(
            ["setting", "alone", "from", "to", "with others"], rows, "Shares of the score's order, with 90% intervals"
        )
    about = [
        "Each setting against the score, on its own scale: dots are trials that completed, triangles were stopped, the star is the best."
    ]
    if len(titles) > MOST_SETTINGS:
        about = [f"Of {len(titles)} settings the {MOST_SETTINGS} most important have a figure of their own.", *about]
    yield Figures([plots.setting(results, title) for title in titles[:MOST_SETTINGS]], small=True, about=about)
    yield Figures([plots.parallel(results)])


def _work(results: Results) -> Iterator[Block]:
    yield Figures([plots.gate(results), plots.statuses(results)])
    yield from _reasons(results)
    yield Figures([plots.timeline(results)])


def _reasons(results: Results) -> Iterator[Block]:
    """Why trials have no score, the most frequent reasons first; reasons that differ in their numbers alone count as one."""
    told = results.trials.dropna(subset=["error"])
    if told.empty:
        return
    kinds = told["error"].map(lambda error: re.sub(r"\d[\d.e+-]*", "…", error))
    groups = [(len(rows), rows.iloc[0]) for _, rows in told.groupby(kinds, sort=False)]
    groups.sort(key=lambda group: (-group[0], group[1]["trial"]))
    rows = [
        [count, first["status"].replace("_", " "), int(first["trial"]), _shortened(first["error"])]
        for count, first in groups[:MOST_REASONS]
    ]
    yield Table(["trials", "ended as", "first", "why the first did"], rows, "Why trials have no score")


def _shortened(text: str) -> str:
    return text if len(text) <= SHORT else text[: SHORT - 1] + "…"
