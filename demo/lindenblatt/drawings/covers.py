"""The covers and spines of the eight books."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from . import fonts, noise, terrain
from .ink import Plate, Sheet
from .prints_botany import _leaf_outline
from .shapes import Points, arc, bezier, place, spline

SIZE = (1100, 1740)
CREAM = "#f3ecdd"


@dataclass(frozen=True)
class Book:
    """What a cover and a spine need to know, and the book's body in millimetres."""

    code: str
    title: tuple[str, ...]
    author: str
    draw: Callable[[Sheet], None]
    paper: str
    spine_ink: str
    depth: float
    family: str = "fraunces"
    weight: int = 500
    seed: int = 1


def _write(sheet: Sheet, ink: str, *lines: tuple) -> None:
    sheet.press(fonts.text_mask(SIZE, list(lines)), ink, over=True, rough=0, wear=0.001, cover=1)


def _imprint(sheet: Sheet, ink: str, y: float = 1672, x: float = 550, anchor: str = "m") -> None:
    _write(sheet, ink, ("LINDENBLATT", "jost", 500, 26, x, y, anchor, 8))


def _lindens(sheet: Sheet) -> None:
    """A linden leaf filled with the rings of its tree."""
    plate, lines = sheet.plate(), sheet.plate()
    leaf = place(_leaf_outline(), at=(556, 690), scale=860, degrees=92)
    plate.polygon(leaf)
    rng = np.random.default_rng(8)
    radius, centre = 12.0, np.array([512.0, 1075.0])
    wobble = noise.curve(240, 5, rng, octaves=3) - 0.5
    wobble = wobble * np.sin(np.linspace(0, np.pi, 240))
    while radius < 900:
        ring = arc(centre, radius, 0, 360, count=240)
        ring = centre + (ring - centre) * (1 + 0.20 * wobble[:, None])
        lines.line(ring, 4.5)
        radius += rng.uniform(11, 27)
    shape = plate.mask()
    sheet.press(shape, "#d9b25a", over=True)
    sheet.press(shape * lines.mask(), "#173d2e", over=True, rough=0.2)
    _write(
        sheet, CREAM,
        ("Johanna Ebersbach", "jost", 400, 46, 90, 160, "l", 1),
        ("Das Gedächtnis", "fraunces", 500, 122, 86, 310, "l", 0),
        ("der Linden", "fraunces", 500, 122, 86, 440, "l", 0),
        ("Roman", "garamond-italic", 400, 52, 90, 1672, "l", 0),
    )  # fmt: skip
    _imprint(sheet, CREAM, x=1010, anchor="r")


def _cartographer(sheet: Sheet) -> None:
    """Contour lines that run under a white label."""
    height = noise.fractal(sheet.shape, (3, 2), np.random.default_rng(91), octaves=4, gain=0.34)
    fine = terrain.contours(height, 0.03, 3.2)
    bold = terrain.contours(height, 0.15, 8)
    sheet.press(noise.step(0.30, 0.27, height), "#3f7f92", over=True, wear=0.002)
    sheet.press(np.maximum(fine * 0.9, bold), "#f6e7d2", over=True, wear=0.002)
    label = sheet.plate()
    label.rectangle(150, 400, 950, 1050)
    sheet.press(label, CREAM, over=True, cover=1, rough=0, wear=0)
    frame = sheet.plate()
    for gap, width in ((20, 6), (34, 2)):
        corners = [
            (150 + gap, 400 + gap),
            (950 - gap, 400 + gap),
            (950 - gap, 1050 - gap),
            (150 + gap, 1050 - gap),
        ]
        frame.line([*corners, corners[0], corners[1]], width)
    sheet.press(frame, "#23384a", over=True, wear=0)
    _write(
        sheet, "#23384a",
        ("MATTIS QUANDT", "jost", 500, 34, 550, 524, "m", 6),
        ("Die Karten-", "fraunces", 400, 124, 550, 690, "m", 0),
        ("zeichnerin", "fraunces", 400, 124, 550, 814, "m", 0),
        ("Roman", "garamond-italic", 400, 50, 550, 898, "m", 0),
    )  # fmt: skip
    _imprint(sheet, "#23384a", y=990)


