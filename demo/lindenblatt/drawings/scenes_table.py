"""Scenes on tables, from above: each as a wide picture (16:9) and as a tall one (4:5)."""

from functools import cache

import numpy as np
from PIL import Image, ImageDraw

from . import covers, flat, noise, paper_goods
from .flat import Table
from .ink import Sheet, rgb
from .prints import small
from .prints_botany import _ginkgo_leaf
from .shapes import Pair
from .solids import shade_cover
from .walls import array, picture

WIDE = (2880, 1620)
TALL = (1440, 1800)


@cache
def _cover(code: str) -> Image.Image:
    book = next(book for book in covers.BOOKS if book.code == code)
    return shade_cover(covers.cover(book), hinge=True)


def _lay_books(table: Table, *rows: tuple[str, Pair, float, float]) -> None:
    """Books with the edge of their pages showing on the right and below."""
    for code, at, width, degrees in rows:
        edge = Image.new("RGB", (1100, 1740), "#e9e0cd")
        table.lay(edge, at=(at[0] + 9, at[1] + 8), width=width * 0.985, degrees=degrees, lift=1.1)
        table.lay(_cover(code), at=at, width=width, degrees=degrees, lift=0.25)


def books() -> Image.Image:
    """The list of the year on a linen cloth."""
    table = Table(WIDE, "#d8d0c1", 921)
    _lay_books(
        table,
        ("letzter-wagen", (1310, 330), 470, -8),
        ("farbenkunde", (1860, 420), 500, 4),
        ("auwald", (2430, 350), 500, -5),
        ("handsatz", (1000, 1060), 460, 6),
        ("gedaechtnis-der-linden", (1540, 1130), 540, -4),
        ("vierzig-suppen", (2090, 1220), 480, 7),
        ("kartenzeichnerin", (2620, 1130), 520, -9),
        ("zimmer-mit-fluss", (560, 1330), 430, -14),
    )
    table.lay(flat.cup(360, "#eee9df", "#5b3a22"), at=(560, 560), width=330, lift=1.2)
    return table.image()


def books_tall() -> Image.Image:
    """Four of them."""
    table = Table(TALL, "#d8d0c1", 922)
    _lay_books(
        table,
        ("auwald", (1080, 330), 520, 7),
        ("kartenzeichnerin", (430, 470), 540, -7),
        ("farbenkunde", (1130, 1210), 520, -5),
        ("gedaechtnis-der-linden", (470, 1310), 580, 4),
    )
    return table.image()


def paper() -> Image.Image:
    """Notebooks, cards and a pencil on a desk."""
    table = Table(WIDE, "#c9a67a", 923, board=True)
    _lay_paper(table, shift=(0, 0))
    table.lay(paper_goods._page("liniert"), at=(560, 900), width=760, degrees=-9, lift=0.4)
    table.lay(flat.pencil(900, "#b24a33"), at=(700, 1090), width=560, degrees=-38, lift=0.8)
    table.lay(flat.cup(360, "#dfe4dc", "#8a5a2c"), at=(1010, 330), width=300, lift=1.2)
    return table.image()


def _lay_paper(table: Table, *, shift: Pair) -> None:
    dx, dy = shift
    table.lay(
        flat.envelope(1200, 840, "#d8c9a8", 5),
        at=(2450 + dx, 480 + dy),
        width=720,
        degrees=12,
        lift=0.6,
    )
    for code, at, degrees in (("mohn", (2280, 420), -8), ("farn-bei-nacht", (2600, 640), 9)):
        card = flat.paper_sheet(small(code), width=900, height=1270, margin=58)
        table.lay(card, at=(at[0] + dx, at[1] + dy), width=400, degrees=degrees, lift=0.8)
    for colour, at, degrees in (("sand", (1900, 1150), 9), ("lindgruen", (1500, 870), -6)):
        table.lay(
            paper_goods._hardcover(colour, 611),
            at=(at[0] + dx, at[1] + dy),
            width=620,
            degrees=degrees,
            lift=1.2,
        )
    for index, (at, degrees) in enumerate((((2330, 1290), -10), ((2560, 1320), 6))):
        table.lay(
            paper_goods._booklet("koralle", index),
            at=(at[0] + dx, at[1] + dy),
            width=400,
            degrees=degrees,
            lift=0.7,
        )


def paper_tall() -> Image.Image:
    """The notebooks, closer."""
    table = Table(TALL, "#c9a67a", 924, board=True)
    table.lay(paper_goods._page("gepunktet"), at=(340, 420), width=760, degrees=-12, lift=0.4)
    table.lay(
        flat.paper_sheet(small("mohn"), width=900, height=1270, margin=58),
        at=(1120, 420),
        width=480,
        degrees=8,
        lift=0.8,
    )
    table.lay(paper_goods._hardcover("sand", 611), at=(1010, 1280), width=680, degrees=8, lift=1.2)
    table.lay(
        paper_goods._hardcover("lindgruen", 611), at=(480, 1230), width=680, degrees=-7, lift=1.2
    )
    table.lay(flat.pencil(900, "#b24a33"), at=(760, 700), width=600, degrees=-30, lift=0.8)
    return table.image()


