"""Rooms seen straight on: wall, floor, window light, and the furniture that stands in them."""

import numpy as np
from PIL import Image

from . import covers, noise
from .flat import padded
from .ink import Array, Plate, rgb
from .shapes import Pair, Points, arc, bezier, place, ribbon, spline
from .walls import array, blurred, framed, hang, picture, wall, wood


class Room:
    """A picture of a room under construction. Lengths are pixels."""

    def __init__(
        self,
        size: tuple[int, int],
        *,
        colour: str,
        floor: float,
        seed: int,
        boards: str = "#a9825a",
    ) -> None:
        self.size, self.floor = size, round(floor)
        self.shape = (size[1], size[0])
        self.rng = np.random.default_rng(seed)
        self.colour = wall(self.shape, self.rng, colour=colour)
        self._lay_floor(boards)

    def _lay_floor(self, boards: str) -> None:
        height = self.size[1] - self.floor
        if height <= 0:
            return
        grain = wood((height, self.size[0]), self.rng, strength=1.0)
        depth = np.linspace(0.80, 1.05, height, dtype=np.float32)[:, None]
        across = np.linspace(1.06, 0.86, self.size[0], dtype=np.float32)[None, :]
        self.colour[self.floor :] = np.clip(rgb(boards) * (grain * depth * across)[..., None], 0, 1)
        top = self.floor - round(self.size[1] * 0.034)
        skirting = self.colour[top : self.floor]
        skirting[:] = skirting * 0.25 + rgb("#f2eee6") * 0.72 * across[..., None]
        self.colour[top : top + 3] *= 0.90
        self.colour[self.floor - 4 : self.floor + 3] *= 0.70

    def plate(self) -> Plate:
        """An empty mask of the picture's size."""
        return Plate(self.size, 1)

    def paint(
        self, mask: Plate | Array, colour: str, *, light: Array | None = None, cover: float = 1
    ) -> None:
        """Paint a mask in a colour, with a brightness for each pixel if ``light`` is given."""
        alpha = (mask.mask() if isinstance(mask, Plate) else mask)[..., None] * cover
        tone = rgb(colour)[None, None] * (1 if light is None else light[..., None])
        self.colour = self.colour * (1 - alpha) + np.clip(tone, 0, 1) * alpha

    def shade(
        self, mask: Plate | Array, *, radius: float, depth: float, offset: tuple[int, int] = (0, 0)
    ) -> None:
        """Darken below a mask, softly."""
        flat = mask.mask() if isinstance(mask, Plate) else mask
        soft = blurred(np.roll(flat, (offset[1], offset[0]), (0, 1)), radius)
        self.colour = self.colour * (1 - depth * soft[..., None])

    def window(
        self,
        left: float,
        top: float,
        width: float,
        height: float,
        *,
        slant: float = 0.35,
        strength: float = 0.12,
    ) -> None:
        """Light through a window of two by three panes, falling on wall and furniture."""
        plate = self.plate()
        for row in range(3):
            for column in range(2):
                x0 = left + column * width / 2 + width * 0.025
                x1 = left + (column + 1) * width / 2 - width * 0.025
                y0, y1 = (
                    top + row * height / 3 + height * 0.015,
                    top + (row + 1) * height / 3 - height * 0.015,
                )
                corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
                plate.polygon([(x + slant * (y - top), y + 0.22 * (x - left)) for x, y in corners])
        soft = blurred(plate.mask(), self.size[1] / 200)
        leaves = noise.fractal(self.shape, (5, 9), self.rng, octaves=4)
        soft = soft * noise.step(0.30, 0.52, leaves) * 0.9 + soft * 0.1
        light = (1 - strength * 0.42) + strength * 1.25 * soft
        warm = np.stack([light * (1 + 0.018 * soft), light, light * (1 - 0.05 * soft)], axis=-1)
        self.colour = np.clip(self.colour * warm, 0, 1)

    def picture(self, art: Image.Image, frame: str, *, centre: Pair, height: float) -> None:
        """Hang a framed print."""
        object_, mask = framed(art, frame, height=round(height), seed=7)
        rows, columns = mask.shape
        left, top = round(centre[0] - columns / 2), round(centre[1] - rows / 2)
        self.colour = hang(self.colour, object_, mask, left=left, top=top)

    def put(self, image: Image.Image, left: float, bottom: float) -> None:
        """Stand an RGB(A) image on a surface, with a little shadow to its right."""
        image = image.convert("RGBA")
        x, y = round(left), round(bottom - image.height)
        layer = Image.new("RGBA", self.size)
        layer.paste(image, (x, y))
        pixels = np.asarray(layer, np.float32) / 255
        alpha = pixels[..., 3]
        self.shade(alpha, radius=9, depth=0.20, offset=(12, 5))
        self.colour = self.colour * (1 - pixels[..., 3:]) + pixels[..., :3] * pixels[..., 3:]

    def image(self) -> Image.Image:
        """The finished picture."""
        return picture(self.colour)