def _forest(sheet: Sheet) -> None:
    """Trunks in four depths before a moon, standing in flood water."""
    rng = np.random.default_rng(66)
    window = np.zeros(sheet.shape, np.float32)
    window[470:1660, 90:1010] = 1
    sheet.press(window, "#cfdacb", over=True, cover=1, rough=0, wear=0)
    for ink, count, width in (
        ("#a9bfae", 13, 28),
        ("#7a9d8a", 10, 42),
        ("#3f6b58", 7, 62),
        ("#15352b", 4, 98),
    ):
        plate = sheet.plate()
        for x in np.linspace(70, 1040, count) + rng.normal(0, 30, count):
            _trunk(plate, rng, float(x), width)
        sheet.press(window * plate.mask(), ink, over=True)
        if count == 10:
            moon = sheet.plate()
            moon.disc((690, 760), 128)
            sheet.press(moon, "#f3dfa4", over=True)
    ripples = sheet.plate()
    for y in np.linspace(1390, 1650, 15):
        for _ in range(5):
            x = rng.uniform(-20, 960)
            ripples.line(
                bezier((x, y), (x + 90, y - 8), (x + 180, y + 8), (x + rng.uniform(200, 340), y)),
                5 + (y - 1390) / 50,
            )
    sheet.press(window * ripples.mask(), "#dfe6d6", over=True, cover=0.9)
    _write(
        sheet, "#15352b",
        ("Im Auwald", "jost", 600, 190, 82, 250, "l", -4),
        ("Ein Jahr zwischen Elster und Pleiße", "garamond-italic", 500, 54, 92, 342, "l", 0),
        ("Henrik Sallmann", "jost", 400, 42, 92, 420, "l", 0),
    )  # fmt: skip
    _imprint(sheet, "#15352b", y=1704, x=1010, anchor="r")


def _trunk(plate: Plate, rng: np.random.Generator, x: float, width: float) -> None:
    lean = rng.normal(0, 26)
    trunk = spline([(x, 1760), (x + lean * 0.3, 1300), (x + lean, 800), (x + lean * 1.3, 400)])
    plate.stroke(trunk, [width * 1.7, width, width * 0.8, width * 0.6])
    for _ in range(4):
        y = rng.uniform(540, 1100)
        side = rng.choice((-1, 1))
        start = (x + lean * (1 - y / 1760), y + 60)
        branch = bezier(start, (x + side * 70, y), (x + side * rng.uniform(120, 220), y - 150))
        plate.stroke(branch, [width * 0.3, 2])


def _colours(sheet: Sheet) -> None:
    """Twelve chips in printing order, each pair overlapping in the middle."""
    inks = (
        "#e3c63f",
        "#e8973a",
        "#d8523a",
        "#b8365a",
        "#7a4a8c",
        "#3a5a9c",
        "#3f8fb0",
        "#3f9a86",
        "#6fa04a",
        "#b4b24a",
        "#a5785a",
        "#4a4a4e",
    )
    for index, ink in enumerate(inks):
        row, column = divmod(index, 3)
        plate = sheet.plate()
        plate.disc((295 + column * 255, 640 + row * 255), 168)
        sheet.press(plate, ink, shift=(index % 3 - 1, index % 2), cover=0.93)
    _write(
        sheet, "#2a2724",
        ("Kleine Kunde", "garamond", 500, 138, 92, 236, "l", -1),
        ("der Farben", "garamond-italic", 500, 138, 92, 376, "l", -1),
        ("Ottilie Brandstätter", "jost", 400, 42, 96, 1672, "l", 0),
    )  # fmt: skip
    _imprint(sheet, "#2a2724", x=1010, anchor="r")


def _type(sheet: Sheet) -> None:
    """A wood-type letter, mirrored as in the forme, over its print."""
    mask = fonts.text_mask(SIZE, [("g", "fraunces", 900, 1280, 560, 1120, "m", 0)])
    sheet.press(mask[:, ::-1], "#d8452e", shift=(-60, -30), wear=0.03, rough=0.5)
    sheet.press(mask, "#1d1c1c", shift=(50, 40), wear=0.03, rough=0.5)
    _write(
        sheet, "#1d1c1c",
        ("Handsatz", "fraunces", 800, 178, 550, 232, "m", -2),
        ("Setzen und Drucken von Hand", "garamond-italic", 500, 54, 550, 1604, "m", 0),
        ("JAKOB WENDISCH", "jost", 500, 36, 550, 318, "m", 7),
    )  # fmt: skip
    _imprint(sheet, "#1d1c1c")