def workshop() -> Image.Image:
    """The lino block, the roller and the first pull."""
    table = Table(WIDE, "#8f8578", 925, board=True)
    table.lay(flat.lit(small("farn-bei-nacht")), at=(1420, 800), width=880, degrees=-3, lift=0.6)
    table.lay(_block(), at=(2330, 830), width=800, degrees=4, lift=1.4)
    table.lay(_slab(), at=(500, 1010), width=820, degrees=-6, lift=0.6)
    table.lay(_roller(), at=(640, 760), width=430, degrees=28, lift=1.8)
    for index, at in enumerate(((1960, 1440), (2160, 1480))):
        table.lay(_gouge(index), at=at, width=520, degrees=-14 + 9 * index, lift=0.9)
    return table.image()


def workshop_tall() -> Image.Image:
    """The block and the roller."""
    table = Table(TALL, "#8f8578", 926, board=True)
    table.lay(flat.lit(small("farn-bei-nacht")), at=(420, 560), width=860, degrees=-5, lift=0.6)
    table.lay(_block(), at=(1010, 1110), width=800, degrees=5, lift=1.4)
    table.lay(_roller(), at=(360, 1450), width=430, degrees=24, lift=1.8)
    table.lay(_gouge(0), at=(1060, 240), width=520, degrees=-24, lift=0.9)
    return table.image()


