"""The four maps and landscapes: contour lines, meanders, a town plan and ridges in the mist."""

import numpy as np
from PIL import Image

from . import noise, terrain
from .ink import LANDSCAPE, Plate, Sheet
from .shapes import Pair, Points, arc, bezier, place, ribbon, spline

PAPER = "#f3ecdc"
#: The printed area of the portrait maps.
FRAME = (130, 130, 1570, 2270)


def _inside(sheet: Sheet, frame: tuple[float, float, float, float] = FRAME) -> np.ndarray:
    plate = sheet.plate()
    plate.rectangle(*frame)
    return plate.mask()


def _neat_line(sheet: Sheet, ink: str) -> None:
    """The double frame of a map sheet."""
    plate = sheet.plate()
    left, top, right, bottom = FRAME
    for gap, width in ((0, 5), (22, 2)):
        corners = [
            (left - gap, top - gap),
            (right + gap, top - gap),
            (right + gap, bottom + gap),
            (left - gap, bottom + gap),
        ]
        plate.line([*corners, corners[0], corners[1]], width)
    sheet.press(plate, ink, over=True, rough=0.1)


def contours(scale: float = 1) -> Image.Image:
    """„Höhenlinien“: an invented massif with shaded slopes, contour lines and a lake."""
    sheet = Sheet(paper=PAPER, seed=301, scale=scale)
    inside = _inside(sheet)
    height = _resized(terrain.mountains((1200, 850), np.random.default_rng(3017)), sheet.shape)
    water = height < 0.135
    shade = terrain.hill_shade(height, relief=300 * scale)
    for low, high, ink in ((0.0, 0.34, "#c6d0ae"), (0.26, 0.62, "#e9d5a6"), (0.55, 1.0, "#e3b48c")):
        middle, half = (low + high) / 2, (high - low) / 2
        band = np.clip(1.4 - np.abs(height - middle) / half * 1.4, 0, 1) ** 0.8
        sheet.press(inside * band * ~water * 0.9, ink, rough=0, wear=0)
    dark = np.clip(0.66 - shade, 0, 1) * 0.95
    sheet.press(inside * dark * ~water, "#5f6f7d", rough=0, cover=0.95)
    sheet.press(inside * noise.step(0.145, 0.13, height), "#9cc0c9", shift=(2, 2), rough=0.1)
    fine = terrain.contours(height, 0.0225, 1.7 * scale) * ~water
    index = terrain.contours(height, 0.1125, 4.0 * scale) * ~water
    sheet.press(inside * np.maximum(fine * 0.8, index), "#7a3f2c", rough=0.15, wear=0.003)
    shore = terrain.contours(height - 0.1375, 10, 4.5 * scale)
    sheet.press(inside * shore, "#2d5a75", rough=0.1)
    _peaks(sheet, height)
    _neat_line(sheet, "#3a2b25")
    return sheet.image()


def _resized(field: noise.Field, shape: tuple[int, int]) -> noise.Field:
    image = Image.fromarray(field).resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
    return np.asarray(image, dtype=np.float32)


def _peaks(sheet: Sheet, height: noise.Field) -> None:
    """Small triangles on the highest summits, well apart."""
    plate, free = sheet.plate(), height.copy()
    radius = int(190 * sheet.scale)
    for _ in range(7):
        row, column = np.unravel_index(int(np.argmax(free)), free.shape)
        x, y = column / sheet.scale, row / sheet.scale
        if 180 < x < 1520 and 180 < y < 2220:
            plate.polygon([(x, y - 17), (x + 15, y + 10), (x - 15, y + 10)])
        free[max(row - radius, 0) : row + radius, max(column - radius, 0) : column + radius] = 0
    sheet.press(plate, "#2b211d", over=True, rough=0.1)


def meanders(scale: float = 1) -> Image.Image:
    """„Mäander“: the courses of a river over the centuries, the oldest palest, today's darkest."""
    sheet = Sheet(paper=PAPER, seed=302, scale=scale)
    inside = _inside(sheet)
    courses = terrain.meander(10, np.random.default_rng(77))
    inks = (
        "#e6d3a8",
        "#c9d2ae",
        "#e7bfa3",
        "#b7cbc4",
        "#e3c77f",
        "#d99a80",
        "#a9bfa0",
        "#7fa9b0",
        "#c97159",
        "#1e4a5f",
    )
    for index, (course, ink) in enumerate(zip(courses, inks[-len(courses) :], strict=True)):
        plate = sheet.plate()
        last = index == len(courses) - 1
        for point in course[::2] * 2400:
            plate.disc(point, 24 if last else 31)
        sheet.press(
            inside * plate.mask(), ink, over=True, cover=0.95, shift=((0, 0), (2, 1))[index % 2]
        )
    _neat_line(sheet, "#1e4a5f")
    return sheet.image()


