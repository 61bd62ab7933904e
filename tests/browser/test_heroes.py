"""The large photographs at the top of pages: the headline is on the first screen and readable."""

import re
from io import BytesIO

import pytest
from PIL import Image

from tests.browser.conftest import visit

pytestmark = pytest.mark.browser

#: Width and height of screens.
PHONE, LAPTOP = (360, 640), (1280, 720)
SCREENS = (PHONE, (390, 844), (768, 1024), LAPTOP, (1920, 1080))
SALTMARSH = ("/", "/the-morning-table/", "/windowsill/", "/after-dark/", "/moon-vase/")
LINDENBLATT = ("/", "/herbst/", "/bilder-haengen/", "/maeander/")
WORDS = ".hero :is(h1, h2), .hero .hero__words > p:not(:has(a))"
TEXT_BOX = """words => {
  const range = document.createRange();
  range.selectNodeContents(words);
  const box = range.getBoundingClientRect();
  return {x: box.x, y: box.y + scrollY, width: box.width, height: box.height};
}"""


def luminance(pixel):
    """Relative luminance as in WCAG, from 0 to 1."""
    linear = [
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4
        for one in (channel / 255 for channel in pixel)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast_of(page, words):
    """The contrast of words to the worst pixel behind them, from a screenshot without them."""
    colour = words.evaluate("words => getComputedStyle(words).color")
    box = words.evaluate(TEXT_BOX)
    words.evaluate("words => { words.style.color = 'transparent' }")
    shot = Image.open(BytesIO(page.screenshot(full_page=True, clip=box))).convert("RGB")
    own = luminance([float(channel) for channel in re.findall(r"[\d.]+", colour)[:3]])
    behind = {luminance(pixel) for _count, pixel in shot.getcolors(shot.width * shot.height)}
    return min((max(own, one) + 0.05) / (min(own, one) + 0.05) for one in behind)


def check_heroes(chromium, site, paths):
    wrong = []
    with visit(chromium, site, color_scheme="light") as page:
        for width, height in SCREENS:
            page.set_viewport_size({"width": width, "height": height})
            for path in paths:
                page.goto(site.url + path)
                page.locator(".hero img").first.evaluate("image => image.decode()")
                headline = page.locator(".hero :is(h1, h2)").first.evaluate(TEXT_BOX)
                if headline["y"] + headline["height"] > height:
                    wrong.append((path, width, "below the first screen"))
                contrasts = [contrast_of(page, words) for words in page.locator(WORDS).all()]
                if min(contrasts) < 4.5:
                    wrong.append((path, width, contrasts))
    assert wrong == []


def test_headlines_of_saltmarsh_are_readable(chromium, site):
    check_heroes(chromium, site, SALTMARSH)


@pytest.mark.xdist_group("lindenblatt")
def test_headlines_of_lindenblatt_are_readable(chromium, lindenblatt):
    check_heroes(chromium, lindenblatt, LINDENBLATT)
