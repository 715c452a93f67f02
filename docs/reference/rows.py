"""Tables that are written by hand, and completed from the code."""

import re
from collections.abc import Mapping

ROW = re.compile(r"^\| `(?P<name>[^`]+)` \|(?P<rest>.*)$", flags=re.MULTILINE)
HEAD = re.compile(r"^\| (?P<title>[^|`]+) \|(?P<rest>.*)\n\|(?:---\|)+$", flags=re.MULTILINE)


def completed(text: str, title: str, cells: Mapping[str, str]) -> str:
    """`text` with a second column in its table, which has a row for each of `cells`: also for those nobody described."""
    written = {row["name"] for row in ROW.finditer(text)}
    head = HEAD.search(text)
    if head is None:
        raise ValueError(f"there is no table to complete in {text[:60]!r}")
    width = head.group(0).splitlines()[0].count("|")
    text = ROW.sub(lambda row: f"| `{row['name']}` | {cells.get(row['name'], '')} |{row['rest']}", text)
    text = HEAD.sub(lambda row: f"| {row['title']} | {title} |{row['rest']}\n|{'---|' * width}", text, count=1)
    missing = [f"| `{name}` | {cell} |{' |' * (width - 2)}" for name, cell in cells.items() if name not in written]
    last = list(ROW.finditer(text))[-1].end()
    return "\n".join([text[:last], *missing]) + text[last:]
