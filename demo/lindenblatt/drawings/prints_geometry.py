"""The five geometric prints: arcs, discs, stairs, halftone dots and ruled surfaces."""

import numpy as np
from PIL import Image

from .ink import Plate, Sheet
from .shapes import Points, arc, sector, turn

RED, OCHRE, BLUE, BLACK = "#c9452c", "#dca43c", "#20406a", "#24211f"
GREEN, PINK, PAPER = "#2f5d48", "#e9b9a6", "#f3ede0"

#: The arcs, row by row. A letter is a shape (see ``_cell``), a digit its quarter turn, then its ink.
ARCS = (
    "Q2r Q3r R0b H1o",
    "Q1r S0k R1b H3o",
    "R3g R2o Q2k D0r",
    "R0g R1o Q1k Q0k",
    "H0b T0k R2r R3r",
    "H2b T1o R1r R0r",
)
CELL, LEFT, TOP = 360, 130, 120


def arcs(scale: float = 1) -> Image.Image:
    """„Bogen und Takt“: quarter circles on a grid of four by six."""
    sheet = Sheet(paper=PAPER, seed=101, scale=scale)
    plates: dict[str, Plate] = {ink: sheet.plate() for ink in "robgk"}
    for row, line in enumerate(ARCS):
        for column, cell in enumerate(line.split()):
            kind, turns, ink = list(cell)
            corner = (LEFT + column * CELL, TOP + row * CELL)
            _cell(plates[ink], kind, int(turns), corner)
    inks = {"r": RED, "o": OCHRE, "b": BLUE, "g": GREEN, "k": BLACK}
    shifts = {"r": (2, -1), "o": (-2, 2), "b": (0, 0), "g": (1, 2), "k": (-1, 0)}
    for ink in "orgbk":
        sheet.press(plates[ink], inks[ink], shift=shifts[ink])
    return sheet.image()


def _cell(plate: Plate, kind: str, turns: int, corner: tuple[float, float]) -> None:
    """Quarter disc, Rings, Half disc, Disc, Square with hole or Triangle, in one cell."""
    size = CELL
    middle = (corner[0] + size / 2, corner[1] + size / 2)
    pivot = (corner[0], corner[1])

    def put(points: Points, fill: int = 255) -> None:
        plate.polygon(turn(points, 90 * turns, about=middle), fill)

    square = np.array([(0, 0), (size, 0), (size, size), (0, size)], float) + corner
    if kind == "Q":
        put(sector(pivot, 0, size, 0, 90))
    elif kind == "R":
        for outer in (size, size * 0.72, size * 0.44, size * 0.16):
            put(sector(pivot, max(outer - size * 0.14, 0), outer, 0, 90))
    elif kind == "H":
        put(sector((corner[0], middle[1]), 0, size / 2, -90, 90))
        put(sector((corner[0], middle[1]), 0, size / 5, -90, 90), 0)
    elif kind == "D":
        put(arc(middle, size * 0.34, 0, 360))
    elif kind == "S":
        put(square)
        put(arc(middle, size * 0.27, 0, 360), 0)
    else:
        put(square[[0, 1, 3]])


def discs(scale: float = 1) -> Image.Image:
    """„Drei Scheiben“: three transparent inks whose overlaps make four more colours."""
    sheet = Sheet(paper="#f4efe3", seed=102, scale=scale)
    places = (
        ((650, 830), 500, "#e0563f"),
        ((1070, 1130), 500, "#3f7fa6"),
        ((690, 1560), 430, OCHRE),
    )
    for index, (centre, radius, ink) in enumerate(places):
        plate = sheet.plate()
        plate.disc(centre, radius)
        _slats(plate, centre, radius, from_above=index == 1)
        sheet.press(plate, ink, shift=(3 * index - 3, 2 * index), wear=0.02)
    line = sheet.plate()
    line.rectangle(1360, 300, 1372, 2100)
    line.disc((1366, 300), 34)
    sheet.press(line, BLACK)
    return sheet.image()


def _slats(plate: Plate, centre: tuple[float, float], radius: float, *, from_above: bool) -> None:
    """Cut stripes that grow away from the middle into one half of a disc."""
    y, gap, direction = 0.0, 5.0, -1 if from_above else 1
    while y < radius:
        edges = sorted((centre[1] + direction * y, centre[1] + direction * (y + gap)))
        plate.rectangle(0, edges[0], 1700, edges[1], 0)
        y += 34 + gap * 0.25
        gap *= 1.24


def stairs(scale: float = 1) -> Image.Image:
    """„Treppenhaus“: an isometric block of flights, landings and gates in four tones."""
    sheet = Sheet(paper="#efe3d0", seed=103, scale=scale)
    tones = {name: sheet.plate() for name in ("top", "left", "right", "dark")}
    _sun(sheet)
    heights = np.array(
        [
            [16, 15, 14, 13, 12, 11, 10],
            [16, 17, 9, 9, 9, 9, 9],
            [16, 17, 5, 5, 5, 5, 8],
            [16, 17, 5, 13, 4, 4, 7],
            [1, 2, 3, 4, 4, 3, 6],
            [1, 0, 0, 0, 0, 0, 5],
            [1, 0, 1, 2, 3, 4, 4],
        ]
    )
    for i in range(7):
        for j in range(7):
            _column(tones, i, j, int(heights[i, j]))
    sheet.press(tones["top"], "#f3d9b8", over=True, rough=0.1)
    sheet.press(tones["left"], "#d9765a", over=True, rough=0.1)
    sheet.press(tones["right"], "#8e2f2c", over=True, rough=0.1, shift=(1, 1))
    sheet.press(tones["dark"], "#2b2338", over=True, rough=0.1)
    return sheet.image()


