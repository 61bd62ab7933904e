"""The five botanical prints: linden, fern, ginkgo, poppies and meadow grasses."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from . import noise
from .ink import Plate, Sheet
from .shapes import Pair, Points, along, arc, bezier, place, ribbon, spline, turn

DEEP, MOSS, RED, OCHRE = "#1f4a38", "#7c9a6a", "#c8402b", "#d9a441"


def linden(scale: float = 1) -> Image.Image:
    """„Lindenzweig“: three leaves and the winged fruit, cut from paper and printed in four inks."""
    sheet = Sheet(paper="#f4eee1", seed=201, scale=scale)
    light, dark, twig, fruit = (sheet.plate() for _ in range(4))
    branch = bezier((1560, 110), (1380, 300), (1150, 470), (760, 500), (500, 600), count=90)
    twig.stroke(branch, [34, 27, 20, 11])
    leaves = (((500, 600), 800, 96), ((1090, 430), 680, 60), ((1290, 1330), 600, 98))
    second = bezier((1440, 228), (1700, 640), (1640, 1120), (1290, 1330))
    twig.stroke(second, [18, 13, 9])
    for base, size, degrees in leaves:
        _linden_leaf(light, dark, twig, base, size, degrees)
    _linden_fruit(fruit, twig, (800, 500))
    sheet.press(light, MOSS, shift=(-4, 3))
    sheet.press(dark, DEEP)
    sheet.press(fruit, OCHRE, shift=(2, 2))
    sheet.press(twig.mask() * (1 - dark.mask()), "#4b3327", over=True)
    return sheet.image()


def _leaf_outline(teeth: int = 26) -> Points:
    """A heart-shaped, toothed leaf of length 1 along x, its base at the origin."""
    t = np.linspace(0, 1, 700)
    body = 0.50 * np.sin(np.pi * t**0.62) ** 0.86 * (1 - 0.42 * t**2.2)
    tip = 0.06 * np.exp(-(((t - 0.93) / 0.05) ** 2))
    edge = np.maximum(body - tip, 0)
    phase = (t * teeth) % 1
    tooth = 0.022 * (phase**0.7) * (t > 0.03) * (t < 0.97) * (1 - t) ** 0.3
    x = t * 1.06 - 0.16 * (1 - t) ** 5 * (edge > 0.05)
    upper = np.column_stack([x + tooth * 0.8, -(edge * 1.05 + tooth)])
    lower = np.column_stack([x + tooth * 0.8, edge * 0.93 + tooth])
    lobe = 0.13 * np.exp(-((t / 0.13) ** 2))
    upper[:, 0] -= lobe * np.minimum(edge / 0.12, 1)
    lower[:, 0] -= lobe * 0.75 * np.minimum(edge / 0.12, 1)
    return np.vstack([upper, lower[::-1]])


def _linden_leaf(
    light: Plate, dark: Plate, twig: Plate, base: Pair, size: float, degrees: float
) -> None:
    """Both inks of one leaf: a light one below, a dark one with the veins cut out."""
    stalk_end = np.asarray(base) + 0.2 * size * _heading(degrees)
    twig.stroke(bezier(base, (np.asarray(base) + stalk_end) / 2 + (8, 0), stalk_end), [12, 7])

    def put(points: Points) -> Points:
        return place(points, at=stalk_end, scale=size, degrees=degrees)

    outline = _leaf_outline()
    light.polygon(put(outline))
    dark.polygon(put(outline * 0.975 + (0.012, 0)))
    middle = bezier((0, 0), (0.4, 0.02), (0.75, -0.02), (1.02, 0.0), count=80)
    dark.polygon(put(ribbon(middle, [0.026, 0.02, 0.012, 0.004])), 0)
    for side in (-1, 1):
        for index, start in enumerate((0.015, 0.09, 0.2, 0.31, 0.42, 0.53, 0.64, 0.75)):
            _side_vein(dark, put, start, index, side)
    # The lower half is hatched in the light ink, as if it lay in the shade.
    for k in range(58):
        x = 0.04 + k * 0.0165
        reach = 0.44 * np.sin(np.pi * min(x, 1) ** 0.62) ** 0.86 * (1 - 0.42 * x**2.2)
        if k % 2:
            path = bezier((x, 0.028), (x + 0.05, reach * 0.5), (x + 0.13, reach * 0.86))
            dark.polygon(put(ribbon(path, [0.001, 0.006, 0.001])), 0)


def _side_vein(
    plate: Plate, put: Callable[[Points], Points], start: float, index: int, side: int
) -> None:
    """A side vein with its own branches towards the margin."""
    angle = np.radians((118, 82, 58, 50, 46, 43, 41, 38)[index])
    reach = (0.40, 0.47, 0.50, 0.47, 0.41, 0.34, 0.255, 0.16)[index]
    end = np.array([start + reach * np.cos(angle), side * reach * np.sin(angle)])
    bend = (np.array([start, 0]) + end) / 2 + np.array([-0.015, side * 0.045])
    vein = bezier((start, 0), bend, end)
    plate.polygon(put(ribbon(vein, [0.015, 0.010, 0.003])), 0)
    for share in (0.35, 0.52, 0.68, 0.82):
        point, heading = along(vein, share)
        length = 0.15 * (1 - share) + 0.03
        turned = np.radians(heading + side * 38)
        tip = point + length * np.array([np.cos(turned), np.sin(turned)])
        plate.polygon(
            put(ribbon(bezier(point, (point + tip) / 2, tip, count=12), [0.007, 0.002])), 0
        )


def _heading(degrees: float) -> Points:
    a = np.radians(degrees)
    return np.array([np.cos(a), np.sin(a)])


def _linden_fruit(plate: Plate, twig: Plate, base: Pair) -> None:
    """The narrow bract with its hanging balls."""
    stem = bezier(base, (900, 900), (930, 1400), (930, 1760), count=80)
    twig.stroke(stem, [9, 6])
    outer = bezier((872, 960), (1010, 1180), (1060, 1420), (990, 1640))
    inner = bezier((990, 1640), (850, 1500), (800, 1200), (872, 960))
    plate.polygon(np.vstack([outer, inner]))
    plate.stroke(bezier((875, 980), (925, 1250), (960, 1450), (985, 1600)), [8, 3], 0)
    for dx, dy, radius in ((-150, 330, 44), (-30, 420, 52), (110, 350, 46), (20, 250, 36)):
        start, end = np.array([930, 1755]), np.array([930 + dx, 1755 + dy])
        twig.stroke(bezier(start, (start + end) / 2 + (dx * 0.3, 30), end), [7, 5])
        plate.disc(end, radius)
        plate.stroke(arc(end, radius * 0.62, 20, 130), [2, 7, 2], 0)


def fern(scale: float = 1) -> Image.Image:
    """„Farn bei Nacht“: three fronds carved into a dark block, with the marks of the gouge."""
    sheet = Sheet(paper="#f1ecdd", seed=202, scale=scale)
    rng = np.random.default_rng(2020)
    block = sheet.plate()
    border = spline(_wobble([(120, 120), (1580, 115), (1585, 2280), (115, 2285)], rng), closed=True)
    block.polygon(border)
    _gouge_marks(block, rng)
    stems = (
        ([(930, 2290), (880, 1700), (800, 900), (960, 230)], 430),
        ([(860, 2290), (740, 1800), (420, 1450), (260, 1010)], 300),
        ([(1000, 2290), (1130, 1900), (1380, 1640), (1450, 1160)], 290),
    )
    for control, reach in stems:
        _frond(block, bezier(*control, count=160), reach)
    _crozier(block, (560, 1960))
    _crozier(block, (1210, 2060), mirror=True)
    sheet.press(block, "#17402f", rough=0.5, wear=0.012)
    return sheet.image()


def _wobble(corners: list[Pair], rng: np.random.Generator) -> Points:
    """Points along straight edges, a little off, as a hand-cut block has them."""
    points = []
    for a, b in zip(corners, [*corners[1:], corners[0]], strict=True):
        for t in np.linspace(0, 1, 9):
            points.append(np.asarray(a) * (1 - t) + np.asarray(b) * t + rng.normal(0, 2.5, 2))
    return np.asarray(points)


def _gouge_marks(plate: Plate, rng: np.random.Generator) -> None:
    """Short cuts that follow a slow field of directions, denser towards the top."""
    for _ in range(420):
        at = rng.uniform((170, 170), (1530, 2240))
        if rng.random() < (at[1] - 150) / 2600:
            continue
        angle = np.radians(90 + 35 * np.sin(at[0] / 330) + 25 * np.cos(at[1] / 410))
        length = rng.uniform(24, 62)
        end = at + length * np.array([np.cos(angle), np.sin(angle)])
        plate.stroke(
            bezier(at, (at + end) / 2 + rng.normal(0, 3, 2), end, count=8),
            [1, rng.uniform(3, 6), 1],
            0,
        )


def _frond(plate: Plate, stem: Points, reach: float) -> None:
    """A frond: leaflets in two rows, each with two rows of lobes."""
    plate.stroke(stem, [16, 10, 4], 0)
    for index, share in enumerate(np.linspace(0.15, 0.985, 56 if reach > 400 else 40)):
        side = 1 if index % 2 else -1
        point, heading = along(stem, share)
        grow = np.sin(np.pi * min((share - 0.08) / 0.9, 1) ** 0.75) ** 0.8
        length = reach * max(grow, 0.03) * (1.05 - 0.35 * share)
        tilt = heading + side * (78 - 30 * share)
        start = _heading(tilt)
        bend = point + 0.6 * length * start
        tip = point + length * (start * 0.92 + 0.30 * _heading(heading))
        _leaflet(plate, bezier(point, bend, tip, count=40), length)


def _leaflet(plate: Plate, axis: Points, length: float) -> None:
    plate.stroke(axis, [5, 2], 0)
    lobes = max(int(length / 17), 3)
    for k in range(lobes):
        share = (k + 0.6) / (lobes + 0.4)
        point, heading = along(axis, share)
        size = min(0.11 * length, 27) * (1 - share) ** 0.6 + 5
        for side in (-1, 1):
            lobe = np.array(
                [(0, -3.2), (0.45, -4.2), (0.9, -2.2), (1, 0), (0.8, 2.4), (0.35, 3.6), (0, 2.6)]
            )
            shape = spline(lobe * (size, min(size / 9, 2.1)), closed=True, steps=5)
            plate.polygon(place(shape, at=point, degrees=heading + side * 62), 0)


def _crozier(plate: Plate, at: Pair, *, mirror: bool = False) -> None:
    """A young frond, still rolled up."""
    t = np.linspace(0, 1, 160)
    radius = 92 * (1 - t) ** 0.9 + 6
    angle = np.radians(180 + 760 * t) * (-1 if mirror else 1) + (np.pi if mirror else 0)
    spiral = np.column_stack([at[0] + radius * np.cos(angle), at[1] - 60 + radius * np.sin(angle)])
    foot = np.array([at[0] + (40 if mirror else -40), 2284])
    stalk = bezier(foot, foot + (0, -160), spiral[0] + (0, 160), spiral[0], count=40)
    plate.stroke(np.vstack([stalk, spiral[2:]]), [20, 18, 17, 13, 7], 0)


def ginkgo(scale: float = 1) -> Image.Image:
    """„Ginkgo, Oktober“: leaves falling through the night, in opaque ochre on blue."""
    sheet = Sheet(paper="#1d3147", seed=203, scale=scale)
    rng = np.random.default_rng(23)
    inks = ("#e0ae45", "#eec66b", "#c98f33", "#f0d89a")
    leaves = (
        ((1200, 430), 430, 205, 0), ((500, 640), 330, 150, 1), ((1420, 1130), 280, 250, 2),
        ((830, 1090), 440, 190, 1), ((270, 1290), 230, 130, 3), ((1150, 1560), 400, 165, 0),
        ((520, 1680), 360, 215, 2), ((1400, 1960), 240, 140, 3), ((860, 2060), 330, 185, 1),
        ((270, 2090), 200, 230, 0), ((930, 250), 190, 120, 2), ((260, 330), 180, 200, 3),
    )  # fmt: skip
    plates = [sheet.plate() for _ in inks]
    for at, size, degrees, place_of_ink in leaves:
        _ginkgo_leaf(plates[place_of_ink], at, size, degrees, rng)
    for plate, ink in zip(plates, inks, strict=True):
        sheet.press(plate, ink, over=True, rough=0.3)
    return sheet.image()


def _ginkgo_leaf(
    plate: Plate, at: Pair, size: float, degrees: float, rng: np.random.Generator
) -> None:
    """A fan with a notch, its stalk, and veins that fork towards the margin."""
    spread = rng.uniform(66, 80)
    angles = np.linspace(-spread, spread, 260)
    ripple = 0.028 * np.sin(angles / 3.1 + rng.uniform(0, 6)) + 0.018 * np.sin(angles / 1.35)
    notch = 0.42 * np.exp(-((np.abs(angles - rng.normal(0, 2)) / 5.5) ** 1.3))
    rim = (0.98 - 0.10 * (np.abs(angles) / spread) ** 3 + ripple) * (1 - notch)
    a = np.radians(angles)
    fan = np.column_stack([rim * np.cos(a), rim * np.sin(a)])
    side = bezier((0.02, 0.012), (0.16, 0.03), (0.2, 0.42), fan[-1] * 0.97, count=24)
    other = bezier(fan[0] * 0.97, (0.2, -0.42), (0.16, -0.03), (0.02, -0.012), count=24)
    plate.polygon(
        place(np.vstack([fan, side[::-1], other[::-1]]), at=at, scale=size, degrees=degrees - 90)
    )
    stalk = bezier((0.04, 0), (-0.25, 0.02), (-0.5, -0.10), (-0.72, rng.uniform(-0.28, 0.2)))
    plate.polygon(
        place(ribbon(stalk, [0.05, 0.022, 0.03]), at=at, scale=size, degrees=degrees - 90)
    )
    for angle in np.linspace(-spread + 5, spread - 5, 31):
        ray = np.radians(angle)
        reach = float(np.interp(angle, angles, rim)) - 0.035
        start, end = 0.16 + 0.16 * rng.random(), reach
        path = np.column_stack(
            [
                np.linspace(start, end, 12) * np.cos(ray * np.linspace(0.9, 1, 12)),
                np.linspace(start, end, 12) * np.sin(ray * np.linspace(0.9, 1, 12)),
            ]
        )
        plate.polygon(
            place(ribbon(path, [0.002, 0.009, 0.004]), at=at, scale=size, degrees=degrees - 90), 0
        )


def poppies(scale: float = 1) -> Image.Image:
    """„Mohn“: three flowers, two capsules and a bud; the petals are single transparent shapes."""
    sheet = Sheet(paper="#f5efe4", seed=204, scale=scale)
    rng = np.random.default_rng(44)
    green, dark = sheet.plate(), sheet.plate()
    stems = (
        ((1090, 640), [(880, 2330), (900, 1700), (1180, 1150), (1090, 640)]),
        ((560, 1010), [(800, 2330), (760, 1900), (560, 1500), (560, 1010)]),
        ((1230, 1500), [(960, 2330), (1000, 2100), (1260, 1900), (1230, 1500)]),
    )
    for _head, control in stems:
        stem = bezier(*control, count=90)
        green.stroke(stem, [13, 11, 9])
        _bristles(green, stem, rng)
    _capsule(green, [(840, 2330), (820, 1500), (690, 900), (640, 430)], 84)
    _capsule(green, [(900, 2330), (980, 2050), (300, 1900), (290, 1560)], 66)
    _bud(green, rng)
    _poppy_leaves(green)
    for (head, _control), size in zip(stems, (360, 320, 270), strict=True):
        _flower(sheet, dark, head, size, rng)
    sheet.press(green, "#41614a", shift=(2, 1))
    sheet.press(dark, "#231a24")
    return sheet.image()


def _flower(sheet: Sheet, dark: Plate, at: Pair, size: float, rng: np.random.Generator) -> None:
    """Four petals, two behind and two before, then the heart."""
    for index, (degrees, reach) in enumerate(((198, 1.05), (342, 1.05), (90, 0.9), (268, 1.12))):
        plate = sheet.plate()
        angles = np.linspace(-88, 88, 60)
        wave = noise.curve(60, 7, rng, octaves=2) - 0.5
        rim = size * reach * (0.72 + 0.28 * np.cos(np.radians(angles)) + 0.16 * wave)
        a = np.radians(angles + degrees)
        petal = np.vstack([np.column_stack([rim * np.cos(a), rim * 0.86 * np.sin(a)]), [(0, 0)]])
        plate.polygon(petal + at)
        for angle in np.linspace(-70, 70, 17):
            ray = _heading(degrees + angle + rng.normal(0, 2)) * (1, 0.86)
            path = np.asarray(at) + np.outer(np.linspace(0.42, 0.86, 8) * size * reach * 0.86, ray)
            plate.stroke(path, [1, 3.5, 1], 0)
        ink = ("#d4452d", "#cf3f2b", "#e2694a", "#d9512f")[index]
        sheet.press(plate, ink, cover=0.84, shift=(index - 1, 1))
    dark.disc(at, size * 0.15)
    dark.disc(at, size * 0.05, 0)
    for angle in np.linspace(0, 360, 40, endpoint=False):
        reach = size * rng.uniform(0.24, 0.37)
        end = np.asarray(at) + reach * _heading(angle) * (1, 0.86)
        dark.stroke(np.vstack([at, end]), [3, 2])
        dark.disc(end, rng.uniform(5, 9))


def _bristles(plate: Plate, stem: Points, rng: np.random.Generator) -> None:
    for share in np.linspace(0.1, 0.94, 60):
        point, heading = along(stem, float(share))
        tip = point + rng.uniform(14, 24) * _heading(heading + rng.choice((-80, 80)))
        plate.stroke(np.vstack([point, tip]), [2.6, 0.8])


def _capsule(plate: Plate, control: list[Pair], size: float) -> None:
    """A seed capsule with its lid and ribs."""
    stem = bezier(*control, count=80)
    plate.stroke(stem, [11, 8])
    at = np.asarray(control[-1])
    body = np.array(
        [
            (-0.2, 1.0),
            (-0.85, 0.35),
            (-0.78, -0.5),
            (-0.5, -0.85),
            (0.5, -0.85),
            (0.78, -0.5),
            (0.85, 0.35),
            (0.2, 1.0),
        ]
    )
    plate.polygon(spline(body * size, closed=True) + at)
    for x in (-0.42, -0.14, 0.14, 0.42):
        plate.stroke(bezier((x * 0.4, 0.9), (x * 1.7, 0.1), (x, -0.8)) * size + at, [2, 6, 2], 0)
    lid = arc((0, 0), size * 0.86, 180, 360) * (1, 0.34) + at + (0, -size * 0.86)
    plate.polygon(lid)
    plate.stroke(np.array([(-0.86, -0.9), (0.86, -0.9)]) * size + at, size * 0.13)


def _bud(plate: Plate, rng: np.random.Generator) -> None:
    stem = bezier((930, 2330), (1080, 1800), (1560, 1500), (1560, 900), (1400, 860), (1420, 1010))
    plate.stroke(stem, [11, 9, 8])
    body = spline(
        np.array([(0, -80), (46, -20), (40, 60), (0, 92), (-40, 60), (-46, -20)]), closed=True
    )
    plate.polygon(turn(body, 8) + (1425, 1080))
    plate.stroke(bezier((1425, 1010), (1412, 1090), (1418, 1165)), [2, 7, 2], 0)
    for angle in np.linspace(0, 360, 36):
        start = np.array([1425, 1085]) + _heading(angle) * (42, 78)
        plate.stroke(
            np.vstack([start, start + 18 * _heading(angle + rng.normal(0, 14))]), [2.6, 0.8]
        )


def _poppy_leaves(plate: Plate) -> None:
    """Feathered leaves near the ground."""
    for tip, bend in (
        ((330, 2010), (560, 2270)),
        ((1340, 2080), (1120, 2260)),
        ((640, 1890), (730, 2100)),
    ):
        axis = bezier((870, 2330), bend, tip, count=50)
        plate.stroke(axis, [14, 4])
        for index, share in enumerate(np.linspace(0.25, 0.95, 12)):
            point, heading = along(axis, float(share))
            length = 120 * np.sin(np.pi * share) + 30
            side = 1 if index % 2 else -1
            blade = bezier(
                point,
                point + 0.6 * length * _heading(heading + side * 55),
                point + length * _heading(heading + side * 30),
                count=16,
            )
            plate.stroke(blade, [16, 18, 1])


def grasses(scale: float = 1) -> Image.Image:
    """„Gräser am Kanal“: a meadow in three greens before a red evening sun."""
    sheet = Sheet(paper="#f2eadb", seed=205, scale=scale)
    sky = np.linspace(0, 1, sheet.shape[0], dtype=np.float32)[:, None] * np.ones(
        sheet.shape, np.float32
    )
    sheet.press(0.55 * sky**1.5, "#e9c9a4", rough=0, wear=0)
    sun = sheet.plate()
    sun.disc((1120, 820), 300)
    sheet.press(sun, "#e0674a", shift=(3, 0))
    rng = np.random.default_rng(55)
    for ink, height, count, plants in (
        ("#b9c4a0", 1500, 90, "u"),
        ("#6f9077", 1250, 80, "up"),
        ("#234638", 1050, 64, "uprp"),
    ):
        plate = sheet.plate()
        for _ in range(count):
            _blade(plate, rng, height)
        for x in np.linspace(190, 1510, 7):
            kind = plants[int(rng.integers(len(plants)))]
            _plant(plate, rng, kind, float(x + rng.normal(0, 60)), height)
        sheet.press(plate, ink, shift=(2, 1))
    return sheet.image()


def _blade(plate: Plate, rng: np.random.Generator, height: float) -> None:
    x = rng.uniform(-60, 1760)
    tall = height * rng.uniform(0.3, 0.75)
    lean = rng.normal(0, 150)
    path = bezier((x, 2420), (x + lean * 0.1, 2420 - tall * 0.6), (x + lean, 2420 - tall), count=40)
    plate.stroke(path, [rng.uniform(10, 22), 10, 1])


def _plant(plate: Plate, rng: np.random.Generator, kind: str, x: float, height: float) -> None:
    """An umbel (u), a panicle (p) or a reed mace (r)."""
    tall, lean = height * rng.uniform(0.78, 1.3), rng.normal(0, 110)
    stem = bezier((x, 2420), (x, 2420 - tall * 0.55), (x + lean, 2420 - tall), count=60)
    plate.stroke(stem, [9, 7, 4])
    head, heading = along(stem, 1.0)
    if kind == "u":
        for angle in np.linspace(-68, 68, 13):
            end = head + rng.uniform(120, 150) * _heading(heading + angle) * (1, 0.8)
            plate.stroke(bezier(head, head + 50 * _heading(heading + angle * 0.5), end), [4, 3])
            for _ in range(9):
                plate.disc(end + rng.normal(0, 13, 2) * (1, 0.7), rng.uniform(3.5, 7))
    elif kind == "p":
        for share in np.linspace(0.66, 1, 26):
            point, way = along(stem, float(share))
            length = 110 * (1.12 - share) + 30
            side = rng.choice((-1, 1))
            end = point + length * _heading(way + side * rng.uniform(18, 40)) + (0, 14)
            plate.stroke(bezier(point, (point + end) / 2 + (0, -8), end, count=10), [3, 2])
            plate.stroke(np.vstack([end - (0, 16), end, end + (side * 4, 20)]), [2, 11, 2])
    else:
        body, _ = along(stem, 0.86)
        plate.stroke(np.vstack([body, (body + head) / 2, head + (0, 30)]), [36, 42, 34])
