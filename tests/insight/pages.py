"""Pages in a browser, and what is measured of them."""

from playwright.sync_api import Browser, Page

COLOURS = """() => [document.body, document.querySelector(".plot .xtick text")].map((each, index) =>
  index ? getComputedStyle(each).fill : getComputedStyle(each).backgroundColor)"""
FIGURES = """() => [...document.querySelectorAll("figure")].map((figure) => ({
  title: figure.querySelector("h3").textContent,
  marks: figure.querySelectorAll(".plot .trace path, .plot .annotation text").length,
  wide: Math.round(figure.querySelector(".plot .main-svg").getBoundingClientRect().width),
  room: figure.querySelector(".plot").clientWidth,
}))"""


def noting(browser: Browser, complaints: list[str], width: int, scheme: str, own: tuple[str, ...]) -> Page:
    """A page that notes what the browser complains of, and whom but `own` addresses it asks."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.extend([request.url] * (not request.url.startswith(own))))
    return page


def brightness(color: str) -> float:
    """Of a colour as `rgb(r, g, b)`: from 0, black, to 1, white."""
    return sum(map(int, color[4:-1].split(","))) / (3 * 255)