def sideboard(
    room: Room,
    left: float,
    top: float,
    width: float,
    height: float,
    *,
    colour: str = "#a67a4c",
    doors: int = 3,
) -> None:
    """A low sideboard of wood on tapered legs."""
    right, bottom = left + width, top + height
    cast = room.plate()
    cast.rectangle(left + 10, top + 12, right + 46, room.floor - 6)
    room.shade(cast, radius=34, depth=0.26)
    under = room.plate()
    under.polygon(
        [
            (left, room.floor + 2),
            (right + 30, room.floor + 2),
            (right + 80, room.floor + 46),
            (left + 50, room.floor + 46),
        ]
    )
    room.shade(under, radius=18, depth=0.5)
    legs = room.plate()
    for x, lean in ((left + 60, -16), (right - 60, 16)):
        legs.polygon(
            [
                (x - 15, bottom),
                (x + 15, bottom),
                (x + 8 + lean, room.floor + 22),
                (x - 8 + lean, room.floor + 22),
            ]
        )
    room.paint(legs, "#5d4028")
    rows, columns = round(height), round(width)
    grain = wood((rows, columns), room.rng, strength=1.1)
    grain *= (
        np.linspace(1.04, 0.84, columns, dtype=np.float32)[None]
        * np.linspace(1.02, 0.90, rows, dtype=np.float32)[:, None]
    )
    y, x = round(top), round(left)
    face = np.clip(rgb(colour) * grain[..., None], 0, 1)
    edge = round(height * 0.07)
    face[:edge] *= 1.10
    face[edge : edge + 5] *= 0.55
    for door in range(1, doors):
        at = round(columns * door / doors)
        face[edge + 5 :, at - 2 : at + 2] *= 0.5
    for door in range(doors):
        at = round(columns * (door + (0.86 if door % 2 == 0 else 0.14)) / doors)
        face[round(rows * 0.40) : round(rows * 0.60), at - 4 : at + 4] = rgb("#c6a15a")
    room.colour[y : y + rows, x : x + columns] = face


def table(room: Room, left: float, top: float, width: float, *, colour: str = "#b58a5c") -> None:
    """A plain writing table with a drawer."""
    right, foot = left + width, room.floor + 26
    ground = room.plate()
    ground.polygon(
        [
            (left + 20, room.floor),
            (right, room.floor),
            (right + 70, foot + 26),
            (left + 60, foot + 26),
        ]
    )
    room.shade(ground, radius=26, depth=0.34)
    cast = room.plate()
    cast.rectangle(left, top + 40, right + 30, top + 130)
    room.shade(cast, radius=30, depth=0.26)
    legs = room.plate()
    for x, lean in ((left + 50, -10), (right - 50, 10)):
        legs.polygon(
            [(x - 20, top + 30), (x + 20, top + 30), (x + 11 + lean, foot), (x - 11 + lean, foot)]
        )
    room.paint(legs, colour, light=np.full(room.shape, 0.72, np.float32))
    for low, high, inset, tone in ((top, top + 34, 0, 1.08), (top + 34, top + 116, 44, 0.88)):
        rows, columns = round(high - low), round(width - 2 * inset)
        grain = wood((rows, columns), room.rng, strength=1.0) * tone
        x, y = round(left + inset), round(low)
        room.colour[y : y + rows, x : x + columns] = np.clip(rgb(colour) * grain[..., None], 0, 1)
    drawer = room.plate()
    middle = (left + right) / 2
    for edges in (
        (middle - 200, top + 40, middle - 196, top + 112),
        (middle + 196, top + 40, middle + 200, top + 112),
    ):
        drawer.rectangle(*edges)
    room.paint(drawer, "#5d4028")
    knob = room.plate()
    knob.disc((middle, top + 76), 10)
    room.paint(knob, "#c6a15a")


