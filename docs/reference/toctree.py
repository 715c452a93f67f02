"""The site's menu: the links of its first page, and the pages of a folder."""

import re

SECTION = re.compile(r"^## (?P<title>.+)\n(?P<body>(?:(?!^## ).*\n?)*)", flags=re.MULTILINE)
LINK = re.compile(r"^- \[(?P<title>[^\]]+)\]\((?P<page>[^)#]+)\.md\)", flags=re.MULTILINE)


def toctrees(text: str) -> str:
    """The first page, with a menu behind it: a part for each section that lists pages."""
    menus = []
    for section in SECTION.finditer(text):
        pages = [f"{link['title']} <{link['page']}>" for link in LINK.finditer(section["body"])]
        if pages:
            lines = ["```{toctree}", ":hidden:", f":caption: {section['title']}", "", *pages, "```"]
            menus.append("\n".join(lines))
    return "\n\n".join([text, *menus, ""])


def folder(text: str) -> str:
    """A folder's first page, with a list of the others behind it."""
    return f"{text}\n```{{toctree}}\n:glob:\n:maxdepth: 1\n\n*\n```\n"