def town(scale: float = 1) -> Image.Image:
    """„Schwarzplan“: an invented town of perimeter blocks, with a ring, parks and a river."""
    sheet = Sheet(paper=PAPER, seed=303, scale=scale)
    rng = np.random.default_rng(33)
    houses, park, water = sheet.plate(), sheet.plate(), sheet.plate()
    page = np.array([(60, 60), (1640, 60), (1640, 2340), (60, 2340)], float)
    centre = np.array([900.0, 1080.0])
    for block in terrain.town_blocks(page, rng, smallest=11500):
        middle = block.outline.mean(axis=0)
        if np.hypot(*(middle - centre)) > 385:
            _perimeter_block(houses, park, block, rng)
    _old_town(houses, centre, rng)
    _green_belt(houses, park, centre)
    _river(houses, park, water)
    for start, end in (
        ((900, 1080), (1700, 260)),
        ((900, 1080), (40, 560)),
        ((900, 1080), (1500, 2400)),
        ((900, 1080), (420, 2400)),
        ((900, 1080), (1700, 1240)),
    ):
        way = np.asarray(end, float) - start
        inner = np.asarray(start, float) + way / np.hypot(*way) * 330
        houses.line([inner, end], 26, 0)
    inside = _inside(sheet)
    sheet.press(inside * park.mask(), "#a9bd93", shift=(3, 2))
    sheet.press(inside * water.mask(), "#8db6c4", shift=(-2, 2))
    sheet.press(inside * houses.mask(), "#22262d", rough=0.3)
    _landmarks(sheet, centre)
    return sheet.image()


def _perimeter_block(
    houses: Plate, park: Plate, block: terrain.Block, rng: np.random.Generator
) -> None:
    """Houses along the four streets of a block, with gaps, wings and a courtyard."""
    if rng.random() < 0.055:
        park.polygon(block.outline)
        return
    outline = terrain.inset(block.outline, 3)
    if not len(outline):
        return
    houses.polygon(outline)
    court = terrain.inset(outline, rng.uniform(15, 21))
    if len(court):
        houses.polygon(court, 0)
        for _ in range(int(block.area / 2600)):
            edge = int(rng.integers(len(outline)))
            a, b = outline[edge], outline[(edge + 1) % len(outline)]
            at = a + (b - a) * rng.uniform(0.15, 0.85)
            inwards = court.mean(axis=0) - at
            end = at + inwards * rng.uniform(0.45, 0.8)
            houses.stroke(np.vstack([at, end]), rng.uniform(9, 16))
    for _ in range(int(rng.integers(0, 3))):
        edge = int(rng.integers(len(outline)))
        a, b = outline[edge], outline[(edge + 1) % len(outline)]
        at = a + (b - a) * rng.uniform(0.2, 0.8)
        houses.stroke(
            np.vstack([at, at + (court.mean(axis=0) - at) * 0.5 if len(court) else b]),
            rng.uniform(6, 16),
            0,
        )


def _old_town(houses: Plate, centre: Points, rng: np.random.Generator) -> None:
    """Small crooked blocks inside the ring, round a market square."""
    circle = arc(centre, 315, 0, 360, count=22) * (1, 1)
    for block in terrain.town_blocks(circle + rng.normal(0, 10, circle.shape), rng, smallest=3600):
        outline = terrain.inset(block.outline, 2)
        if not len(outline):
            continue
        houses.polygon(outline)
        if block.area > 3000:
            court = terrain.inset(outline, 15)
            if len(court):
                houses.polygon(court, 0)
    square = np.array([(-70, -52), (78, -44), (70, 60), (-76, 52)]) + centre
    houses.polygon(square, 0)


def _green_belt(houses: Plate, park: Plate, centre: Points) -> None:
    for inner, outer in ((322, 372),):
        band = arc(centre, (inner + outer) / 2, 0, 360, count=140)
        houses.line(band, outer - inner + 20, 0)
        park.line(band, outer - inner)
    for angle in range(8, 360, 40):
        spoke = np.radians(angle)
        way = np.array([np.cos(spoke), np.sin(spoke)])
        park.line([centre + way * 310, centre + way * 390], 18, 0)


def _river(houses: Plate, park: Plate, water: Plate) -> None:
    course = spline(
        [
            (240, -40),
            (330, 330),
            (250, 700),
            (330, 1080),
            (230, 1450),
            (360, 1800),
            (300, 2120),
            (420, 2440),
        ]
    )
    meadow = spline(
        [
            (230, -40),
            (300, 330),
            (215, 700),
            (280, 1080),
            (190, 1450),
            (310, 1800),
            (260, 2120),
            (370, 2440),
        ]
    )
    houses.polygon(ribbon(meadow, [150, 230, 330, 210, 170, 260, 180]), 0)
    park.polygon(ribbon(meadow, [130, 210, 310, 190, 150, 240, 160]))
    park.line(course, 62, 0)
    water.line(course, 46)
    canal = spline([(300, 900), (560, 1620), (900, 1700), (1240, 1640), (1760, 1760)])
    houses.line(canal, 44, 0)
    park.line(canal, 40, 0)
    water.line(canal, 20)
    for y, half in ((330, 90), (1080, 100), (1800, 120)):
        houses.line([(300 - half, y), (300 + half, y + 24)], 12)