def lamp(
    room: Room, x: float, base: float, height: float, *, shade: str = "#e9d9b8", glow: float = 0.22
) -> None:
    """A table lamp with a cone of fabric, and its light on the wall."""
    rows, columns = np.mgrid[0 : room.shape[0], 0 : room.shape[1]].astype(np.float32)
    top = base - height
    away = np.hypot((columns - x) / 1.15, rows - (top + height * 0.25)) / height
    light = 1 + glow * np.exp(-((away / 1.1) ** 2))
    room.colour = np.clip(
        room.colour * np.stack([light, 1 + (light - 1) * 0.82, 1 + (light - 1) * 0.5], -1), 0, 1
    )
    stem, foot, cone = room.plate(), room.plate(), room.plate()
    stem.line([(x, top + height * 0.3), (x, base - 8)], height * 0.026)
    foot.polygon(
        np.vstack(
            [
                arc((x, base), height * 0.17, 180, 360) * (1, 0.32) + (0, base * 0.68),
                [(x + height * 0.17, base)],
            ]
        )
    )
    half = height * 0.30
    cone.polygon(
        [
            (x - half * 0.55, top),
            (x + half * 0.55, top),
            (x + half, top + height * 0.42),
            (x - half, top + height * 0.42),
        ]
    )
    room.paint(stem, "#b08a45")
    room.paint(foot, "#a07c3c")
    fall = (
        0.90
        + 0.30
        * np.exp(-(((columns - x) / (half * 0.7)) ** 2))
        * np.clip((rows - top) / (height * 0.42), 0, 1) ** 0.7
    )
    room.paint(cone, shade, light=fall.astype(np.float32))


def branch(room: Room, x: float, base: float, height: float, *, leaf: str, seed: int = 3) -> None:
    """A bottle of green glass with a leafy branch."""
    rng = np.random.default_rng(seed)
    stems, leaves, glass = room.plate(), room.plate(), room.plate()
    ways = ((-0.32, 1.0), (0.10, 1.12), (0.42, 0.86))
    for lean, reach in ways:
        tip = (x + lean * height * 0.9, base - height * reach)
        path = bezier(
            (x, base - height * 0.06),
            (x, base - height * 0.5),
            (x + lean * height * 0.4, base - height * 0.8),
            tip,
        )
        stems.stroke(path, [5, 4, 2])
        for share in np.linspace(0.45, 0.98, 9):
            point = path[int(share * (len(path) - 1))]
            side = rng.choice((-1, 1))
            angle = rng.uniform(20, 75) * side - 90 + lean * 60
            _small_leaf(leaves, point, height * rng.uniform(0.10, 0.16), float(angle))
    room.shade(leaves, radius=16, depth=0.20, offset=(26, 22))
    room.paint(stems, "#5a4632")
    rows = np.linspace(1.1, 0.9, room.shape[0], dtype=np.float32)[:, None] * np.ones(
        room.shape, np.float32
    )
    room.paint(leaves, leaf, light=rows)
    h = height * 0.40
    outline = [
        (x - h * 0.09, base - h),
        (x - h * 0.09, base - h * 0.70),
        (x - h * 0.24, base - h * 0.5),
        (x - h * 0.25, base),
        (x + h * 0.25, base),
        (x + h * 0.24, base - h * 0.5),
        (x + h * 0.09, base - h * 0.70),
        (x + h * 0.09, base - h),
    ]
    glass.polygon(outline)
    room.shade(glass, radius=12, depth=0.16, offset=(16, 3))
    room.paint(glass, "#5f8573", cover=0.62)
    shine = room.plate()
    shine.line([(x - h * 0.17, base - h * 0.42), (x - h * 0.17, base - h * 0.08)], 7)
    room.paint(shine, "#e6efe6", cover=0.6)
    neck = room.plate()
    neck.rectangle(x - h * 0.11, base - h * 1.02, x + h * 0.11, base - h * 0.96)
    room.paint(neck, "#4d7161")


def _small_leaf(plate: Plate, at: Points, length: float, degrees: float) -> None:
    a = np.radians(degrees)
    along, across = np.array([np.cos(a), np.sin(a)]), np.array([-np.sin(a), np.cos(a)])
    shape = [(0, 0), (0.25, 0.24), (0.6, 0.22), (1, 0), (0.6, -0.22), (0.25, -0.24)]
    plate.polygon(
        spline(
            np.array([at + length * (u * along + v * across) for u, v in shape]),
            closed=True,
            steps=6,
        )
    )


