"""A page of words, tables and figures: as one HTML file that needs no network, or as Markdown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

from hpsearch.words import in_a_cell

if TYPE_CHECKING:
    import plotly.graph_objects as go


LONG = 24  # characters of a cell: beyond, it may take several lines
MISSING = "–"  # in a cell


@dataclass(frozen=True)
class Words:
    """Sentences, one below the other."""

    sentences: Sequence[str]


@dataclass(frozen=True)
class Table:
    """Rows under a header; numbers to the right."""

    header: Sequence[str]
    rows: Sequence[Sequence[Any]]
    caption: str = ""


@dataclass(frozen=True)
class Code:
    """Text to copy."""

    text: str


@dataclass(frozen=True)
class Figures:
    """Plotly figures, each with what its `layout.meta` says of it; small ones stand side by side where there is room.

    `about`: sentences about them all, which stand before them.
    """

    figures: Sequence["go.Figure"]
    small: bool = False
    about: Sequence[str] = ()


Block = Words | Table | Code | Figures


@dataclass(frozen=True)
class Section:
    """A part of a page."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Page:
    """A page; whatever text is in it is shown as it is, never as markup."""

    title: str
    subtitle: str
    sections: Sequence[Section]


def as_html(page: Page) -> str:
    """One self-contained file."""
    return Template(asset("page.html")).substitute(
        title=escape(page.title),
        content=content(page),
        style=asset("page.css"),
        plotly=asset("plotly.js"),
        script=asset("page.js"),
    )


def content(page: Page) -> str:
    """What stands in the body: the page without its scripts and style."""
    head = f"<header><h1>{escape(page.title)}</h1><p>{escape(page.subtitle)}</p></header>"
    return "\n".join([head, *(_section(section) for section in page.sections)])


def as_markdown(page: Page) -> str:
    """The words, tables and code, without the figures and what is said about them."""
    lines = [f"# {_inline(page.title)}", "", _inline(page.subtitle)]
    for section in page.sections:
        blocks = [line for block in section.blocks for line in _markdown(block)]
        if blocks:
            lines += ["", f"## {_inline(section.title)}", *blocks]
    return "\n".join(lines) + "\n"


def _section(section: Section) -> str:
    blocks = "\n".join(_html(block) for block in section.blocks)
    return f"<section><h2>{escape(section.title)}</h2>\n{blocks}</section>"


def _html(block: Block) -> str:
    match block:
        case Words() if len(block.sentences) == 1:
            return f"<p>{escape(block.sentences[0])}</p>"
        case Words():
            return "<ul>" + "".join(f"<li>{escape(sentence)}</li>" for sentence in block.sentences) + "</ul>"
        case Table():
            return _table(block)
        case Code():
            return f'<div class="code"><button type="button">Copy</button><pre>{escape(block.text)}</pre></div>'
        case Figures():
            kind = "figures small" if block.small else "figures"
            about = "".join(f"<p>{escape(sentence)}</p>\n" for sentence in block.about)
            return f'{about}<div class="{kind}">' + "\n".join(_figure(figure) for figure in block.figures) + "</div>"


def _figure(figure: "go.Figure") -> str:
    """The figure as JSON, in which no character can end the element that it stands in; in words if it is empty."""
    meta = figure.layout.meta
    words = "".join(f"<p>{escape(meta[kind])}</p>" for kind in ("caption", "note") if meta[kind])
    if not figure.data:
        return f"<figure><figcaption><h3>{figure.layout.title.text}</h3>{words}</figcaption></figure>"
    data = figure.to_json().replace("<", "\\u003c")
    return (
        f"<figure><figcaption><h3>{figure.layout.title.text}</h3>{words}</figcaption>"
        f'<div class="plot" style="height:{figure.layout.height}px"></div>'
        f'<script type="application/json">{data}</script></figure>'
    )


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in table.header)
    rows = "".join("<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in table.rows)
    caption = f"<caption>{escape(table.caption)}</caption>" if table.caption else ""
    return f'<div class="table"><table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _cell(value: Any) -> str:
    text = in_a_cell(value, MISSING)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    kind = ' class="number"' if number else ' class="long"' if len(text) > LONG else ""
    return f"<td{kind}>{escape(text)}</td>"


def _markdown(block: Block) -> Iterator[str]:
    match block:
        case Words():
            yield ""
            yield from (f"- {_inline(sentence)}" for sentence in block.sentences)
        case Table():
            yield ""
            if block.caption:
                yield from (_inline(block.caption), "")
            yield "| " + " | ".join(map(_inline, block.header)) + " |"
            yield "|" + "---|" * len(block.header)
            yield from (
                "| " + " | ".join(_inline(in_a_cell(value, MISSING)) for value in row) + " |" for row in block.rows
            )
        case Code():
            yield from ("", "```yaml", *block.text.rstrip().splitlines(), "```")
        case Figures():
            return


def _inline(text: str) -> str:
    """Text on one line, in which nothing is markup."""
    return "".join(f"\\{each}" if each in "\\`*_[]<>|#" else each for each in " ".join(text.split()))


@cache
def asset(name: str) -> str:
    """The text of what a page is made with: page.html, page.css, page.js, plotly.js."""
    if name == "plotly.js":
        from plotly.offline import get_plotlyjs

        script: str = get_plotlyjs()
        return script
    return files("hpsearch.report").joinpath(name).read_text(encoding="utf-8")
