"""What is measured of a page in a browser."""

COLOURS = """() => [document.body, document.querySelector(".plot .xtick text")].map((each, index) =>
  index ? getComputedStyle(each).fill : getComputedStyle(each).backgroundColor)"""


def brightness(color: str) -> float:
    """Of a colour as `rgb(r, g, b)`: from 0, black, to 1, white."""
    return sum(map(int, color[4:-1].split(","))) / (3 * 255)
