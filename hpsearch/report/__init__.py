"""Reports: a page of words first, then figures."""

from hpsearch.report.page import Page, as_html, as_markdown
from hpsearch.report.sweep import page_of

__all__ = ["Page", "as_html", "as_markdown", "page_of"]