def _landmarks(sheet: Sheet, centre: Points) -> None:
    """The church on the market, and the railway with its terminus, in red."""
    plate = sheet.plate()
    church = np.array(
        [
            (-16, -46),
            (16, -46),
            (16, -10),
            (40, -10),
            (40, 14),
            (16, 14),
            (16, 52),
            (-16, 52),
            (-16, 14),
            (-40, 14),
            (-40, -10),
            (-16, -10),
        ]
    )
    plate.polygon(place(church, at=centre + (4, 4), degrees=12))
    fan = [
        bezier((1180, 610 + 9 * k), (1300, 560 + 8 * k), (1480, 380 + 5 * k), (1760, 210 + 4 * k))
        for k in range(-4, 5)
    ]
    ground = sheet.plate()
    for track in fan:
        ground.line(track, 13)
    hall = place(
        np.array([(-46, -62), (46, -62), (46, 62), (-46, 62)]), at=(1140, 618), degrees=-18
    )
    ground.polygon(
        place(np.array([(-62, -78), (62, -78), (62, 78), (-62, 78)]), at=(1140, 618), degrees=-18)
    )
    inside = _inside(sheet)
    sheet.press(inside * ground.mask(), PAPER, over=True, cover=1, rough=0, wear=0)
    for track in fan:
        plate.line(track, 2.6)
    plate.polygon(hall)
    sheet.press(inside * plate.mask(), "#c8402b", over=True, rough=0.15)


def ridges(scale: float = 1) -> Image.Image:
    """„Kammlinien“: nine ridges in the morning mist, in landscape format."""
    sheet = Sheet(LANDSCAPE, paper="#f6ead8", seed=304, scale=scale)
    rng = np.random.default_rng(34)
    fall = np.linspace(1, 0, sheet.shape[0], dtype=np.float32)[:, None] * np.ones(
        sheet.shape, np.float32
    )
    sheet.press(0.5 * fall, "#f0b08e", rough=0, wear=0)
    sun = sheet.plate()
    sun.disc((1610, 500), 165)
    sheet.press(sun, "#e2583b", over=True)
    inks = (
        "#e3c3ad",
        "#cdb6ab",
        "#b3aaa8",
        "#94a09f",
        "#748f90",
        "#54797c",
        "#3a6165",
        "#264a50",
        "#15343a",
    )
    for index, ink in enumerate(inks):
        share = index / (len(inks) - 1)
        outline = _ridge(
            rng, base=640 + 940 * share**1.25, rise=150 + 130 * share, detail=5 + index
        )
        plate = sheet.plate()
        plate.polygon(np.vstack([outline, [(2500, 1800), (-100, 1800)]]))
        if index >= 6:
            _firs(plate, outline, rng, size=26 + 26 * (index - 6))
        mist = _mist(sheet, outline, depth=300 - 20 * index)
        sheet.press(plate.mask() * mist, ink, over=True, rough=0.2, cover=1)
    margin = 1 - _inside(sheet, (110, 110, 2290, 1590))
    sheet.press(margin, "#f6ead8", over=True, cover=1, rough=0, wear=0)
    return sheet.image()


def _ridge(rng: np.random.Generator, *, base: float, rise: float, detail: int) -> Points:
    x = np.linspace(-60, 2460, 1200)
    rough = noise.curve(1200, max(detail // 2, 2), rng, octaves=7)
    steep = np.abs(noise.curve(1200, 3, rng, octaves=2) - 0.5) * 2
    return np.column_stack([x, base - rise * (0.9 * rough + 0.75 * steep) + 90])


def _mist(sheet: Sheet, outline: Points, *, depth: float) -> noise.Field:
    """Ink that thins out below the ridge's edge, where the mist lies."""
    columns = np.arange(sheet.shape[1]) / sheet.scale
    edge = np.interp(columns, outline[:, 0], outline[:, 1])
    rows = np.arange(sheet.shape[0])[:, None] / sheet.scale
    below = np.clip((rows - edge[None]) / depth, 0, 1)
    return (1 - 0.38 * below**1.2).astype(np.float32)


def _firs(plate: Plate, outline: Points, rng: np.random.Generator, *, size: float) -> None:
    """Firs along a near ridge."""
    at: Pair
    for at in outline[:: max(int(9 - size / 12), 3)]:
        if rng.random() < 0.35:
            continue
        tall, wide = size * rng.uniform(0.9, 2.1), size * rng.uniform(0.32, 0.5)
        foot = np.asarray(at) + (rng.normal(0, 4), 12)
        for tier in range(4):
            top = foot[1] - tall * (1 - tier * 0.22)
            half = wide * (0.3 + 0.24 * tier)
            plate.polygon(
                [
                    (foot[0], top),
                    (foot[0] + half, top + tall * 0.36),
                    (foot[0] - half, top + tall * 0.36),
                ]
            )
        plate.line([foot, foot + (0, 12)], 4)