def row_of_books(room: Room, left: float, base: float, height: float, codes: list[str]) -> float:
    """Books standing side by side; returns where the row ends."""
    books = {book.code: book for book in covers.BOOKS}
    x = left
    for index, code in enumerate(codes):
        back = covers.spine(books[code])
        tall = height * (0.92 + 0.08 * ((index * 7) % 3) / 2)
        width = tall * back.width / back.height
        scaled = array(back.resize((max(round(width), 6), round(tall)), Image.Resampling.LANCZOS))
        bend = (
            1.08 - 0.28 * np.abs(np.linspace(-1, 1, scaled.shape[1], dtype=np.float32) + 0.2) ** 2
        )
        room.put(picture(scaled * bend[None, :, None]), x, base)
        x += width + 1
    return x


def pile_of_books(room: Room, left: float, base: float, width: float, codes: list[str]) -> float:
    """Books lying on each other, spines to the front; returns the height of the pile's top."""
    books = {book.code: book for book in covers.BOOKS}
    y = base
    for index, code in enumerate(codes):
        back = covers.spine(books[code]).rotate(90, expand=True)
        long = width * (1 - 0.05 * ((index * 5) % 3))
        high = long * back.height / back.width
        scaled = array(back.resize((round(long), max(round(high), 6)), Image.Resampling.LANCZOS))
        bend = (
            1.12 - 0.34 * np.abs(np.linspace(-1, 1, scaled.shape[0], dtype=np.float32) + 0.25) ** 2
        )
        room.put(
            picture(scaled * bend[:, None, None]), left + (width - long) * ((index * 3) % 4) / 3, y
        )
        y -= round(high) - 1
    return y


def armchair(
    room: Room, left: float, scale: float, *, fabric: str = "#8a4a35", timber: str = "#6b4a2e"
) -> None:
    """An easy chair in profile, facing left: wooden frame, two cushions."""
    base = room.floor + 40 * scale

    def at(*points: Pair) -> list[tuple[float, float]]:
        return [(left + x * scale, base - y * scale) for x, y in points]

    floor = room.plate()
    floor.polygon(at((20, -6), (560, -6), (640, -40), (90, -40)))
    room.shade(floor, radius=20 * scale, depth=0.5)
    back, seat, frame = room.plate(), room.plate(), room.plate()
    back.polygon(
        ribbon(
            spline(at((395, 250), (450, 420), (520, 600), (560, 690))),
            [90 * scale, 96 * scale, 84 * scale, 50 * scale],
        )
    )
    seat.polygon(
        ribbon(
            spline(at((60, 300), (220, 290), (400, 235), (440, 225))),
            [70 * scale, 104 * scale, 96 * scale, 60 * scale],
        )
    )
    for path, width in (
        (spline(at((90, 0), (110, 200), (120, 350), (150, 392))), 24),
        (spline(at((120, 396), (260, 410), (400, 396), (500, 372))), 30),
        (spline(at((500, 0), (470, 180), (470, 300), (560, 640))), 24),
        (spline(at((100, 232), (300, 210), (470, 168))), 20),
    ):
        frame.polygon(ribbon(path, width * scale))
    whole = np.clip(back.mask() + seat.mask() + frame.mask(), 0, 1)
    room.shade(whole, radius=26, depth=0.20, offset=(40, 20))
    rows = noise.smooth(room.shape, (9, 7), room.rng) * 0.16 + 0.92
    weave = 1 + 0.02 * noise.grain(room.shape, room.rng, size=2)
    for cushion in (back, seat):
        mask = noise.step(0.40, 0.60, blurred(cushion.mask(), 14 * scale))
        rim = blurred(mask, 16 * scale)
        room.paint(mask, fabric, light=(rows * weave * (0.62 + 0.46 * rim)).astype(np.float32))
    room.paint(frame, timber)