def _sun(sheet: Sheet) -> None:
    """The ground colour and the disc behind the building."""
    ground = sheet.plate()
    ground.rectangle(110, 110, 1590, 2290)
    sheet.press(ground, "#7fa3a1", rough=0.4)
    sun = sheet.plate()
    sun.disc((1230, 560), 210)
    sheet.press(sun, "#f0c469", over=True)


def _column(tones: dict[str, Plate], i: int, j: int, height: int) -> None:
    """One column of the building; later columns hide earlier ones."""
    half, rise, unit = 100, 50, 62
    x, y = 850 + (j - i) * half, 1440 + (i + j) * rise
    top = y - height * unit
    base = y + 2 * rise + 60
    faces = {
        "left": [(x - half, top + rise), (x, top + 2 * rise), (x, base), (x - half, base - rise)],
        "right": [(x, top + 2 * rise), (x + half, top + rise), (x + half, base - rise), (x, base)],
        "top": [(x, top), (x + half, top + rise), (x, top + 2 * rise), (x - half, top + rise)],
    }
    for name, face in faces.items():
        for other, plate in tones.items():
            plate.polygon(face, 255 if other == name else 0)
    if height >= 4 and (i * 3 + j * 5) % 4 == 1:
        _gate(tones, (x, top + 2 * rise + 60), left=(i + j) % 2 == 0)


def _gate(tones: dict[str, Plate], at: tuple[float, float], *, left: bool) -> None:
    """A dark arched window in the left or right face, sheared like the face."""
    outline = np.vstack([arc((50, 40), 24, 180, 360), [(74, 118), (26, 118)]])
    slope = 0.5 if left else -0.5
    x = outline[:, 0] - 100 if left else outline[:, 0]
    points = np.column_stack([x + at[0], outline[:, 1] + at[1] + slope * x])
    for name, plate in tones.items():
        plate.polygon(points, 255 if name == "dark" else 0)


def dots(scale: float = 1) -> Image.Image:
    """„Rasterpunkt“: two spheres in halftone, their screens turned against each other."""
    sheet = Sheet(paper=PAPER, seed=104, scale=scale)
    for centre, radius, angle, ink in (
        ((720, 960), 540, 15, "#d8482e"),
        ((980, 1440), 540, 45, "#1f4f86"),
    ):
        plate = sheet.plate()
        _halftone(plate, centre, radius, angle)
        sheet.press(plate, ink, wear=0.006)
    return sheet.image()


def _halftone(plate: Plate, centre: tuple[float, float], radius: float, angle: float) -> None:
    """Dots on a turned grid whose size follows the shading of a lit sphere."""
    pitch = 30.0
    count = int(radius / pitch) + 2
    light = np.array([-0.45, -0.62, 0.64])
    for i in range(-count, count + 1):
        for j in range(-count, count + 1):
            x, y = turn(np.array([[i * pitch, j * pitch]]), angle)[0]
            depth = 1 - (x * x + y * y) / radius**2
            if depth <= 0:
                continue
            normal = np.array([x / radius, y / radius, np.sqrt(depth)])
            shade = 1 - max(float(normal @ light), 0) ** 0.9
            size = pitch * 0.66 * np.sqrt(np.clip(shade, 0.015, 1))
            plate.disc((centre[0] + x, centre[1] + y), float(size))


def threads(scale: float = 1) -> Image.Image:
    """„Fadenlage“: threads between two rings, twisted three times: hyperboloids of one sheet."""
    sheet = Sheet(paper="#16283f", seed=105, scale=scale)
    for ink, twist, count, spread in (
        ("#8fbcb2", 172, 150, 0.62),
        ("#e8775a", -118, 132, 0.86),
        ("#f2d9a8", 96, 132, 1.0),
    ):
        plate = sheet.plate()
        angles = np.linspace(0, 360, count, endpoint=False)
        upper, lower = _ring(420, spread, angles + 8), _ring(1980, spread, angles + 8 + twist)
        for start, end in zip(upper, lower, strict=True):
            plate.line([start, end], 2.4)
        for level in (420, 1980):
            plate.line(_ring(level, spread, np.linspace(0, 360, 200)), 5)
        sheet.press(plate, ink, over=True, rough=0.08, wear=0.001, cover=0.9)
    return sheet.image()


def _ring(level: float, spread: float, angles: Points) -> Points:
    """Points on a horizontal ring seen from slightly above."""
    a = np.radians(angles)
    return np.column_stack([850 + 560 * spread * np.cos(a), level + 120 * spread * np.sin(a)])