def _soups(sheet: Sheet) -> None:
    """Forty bowls seen from above, no two soups alike."""
    rng = np.random.default_rng(40)
    soups = (
        "#d9572f",
        "#e8a33a",
        "#8aa34f",
        "#c9803f",
        "#b2352f",
        "#e6cf7a",
        "#5f8a5a",
        "#d98a6a",
        "#a6653a",
        "#f0e0b4",
    )
    rims, shades = sheet.plate(), sheet.plate()
    fills = {ink: sheet.plate() for ink in soups}
    garnish = {ink: sheet.plate() for ink in ("#2f5a36", "#f7f1e2")}
    for index in range(40):
        row, column = divmod(index, 5)
        at = np.array([166 + column * 192, 392 + row * 160.0])
        shades.disc(at + (5, 8), 76)
        rims.disc(at, 74)
        fills[soups[int(rng.integers(len(soups)))]].disc(at, 60)
        ink = list(garnish)[int(rng.integers(2))]
        kind = rng.integers(3)
        for _ in range(int(rng.integers(3, 8))):
            spot = at + rng.uniform(-30, 30, 2)
            if kind == 0:
                garnish[ink].disc(spot, rng.uniform(4, 9))
            elif kind == 1:
                garnish[ink].line([spot, spot + rng.uniform(-16, 16, 2)], 5)
        if kind == 2:
            garnish[ink].line(arc(at, 30, rng.uniform(0, 90), rng.uniform(200, 330), count=30), 7)
    sheet.press(shades, "#8a6a55", cover=0.5, rough=0)
    sheet.press(rims, "#fbf6ea", over=True)
    for ink, plate in [*fills.items(), *garnish.items()]:
        sheet.press(plate, ink, over=True)
    _write(
        sheet, "#7a2620",
        ("Vierzig Suppen", "fraunces", 600, 132, 550, 206, "m", -1),
        ("Rosa Thielecke", "jost", 400, 44, 550, 284, "m", 1),
    )  # fmt: skip
    _imprint(sheet, "#7a2620", y=1690)


def _river_room(sheet: Sheet) -> None:
    """A window with a river in it; nothing else."""
    water = sheet.plate()
    water.rectangle(210, 560, 890, 1400)
    sheet.press(water, "#c4d8dc")
    waves = sheet.plate()
    for index, y in enumerate(np.linspace(760, 1380, 24)):
        x = np.linspace(210, 890, 120)
        rise = 16 * np.sin((x - 210) / (34 + index * 4) + index * 1.9) * (0.25 + index / 24)
        waves.line(np.column_stack([x, y + rise]), 3 + index * 0.24)
    sheet.press(waves, "#2f5f7c")
    sun = sheet.plate()
    sun.disc((690, 690), 58)
    sheet.press(sun, "#e8694a", over=True)
    bars = sheet.plate()
    for left, top, right, bottom in (
        (190, 540, 910, 562),
        (190, 1398, 910, 1422),
        (190, 540, 212, 1420),
        (888, 540, 910, 1420),
        (541, 540, 559, 1420),
        (150, 1420, 950, 1446),
    ):
        bars.rectangle(left, top, right, bottom)
    sheet.press(bars, "#23313f", over=True)
    _write(
        sheet, "#23313f",
        ("Zimmer mit Fluss", "garamond", 400, 124, 550, 286, "m", -1),
        ("Gedichte", "garamond-italic", 400, 58, 550, 372, "m", 0),
        ("Selma Wieland-Koch", "garamond", 400, 56, 550, 1576, "m", 1),
    )  # fmt: skip
    _imprint(sheet, "#23313f", y=1680)