def sofa(room: Room, left: float, width: float, *, fabric: str, pillow: str) -> None:
    """A two-seater from the front, on short wooden legs, with two loose pillows."""
    floor, height = room.floor + 34, width * 0.36
    right, top = left + width, floor - height
    ground = room.plate()
    ground.polygon(
        [(left, floor - 6), (right, floor - 6), (right + 50, floor + 34), (left + 30, floor + 34)]
    )
    room.shade(ground, radius=22, depth=0.55)
    legs = room.plate()
    for x in (left + width * 0.08, right - width * 0.08):
        legs.rectangle(x - 11, floor - height * 0.16, x + 11, floor)
    room.paint(legs, "#5d4028")
    arm, half = width * 0.10, width / 2
    seat, base = floor - height * 0.52, floor - height * 0.15
    shapes = (
        (left + arm * 0.7, top, left + half, seat + 30),
        (left + half, top, right - arm * 0.7, seat + 30),
        (left + arm * 0.5, floor - height * 0.36, right - arm * 0.5, base),
        (left + arm * 0.8, seat, left + half, floor - height * 0.33),
        (left + half, seat, right - arm * 0.8, floor - height * 0.33),
        (left, floor - height * 0.72, left + arm, base),
        (right - arm, floor - height * 0.72, right, base),
    )
    for shape in shapes:
        _cushion(room, shape, fabric)
    for x, turn in ((left + width * 0.22, -8), (right - width * 0.24, 6)):
        _pillow(room, (x, seat - height * 0.13), width * 0.17, turn, pillow)


def _cushion(room: Room, edges: tuple[float, float, float, float], colour: str) -> None:
    """A soft upholstered block, a little darker at its edges and below."""
    left, top, right, bottom = edges
    hard = room.plate()
    hard.rectangle(left, top, right, bottom)
    mask = noise.step(0.38, 0.62, blurred(hard.mask(), 15))
    room.shade(mask, radius=9, depth=0.22, offset=(5, 6))
    rim = blurred(mask, 20)
    rows = np.linspace(0, 1, room.shape[0], dtype=np.float32)[:, None]
    fall = 1.06 - 0.16 * np.clip((rows * room.shape[0] - top) / max(bottom - top, 1), 0, 1)
    weave = 1 + 0.022 * noise.grain(room.shape, room.rng, size=2)
    room.paint(mask, colour, light=(fall * weave * (0.66 + 0.38 * rim)).astype(np.float32))


def _pillow(room: Room, at: Pair, size: float, degrees: float, colour: str) -> None:
    corners = np.array(
        [(-1, -0.86), (0, -0.74), (1, -0.88), (0.9, 0), (1, 0.86), (0, 0.76), (-1, 0.88), (-0.9, 0)]
    )
    outline = spline(corners * size / 2, closed=True, steps=10)
    plate = room.plate()
    plate.polygon(place(outline, at=at, degrees=degrees))
    room.shade(plate, radius=12, depth=0.30, offset=(7, 9))
    mask = plate.mask()
    weave = 1 + 0.03 * noise.grain(room.shape, room.rng, size=2)
    room.paint(mask, colour, light=(weave * (0.62 + 0.42 * blurred(mask, 22))).astype(np.float32))


def drying_line(
    room: Room,
    y: float,
    sag: float,
    arts: list[Image.Image],
    *,
    height: float,
    start: float,
    gap: float,
) -> None:
    """Prints hung on a line with wooden pegs."""
    width = room.size[0]
    line = bezier((-20, y), (width / 2, y + 2 * sag), (width + 20, y), count=200)
    x = start
    for index, art in enumerate(arts):
        columns = round(height * art.width / art.height)
        middle = x + columns / 2
        top = float(np.interp(middle, line[:, 0], line[:, 1]))
        sheet = array(art.resize((columns, round(height)), Image.Resampling.LANCZOS))
        across = np.linspace(0, 1, columns, dtype=np.float32)[None, :, None]
        sheet = sheet * (1.02 - 0.07 * np.sin(across * np.pi * 2 + index) ** 2)
        turn = (-1.2, 0.8, -0.5, 1.4)[index % 4]
        tile = padded(picture(sheet)).rotate(turn, Image.Resampling.BICUBIC, expand=True)
        room.put(tile, x, top + tile.height - 6)
        for share in (0.10, 0.90):
            _peg(
                room,
                x + share * columns,
                float(np.interp(x + share * columns, line[:, 0], line[:, 1])),
                height * 0.085,
            )
        x += columns + gap
    cord = room.plate()
    cord.line(line, 5)
    room.paint(cord, "#6d5f4c")


def _peg(room: Room, x: float, y: float, length: float) -> None:
    plate = room.plate()
    plate.rectangle(x - length * 0.16, y - length * 0.35, x + length * 0.16, y + length * 0.65)
    room.shade(plate, radius=5, depth=0.3, offset=(4, 4))
    room.paint(plate, "#c79a5e")
    seam = room.plate()
    seam.rectangle(x - length * 0.16, y - 2, x + length * 0.16, y + 3)
    room.paint(seam, "#7d7468")