def _block() -> Image.Image:
    """The lino block of the fern: mirrored, grey where it is cut, green where it was inked."""
    printed = array(small("farn-bei-nacht").transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    ink = np.clip((0.62 - printed.mean(axis=2)) / 0.3, 0, 1)[..., None]
    rng = np.random.default_rng(9)
    lino = rgb("#a9875f") * (1 + 0.03 * noise.grain(ink.shape[:2], rng, size=2))[..., None]
    block = (
        lino * (1 - ink)
        + rgb("#123527")
        * (1 + 0.25 * noise.fractal(ink.shape[:2], (30, 30), rng)[..., None] * ink)
        * ink
    )
    gy, gx = np.gradient(ink[..., 0])
    block = block * (1 + 0.5 * (gx + gy))[..., None]
    return picture(block)


def _slab() -> Image.Image:
    """A glass plate with a rolled-out patch of ink."""
    size = (1640, 1180)
    sheet = Sheet(size, paper="#dfe5e0", seed=31)
    plate = sheet.plate()
    for k in range(26):
        y = 240 + k * 26
        plate.stroke(
            np.array([(260 + (k * 37) % 70, y), (900, y + 5), (1330 - (k * 53) % 90, y)]),
            [20, 34, 18],
        )
    sheet.press(plate, "#15402e", over=True, rough=0.8, wear=0.02)
    blob = sheet.plate()
    blob.polygon(
        np.array(
            [
                (120 + 90 * np.cos(a) * (1 + 0.2 * np.sin(3 * a)) + 40, 980 + 70 * np.sin(a))
                for a in np.linspace(0, 6.28, 60)
            ]
        )
    )
    sheet.press(blob, "#0d2d20", over=True, rough=0)
    return picture(array(sheet.image()))


def _roller() -> Image.Image:
    """A roller with a wooden grip, from above."""
    image = Image.new("RGBA", (1000, 1500))
    draw = ImageDraw.Draw(image)
    for k in range(300):
        t = k / 299
        light = 0.35 + 1.0 * np.sin(np.pi * min(max(t, 0.02), 0.98)) ** 0.8
        tone = tuple(int(min(c * light * 200, 255)) for c in rgb("#1d5a42"))
        draw.line((110, 70 + k, 890, 70 + k), fill=(*tone, 255), width=1)
    metal = (150, 150, 148, 255)
    draw.line(((60, 220), (110, 220)), fill=metal, width=26)
    draw.line(((890, 220), (940, 220)), fill=metal, width=26)
    draw.line(((60, 220), (60, 520), (500, 660)), fill=metal, width=24, joint="curve")
    draw.line(((940, 220), (940, 520), (500, 660)), fill=metal, width=24, joint="curve")
    for k in range(120):
        light = 0.6 + 0.6 * np.sin(np.pi * k / 119) ** 0.8
        tone = tuple(int(min(c * light * 255, 255)) for c in rgb("#a8743f"))
        bulge = 1 if 20 < k < 100 else 0
        draw.line((440 + k, 650, 440 + k, 1400 + 40 * bulge), fill=(*tone, 255), width=1)
    draw.rectangle((436, 640, 564, 700), fill=(176, 150, 90, 255))
    return image


def _gouge(index: int) -> Image.Image:
    """A gouge: round grip, brass ring, steel."""
    image = Image.new("RGBA", (1300, 150))
    draw = ImageDraw.Draw(image)
    for y in range(10, 140):
        light = 0.55 + 0.65 * np.sin(np.pi * (y - 10) / 130) ** 0.8
        tone = tuple(int(min(c * light * 255, 255)) for c in rgb(("#8f4a2f", "#5a6b4a")[index % 2]))
        inset = int(abs(y - 75) ** 2 / 60)
        draw.line((20 + inset, y, 560, y), fill=(*tone, 255), width=1)
    draw.rectangle((556, 36, 640, 114), fill=(190, 158, 84, 255))
    draw.polygon(
        [(640, 56), (1180, 62), (1270, 75), (1180, 88), (640, 94)], fill=(168, 170, 172, 255)
    )
    draw.line((640, 66, 1200, 70), fill=(225, 226, 226, 255), width=6)
    return image


def maps() -> Image.Image:
    """A map sheet, a loupe and a pencil."""
    table = Table(WIDE, "#b9a88d", 927, board=True)
    table.lay(flat.lit(small("hoehenlinien")), at=(1350, 870), width=900, degrees=-5, lift=0.6)
    table.lay(flat.lit(small("schwarzplan")), at=(2270, 760), width=880, degrees=6, lift=0.7)
    table.lay(flat.lit(small("maeander")), at=(420, 1000), width=760, degrees=-14, lift=0.6)
    _loupe(table, (1570, 1120), 250)
    table.lay(flat.pencil(900, "#24384d"), at=(900, 380), width=620, degrees=24, lift=0.8)
    return table.image()


def maps_tall() -> Image.Image:
    """The map under the loupe."""
    table = Table(TALL, "#b9a88d", 928, board=True)
    table.lay(flat.lit(small("schwarzplan")), at=(1010, 620), width=900, degrees=7, lift=0.6)
    table.lay(flat.lit(small("hoehenlinien")), at=(480, 1130), width=900, degrees=-6, lift=0.7)
    _loupe(table, (700, 1270), 230)
    return table.image()


def _loupe(table: Table, at: Pair, radius: int) -> None:
    """A magnifying glass: what lies under it, twice as large, in a brass ring with a handle."""
    x, y = round(at[0]), round(at[1])
    half = radius // 2
    seen = Image.fromarray(
        (np.clip(table.colour[y - half : y + half, x - half : x + half], 0, 1) * 255).astype(
            np.uint8
        )
    )
    lens = seen.resize((radius * 2, radius * 2), Image.Resampling.BICUBIC).convert("RGBA")
    handle = Image.new("RGBA", (760, 70))
    ImageDraw.Draw(handle).rounded_rectangle((0, 0, 759, 69), 34, fill="#2c241d")
    reach = radius + 330
    table.lay(handle, at=(x + reach * 0.72, y + reach * 0.69), width=640, degrees=44, lift=1.4)
    table.lay(
        flat.disc(radius * 2 + 56, "#b89552", dome=0.5), at=at, width=radius * 2 + 56, lift=1.6
    )
    shine = flat.disc(radius * 2, "#ffffff")
    lens.putalpha(shine.getchannel("A"))
    table.lay(lens, at=at, width=radius * 2, lift=0.1)


def autumn() -> Image.Image:
    """The autumn page: the ginkgo print, its leaves, a book and a notebook."""
    table = Table(WIDE, "#4b4038", 929, board=True)
    table.lay(flat.lit(small("ginkgo-oktober")), at=(1560, 840), width=920, degrees=-4, lift=0.7)
    _lay_books(table, ("gedaechtnis-der-linden", (2350, 900), 600, 7))
    table.lay(flat.cup(360, "#d9c8ad", "#3f2415"), at=(860, 470), width=330, lift=1.2)
    _scatter(
        table,
        (
            (330, 380),
            (620, 1180),
            (980, 1420),
            (2700, 260),
            (2050, 250),
            (200, 1000),
            (2700, 1450),
            (1000, 900),
        ),
    )
    return table.image()


def autumn_tall() -> Image.Image:
    """The print and the leaves."""
    table = Table(TALL, "#4b4038", 930, board=True)
    table.lay(flat.lit(small("ginkgo-oktober")), at=(640, 800), width=960, degrees=-4, lift=0.7)
    _lay_books(table, ("gedaechtnis-der-linden", (1160, 1330), 560, 9))
    _scatter(table, ((1270, 260), (200, 1560), (560, 1650), (1290, 720)))
    return table.image()


def _scatter(table: Table, spots: tuple[Pair, ...]) -> None:
    """Ginkgo leaves, each cut a little differently."""
    rng = np.random.default_rng(17)
    for index, spot in enumerate(spots):
        sheet = Sheet((700, 700), paper="#e2ae43", seed=950 + index)
        plate = sheet.plate()
        _ginkgo_leaf(plate, (350, 330), 300, 180, rng)
        tint = sheet.plate()
        tint.rectangle(0, 0, 700, 700)
        sheet.press(tint, ("#f3d9a0", "#f0c890", "#fbe6b0")[index % 3], cover=0.7)
        leaf = sheet.image().convert("RGBA")
        alpha = Image.fromarray((plate.mask() * 255).astype(np.uint8))
        leaf.putalpha(alpha)
        table.lay(
            leaf,
            at=spot,
            width=float(rng.uniform(280, 400)),
            degrees=float(rng.uniform(0, 360)),
            lift=0.8,
        )
