"""Product pictures of notebooks, card sets, the framing service and the gift card."""

import numpy as np
from PIL import Image, ImageDraw

from . import fonts, noise
from .flat import Table, envelope, lit, paper_sheet, pencil
from .ink import Array, Sheet, rgb
from .prints_botany import _leaf_outline
from .shapes import arc, bezier, place, sector, turn
from .solids import Box, Camera, Stage, backdrop, pages
from .walls import MOULDINGS, array, blurred, framed, moulding, picture, wall

CLOTH = {"lindgruen": "#356650", "ziegelrot": "#b24a33", "nachtblau": "#27395a", "sand": "#cbb793"}
BOARD = {"graupappe": "#b3aca0", "schwarz": "#2b2a2a", "ocker": "#cf9a3f"}
TAPE = {"graupappe": "#b24a33", "schwarz": "#d9c7a0", "ocker": "#24384d"}
CARD = {"salbei": "#a9b89a", "koralle": "#e0866c", "himmelblau": "#9fc0cf", "ocker": "#dfb054"}
TABLE = "#e3ddd2"


def cloth(size: tuple[int, int], colour: str, seed: int) -> Array:
    """Woven book cloth."""
    width, height = size
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    weave = 0.030 * np.sin(x * 1.35) * np.sign(np.sin(y * 0.67)) + 0.022 * np.sin(y * 1.3)
    slubs = noise.smooth((height, width), (height // 3, 8), rng) + noise.smooth(
        (height, width), (8, width // 3), rng
    )
    light = 1 + weave + 0.05 * (slubs - 1) + 0.012 * noise.grain((height, width), rng)
    return np.clip(rgb(colour)[None, None] * light[..., None], 0, 1)


def pressed(cover: Array, mask: Array, *, depth: float = 0.30, foil: str | None = None) -> Array:
    """A cover with a blind-stamped or foiled mark: dark above left, bright below right."""
    soft = blurred(mask, 2.2)
    relief = np.roll(soft, (3, 3), (0, 1)) - np.roll(soft, (-3, -3), (0, 1))
    light = 1 + 1.1 * relief * depth - depth * 0.55 * mask
    result = cover * light[..., None]
    if foil:
        shine = 0.85 + 0.35 * np.linspace(0, 1, mask.shape[1], dtype=np.float32)[None, :]
        result = result * (1 - mask[..., None]) + rgb(foil) * shine[..., None] * mask[..., None]
    return np.clip(result, 0, 1)


def _leaf_mask(size: tuple[int, int], at: tuple[float, float], scale: float) -> Array:
    sheet = Sheet(size, paper="#ffffff", seed=1)
    plate = sheet.plate()
    plate.polygon(place(_leaf_outline(16), at=(at[0], at[1] - scale / 2), scale=scale, degrees=92))
    plate.stroke(
        np.array([(at[0], at[1] - scale * 0.7), (at[0] - 2, at[1] + scale * 0.36)]),
        [scale * 0.05, 2],
        0,
    )
    return plate.mask()


def _hardcover(colour: str, seed: int, *, name: str = "") -> Image.Image:
    """The cover of the Kladde: cloth, hinge, leaf, elastic band; 148 × 210 mm."""
    size = (1184, 1680)
    cover = cloth(size, CLOTH[colour], seed)
    cover = pressed(cover, _leaf_mask(size, (592, 760), 190))
    if name:
        mask = fonts.text_mask(size, [(name, "garamond", 500, 84, 592, 1400, "m", 5)])
        cover = pressed(cover, mask, depth=0.5)
    x = np.linspace(0, 1, size[0], dtype=np.float32)[None, :]
    light = (
        1.03
        - 0.05 * x
        - 0.24 * np.exp(-(((x - 0.075) / 0.010) ** 2))
        + 0.09 * np.exp(-(((x - 0.095) / 0.010) ** 2))
    )
    cover = cover * light[..., None]
    band = slice(1020, 1052)
    cover[:, 1052:1066] *= 0.72
    cover[:, band] = rgb("#1f1e1d") * (0.9 + 0.5 * np.sin(np.linspace(0.3, 2.8, 32)))[None, :, None]
    return picture(cover)


def hardcover(colour: str) -> Image.Image:
    """The Kladde, lying, with its ribbon."""
    camera = Camera(yaw=-22, pitch=57, distance=1000, zoom=5.5, target=(0, 4, 2))
    stage = Stage(camera, backdrop(camera.size, TABLE, 610))
    ink = picture(np.ones((40, 600, 3), np.float32) * rgb(CLOTH[colour]) * 0.8)
    edge = _book_edge(CLOTH[colour], 1184)
    side = _book_edge(CLOTH[colour], 1680)
    ribbon = Image.new("RGB", (20, 90), "#b9432d")
    stage.add(Box((6, 0, 118), (6, 0.6, 30), turn=8, faces={"top": ribbon}), shadow=0.5)
    faces = {"top": _hardcover(colour, 611), "front": edge, "right": side, "left": ink}
    stage.add(Box((0, 0, 0), (148, 16, 210), faces=faces))
    return stage.image()


def _book_edge(colour: str, length: int) -> Image.Image:
    edge = array(pages(length, 130, 5))
    board = rgb(colour) * 0.82
    edge[:22] = board
    edge[-22:] = board
    edge[22:34] *= 0.68
    return picture(edge)


def engraved(colour: str, name: str) -> Image.Image:
    """The detail of the Kladde: a name stamped into the cloth."""
    camera = Camera(yaw=-16, pitch=50, distance=620, zoom=13.5, target=(8, 8, 62))
    stage = Stage(camera, backdrop(camera.size, TABLE, 612))
    faces = {
        "top": _hardcover(colour, 611, name=name),
        "front": _book_edge(CLOTH[colour], 1184),
        "right": _book_edge(CLOTH[colour], 1680),
    }
    stage.add(Box((0, 0, 0), (148, 16, 210), faces=faces))
    return stage.image()


def sketchbook(colour: str) -> Image.Image:
    """The Skizzenheft: grey board, a spine of cloth, visible thread; 210 × 210 mm."""
    size = (1500, 1500)
    rng = np.random.default_rng(620)
    flecks = noise.grain((1500, 1500), rng, size=3)
    tone = (
        1
        + 0.03 * (noise.fractal((1500, 1500), (30, 30), rng, octaves=4) - 0.5) * 2
        + 0.05 * (flecks > 2.1)
        - 0.09 * (flecks < -2.2)
    )
    cover = np.clip(rgb(BOARD[colour])[None, None] * tone[..., None], 0, 1)
    tape = cloth((190, 1500), TAPE[colour], 621)
    cover[:, :190] = tape
    cover[:, 190:198] *= 0.8
    light = "#f1e9d8" if colour == "schwarz" else "#24211f"
    mask = fonts.text_mask(
        size,
        [
            ("Skizzen", "fraunces", 500, 96, 1380, 1330, "r", 0),
            ("120 g · 96 SEITEN", "jost", 400, 34, 1380, 1396, "r", 4),
        ],
    )
    cover = cover * (1 - mask[..., None] * 0.92) + rgb(light) * mask[..., None] * 0.92
    camera = Camera(yaw=20, pitch=60, distance=1000, zoom=5.0, target=(0, 4, 0))
    stage = Stage(camera, backdrop(camera.size, TABLE, 622))
    side = _book_edge(BOARD[colour], 1500)
    spine = picture(np.ones((60, 600, 3), np.float32) * rgb(TAPE[colour]) * 0.85)
    stage.add(
        Box(
            (0, 0, 0),
            (210, 13, 210),
            faces={"top": picture(cover), "front": side, "right": side, "left": spine},
        )
    )
    image = stage.image()
    return _with_pencil(image, at=(1290, 1420), degrees=-14)


def _with_pencil(image: Image.Image, *, at: tuple[float, float], degrees: float) -> Image.Image:
    table = Table(image.size, TABLE, 1)
    table.colour = array(image)
    table.lay(pencil(900, "#2f5d48"), at=at, width=620, degrees=degrees, lift=0.7)
    return table.image()


def booklets(colour: str) -> Image.Image:
    """The three Taschenhefte of one colour, fanned out; each has a pattern of its own."""
    table = Table((1600, 1600), TABLE, 630)
    for index, (at, degrees) in enumerate((((560, 840), -16), ((800, 790), -2), ((1050, 830), 13))):
        table.lay(_booklet(colour, index), at=at, width=560, degrees=degrees, lift=0.9)
    return table.image()


def _booklet(colour: str, pattern: int) -> Image.Image:
    """A stapled cover of 105 × 148 mm in two tones of a colour."""
    size = (1050, 1480)
    sheet = Sheet(size, paper=CARD[colour], seed=631 + pattern)
    plate = sheet.plate()
    for row in range(7):
        for column in range(5):
            x, y = column * 210, row * 211.5
            middle = (x + 105, y + 105)
            if pattern == 0:
                plate.polygon(
                    turn(sector((x, y), 0, 210, 0, 90), 90 * ((row + column * 3) % 4), about=middle)
                )
            elif pattern == 1:
                for radius in (96, 60, 24):
                    plate.line(arc(middle, radius, 0, 360), 16)
            elif (row + column) % 2:
                plate.polygon(place(_leaf_outline(12), at=(x + 105, y + 20), scale=170, degrees=90))
            else:
                plate.disc(middle, 26)
    deep = rgb(CARD[colour]) * 0.72
    sheet.press(plate, "#" + "".join(f"{round(float(c) * 255):02x}" for c in deep), over=True)
    cover = array(sheet.image())
    across = np.linspace(0, 1, size[0], dtype=np.float32)[None, :, None]
    cover *= 1.02 - 0.04 * across - 0.16 * np.exp(-((across / 0.012) ** 2))
    label = fonts.text_mask(size, [("Notizen", "garamond-italic", 500, 92, 525, 1158, "m", 0)])
    cover[1030:1230, 300:750] = rgb("#f6f0e2")
    cover = cover * (1 - label[..., None]) + rgb("#2a2724") * label[..., None]
    return picture(cover)


def rulings(colour: str) -> Image.Image:
    """The detail of the notebooks' paper: plain, lined and dotted pages, one over the other."""
    table = Table((1600, 1600), TABLE, 640)
    for kind, at, degrees in (
        ("blanko", (480, 760), -12),
        ("liniert", (820, 800), -3),
        ("gepunktet", (1150, 850), 8),
    ):
        table.lay(_page(kind), at=at, width=780, degrees=degrees, lift=0.5)
    table.lay(pencil(900, CARD[colour]), at=(1180, 1380), width=640, degrees=-24, lift=0.8)
    return table.image()


def _page(kind: str) -> Image.Image:
    page = Image.new("RGB", (1480, 2080), "#faf6ec")
    draw = ImageDraw.Draw(page)
    for y in range(150, 2000, 70):
        if kind == "liniert":
            draw.line((0, y, 1480, y), fill="#b7bcb4", width=3)
        elif kind == "gepunktet":
            for x in range(75, 1450, 70):
                draw.ellipse((x - 5, y - 5, x + 5, y + 5), fill="#a3a8a0")
    fonts.set_line(draw, (1390, 90), kind, fonts.font("garamond-italic", 54), "#8a8578", anchor="r")
    return lit(page)


def card_set(arts: list[Image.Image], seed: int, *, ground: str, letter: str) -> Image.Image:
    """Six cards with their envelopes, fanned out on a table."""
    table = Table((1600, 1600), ground, seed)
    for at, degrees in (((1180, 420), 17), ((1130, 470), 9)):
        table.lay(envelope(1200, 840, letter, seed), at=at, width=700, degrees=degrees, lift=0.6)
    spots = (
        ((420, 470), -13),
        ((760, 560), -3),
        ((1120, 720), 9),
        ((380, 1090), 7),
        ((760, 1160), -6),
        ((1160, 1190), 4),
    )
    for art, (at, degrees) in zip(arts, spots, strict=True):
        card = paper_sheet(art, width=900, height=1270, margin=58)
        table.lay(card, at=at, width=400, degrees=degrees, lift=0.8)
    return table.image()


def card_detail(
    art: Image.Image, seed: int, *, ground: str, letter: str, words: str
) -> Image.Image:
    """One card on its envelope, and the inside of another with a few handwritten words."""
    table = Table((1600, 1600), ground, seed)
    table.lay(envelope(1400, 980, letter, seed), at=(930, 1060), width=1080, degrees=-8, lift=0.7)
    inside = Image.new("RGB", (1270, 900), "#f9f4e8")
    fonts.set_line(
        ImageDraw.Draw(inside),
        (850, 430),
        words,
        fonts.font("garamond-italic", 68),
        "#27395a",
        anchor="m",
    )
    table.lay(lit(inside), at=(1010, 420), width=900, degrees=6, lift=0.7)
    card = paper_sheet(art, width=900, height=1270, margin=58)
    table.lay(card, at=(560, 800), width=680, degrees=-5, lift=1.0)
    return table.image()


def frame_corner(kind: str, *, side: int, width: int, seed: int) -> Image.Image:
    """A sample of a moulding: the upper left corner of a frame."""
    colour, mask = moulding(
        (side * 2, side * 2), MOULDINGS[kind], np.random.default_rng(seed), width=width
    )
    pixels = np.dstack([colour, mask])[:side, :side]
    return Image.fromarray((np.clip(pixels, 0, 1) * 255).astype(np.uint8), "RGBA")


def framing(art: Image.Image) -> Image.Image:
    """The framing service: corner samples, mats and a rule round a print."""
    table = Table((1600, 1600), "#cfc8bb", 660)
    mat = Image.new("RGB", (1100, 1400), "#f7f4ec")
    table.lay(lit(mat), at=(800, 830), width=920, degrees=2, lift=0.7)
    table.lay(lit(art), at=(800, 830), width=660, degrees=2, lift=0.25)
    for index, kind in enumerate(("eiche", "schwarz", "weiss")):
        corner = frame_corner(kind, side=620, width=84, seed=661 + index)
        table.lay(
            corner,
            at=(470 + 96 * index, 470 + 104 * index),
            width=640 - 60 * index,
            degrees=2,
            lift=1.1,
        )
    table.lay(_rule(), at=(1370, 830), width=1300, degrees=92, lift=0.4)
    return table.image()


def _rule() -> Image.Image:
    rule = Image.new("RGB", (2600, 130), "#d8b26a")
    draw = ImageDraw.Draw(rule)
    face = fonts.font("jost", 34, 500)
    for k in range(126):
        long = 56 if k % 10 == 0 else 40 if k % 5 == 0 else 26
        draw.line((40 + k * 20, 0, 40 + k * 20, long), fill="#3a2d1a", width=3)
        if k % 10 == 0:
            fonts.set_line(draw, (40 + k * 20, 96), str(k // 10), face, "#3a2d1a", anchor="m")
    return lit(rule, strength=0.10)


def gift_card() -> Image.Image:
    """The gift card on its envelope."""
    table = Table((1600, 1600), "#d9dccf", 670)
    table.lay(envelope(1500, 1050, "#b24a33", 671), at=(850, 900), width=1180, degrees=-9, lift=0.8)
    size = (1480, 1040)
    sheet = Sheet(size, paper="#f4eee0", seed=672)
    for x, y, scale, ink in ((1215, 190, 660, "#7c9a6a"), (1215, 190, 640, "#1f4a38")):
        plate = sheet.plate()
        plate.polygon(place(_leaf_outline(), at=(x, y), scale=scale, degrees=98))
        plate.stroke(np.array([(x, y + 60), (x - 70, y + scale * 0.94)]), [16, 3], 0)
        for side in (-1, 1):
            for k in range(5):
                start = np.array([x - 10 - 12 * k, y + 110 + 92 * k])
                end = start + (side * (250 - 36 * k), 130 - 20 * k)
                plate.stroke(np.vstack([start, (start + end) / 2 + (0, -16), end]), [11, 6, 2], 0)
        sheet.press(plate, ink, shift=(2, 1))
    mask = fonts.text_mask(
        size,
        [
            ("Gutschein", "fraunces", 500, 150, 110, 500, "l", -1),
            ("für Bilder, Bücher und Papier", "garamond-italic", 400, 62, 116, 590, "l", 0),
            ("LINDENBLATT", "jost", 500, 34, 116, 930, "l", 10),
        ],
    )
    sheet.press(mask, "#1f4a38", over=True, rough=0, wear=0.001, cover=1)
    table.lay(lit(sheet.image()), at=(760, 760), width=1060, degrees=5, lift=1.0)
    return table.image()


def sketching(colour: str) -> Image.Image:
    """The detail of the Skizzenheft: its page with the beginnings of a drawing."""
    sheet = Sheet((1500, 1500), paper="#f6f0e2", seed=650)
    rng = np.random.default_rng(651)
    x = np.linspace(130, 1370, 320)
    for index, base in enumerate((620, 730, 850, 980, 1120)):
        plate = sheet.plate()
        rise = noise.curve(320, 3 + index, rng, octaves=4)
        y = base - (230 - 20 * index) * rise + 60
        for _ in range(2):
            shaken = np.column_stack([x, y + np.cumsum(rng.normal(0, 0.18, 320))])
            plate.line(shaken, 2 + 0.5 * index)
        for k in range(0, 320, max(7 - index, 3)):
            length = rng.uniform(40, 74) + 16 * index
            start = np.array([x[k], y[k] + 10])
            end = start + (-0.55 * length, length)
            if end[0] > 130:
                plate.stroke(
                    bezier(start, (start + end) / 2 + (3, 0), end, count=8), [2.6, 1.8, 0.6]
                )
        sheet.press(plate, "#3a3734", cover=0.62 + 0.08 * index, rough=0.7, wear=0.04)
    sun = sheet.plate()
    sun.line(arc((980, 380), 96, 0, 380, count=120) + rng.normal(0, 0.6, (120, 2)), 2.4)
    sheet.press(sun, "#3a3734", cover=0.7, rough=0.8, wear=0.06)
    table = Table((1600, 1600), TABLE, 652)
    board = Image.new("RGB", (1560, 1560), BOARD[colour])
    table.lay(lit(board), at=(820, 800), width=1350, degrees=-4, lift=1.0)
    table.lay(lit(sheet.image()), at=(826, 794), width=1300, degrees=-4, lift=0.25)
    table.lay(pencil(900, "#2f5d48"), at=(1190, 1330), width=720, degrees=-152, lift=0.9)
    return table.image()


def corner_detail(art: Image.Image) -> Image.Image:
    """The corner of an oak frame from near: mitre, glass, mat and bevel."""
    big, _mask = framed(art, "eiche", height=3600, seed=663)
    rng = np.random.default_rng(664)
    ground = wall((1600, 1600), rng)
    whole = np.zeros((1600, 1600), np.float32)
    whole[260:, 260:] = 1
    soft = blurred(np.roll(whole, (-30, -20), (0, 1)), 40)
    ground = ground * (1 - 0.12 * soft[..., None])
    ground[260:, 260:] = big[:1340, :1340]
    return picture(ground)