def _last_carriage(sheet: Sheet) -> None:
    """Lit windows of a carriage, and their light on the embankment."""
    rng = np.random.default_rng(12)
    stars = sheet.plate()
    for _ in range(90):
        stars.disc(rng.uniform((40, 480), (1060, 1010)), float(rng.uniform(1.5, 4)))
    sheet.press(stars, "#cfd6de", over=True)
    bank, carriage, light, beam = (sheet.plate() for _ in range(4))
    bank.polygon(
        np.vstack(
            [
                bezier((-20, 1290), (300, 1270), (700, 1300), (1120, 1262)),
                [(1120, 1800), (-20, 1800)],
            ]
        )
    )
    _rounded(carriage, 130, 1010, 1400, 1252, 46)
    for index, x in enumerate(np.linspace(200, 1000, 6)):
        _rounded(light, x, 1062, x + 96, 1152, 12)
        beam.polygon([(x - 8, 1300), (x + 104, 1300), (x + 20 - 120, 1560), (x - 250, 1560)])
        if index in (1, 4):
            light.disc((x + 40, 1118), 19, 0)
            light.polygon([(x + 8, 1152), (x + 22, 1132), (x + 60, 1132), (x + 74, 1152)], 0)
    for x in (230, 330, 800, 900):
        carriage.disc((x, 1258), 30)
    sheet.press(bank, "#0f1826", over=True)
    fade = np.clip((1560 - np.arange(sheet.shape[0], dtype=np.float32)) / 260, 0, 1)[:, None]
    sheet.press(beam.mask() * fade, "#e9b84f", over=True, cover=0.35, rough=0)
    rails = sheet.plate()
    rails.line([(-20, 1290), (1120, 1290)], 7)
    sheet.press(rails, "#6d7785", over=True)
    sheet.press(carriage, "#7d2a2a", over=True)
    sheet.press(light, "#f4cf6b", over=True)
    _write(
        sheet, CREAM,
        ("Der letzte", "jost", 500, 150, 92, 250, "l", -2),
        ("Wagen", "jost", 500, 150, 92, 400, "l", -2),
        ("Arne Pohlisch", "garamond-italic", 400, 58, 96, 1612, "l", 0),
        ("Erzählungen", "garamond-italic", 400, 58, 96, 1676, "l", 0),
    )  # fmt: skip
    _imprint(sheet, CREAM, x=1010, anchor="r")


def _rounded(
    plate: Plate, left: float, top: float, right: float, bottom: float, radius: float
) -> None:
    corners: list[Points] = [
        arc((right - radius, bottom - radius), radius, 0, 90, count=12),
        arc((left + radius, bottom - radius), radius, 90, 180, count=12),
        arc((left + radius, top + radius), radius, 180, 270, count=12),
        arc((right - radius, top + radius), radius, 270, 360, count=12),
    ]
    plate.polygon(np.vstack(corners))


BOOKS = (
    Book("gedaechtnis-der-linden", ("Das Gedächtnis der Linden",), "Johanna Ebersbach", _lindens, "#1c4a37", CREAM, 30, seed=401),
    Book("kartenzeichnerin", ("Die Kartenzeichnerin",), "Mattis Quandt", _cartographer, "#cf5b3c", CREAM, 34, seed=402),
    Book("auwald", ("Im Auwald",), "Henrik Sallmann", _forest, "#efe9da", "#15352b", 24, "jost", 600, seed=403),
    Book("farbenkunde", ("Kleine Kunde der Farben",), "Ottilie Brandstätter", _colours, "#f4efe4", "#2a2724", 21, "garamond", 500, seed=404),
    Book("handsatz", ("Handsatz",), "Jakob Wendisch", _type, "#efe6d2", "#1d1c1c", 17, "fraunces", 800, seed=405),
    Book("vierzig-suppen", ("Vierzig Suppen",), "Rosa Thielecke", _soups, "#efc9a4", "#7a2620", 20, "fraunces", 600, seed=406),
    Book("zimmer-mit-fluss", ("Zimmer mit Fluss",), "Selma Wieland-Koch", _river_room, "#f2ede2", "#23313f", 13, "garamond", 400, seed=407),
    Book("letzter-wagen", ("Der letzte Wagen",), "Arne Pohlisch", _last_carriage, "#1b2a44", CREAM, 22, "jost", 500, seed=408),
)  # fmt: skip


def cover(book: Book) -> Image.Image:
    """The front cover."""
    sheet = Sheet(SIZE, paper=book.paper, seed=book.seed)
    book.draw(sheet)
    return sheet.image()


def spine(book: Book) -> Image.Image:
    """The spine, as wide as the book is thick; the title reads from top to bottom."""
    height, width = SIZE[1], round(book.depth / 205 * SIZE[1])
    sheet = Sheet((height, width), paper=book.paper, seed=book.seed + 50)
    points = min(width * 0.40, 74)
    middle = width / 2 + points * 0.30
    lines = [
        (book.title[0], book.family, book.weight, points, 110, middle, "l", 0),
        (book.author, "jost", 400, points * 0.62, height - 250, middle - points * 0.06, "r", 0),
    ]
    sheet.press(
        fonts.text_mask((height, width), lines),
        book.spine_ink,
        over=True,
        rough=0,
        wear=0.001,
        cover=1,
    )
    mark = sheet.plate()
    mark.polygon(place(_leaf_outline(12), at=(height - 168, width / 2), scale=min(width * 0.5, 70)))
    sheet.press(mark, book.spine_ink, over=True, rough=0)
    return sheet.image().rotate(-90, expand=True)
