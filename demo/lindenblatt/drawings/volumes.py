"""Product pictures of books: bound, as a paperback, on an e-reader, and open."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from . import covers, fonts, noise
from .covers import Book
from .ink import Array, rgb
from .solids import Box, Camera, Stage, backdrop, pages, shade_cover, shade_spine
from .walls import array, blurred, picture

HEIGHT, WIDTH = 205.0, 129.6
#: Grounds that let the covers stand out.
GROUNDS = {
    "gedaechtnis-der-linden": "#e6dfd0",
    "kartenzeichnerin": "#d9dfdd",
    "auwald": "#dfe2d6",
    "farbenkunde": "#d8d3cb",
    "handsatz": "#d5cfc4",
    "vierzig-suppen": "#e4d9cd",
    "zimmer-mit-fluss": "#cfd8da",
    "letzter-wagen": "#dcd6cc",
}


def top_edge(book: Book, *, bound: bool) -> Image.Image:
    """The upper edge: boards, spine and the block of pages between them."""
    length, depth = 1300, max(round(1300 * book.depth / WIDTH), 60)
    edge = array(pages(length, depth, book.seed))
    board = max(round(depth * (0.11 if bound else 0.03)), 3)
    ink = rgb(book.paper) * 0.86
    edge[:board] = edge[-board:] = ink
    edge[:, : board * (2 if bound else 1)] = ink
    if bound:
        edge[board : board * 2] *= 0.72
        edge[-2 * board : -board] *= 0.85
        edge[:, board * 2 : board * 4] *= 0.7
        edge[:, -board * 2 :] = np.where(
            np.arange(depth)[:, None, None] < board,
            edge[:, -board * 2 :],
            edge[:, -board * 2 :] * 0.8,
        )
    return picture(edge)


def standing(book: Book, *, bound: bool = True) -> Image.Image:
    """The bound book, standing, seen from the side of its spine."""
    camera = Camera(yaw=31, pitch=11, distance=1050, zoom=6.0, target=(2, 99, 0))
    stage = Stage(camera, backdrop(camera.size, GROUNDS[book.code], book.seed, horizon=0.62))
    faces = {
        "front": shade_cover(covers.cover(book), hinge=bound),
        "left": shade_spine(covers.spine(book), round_=bound),
        "top": top_edge(book, bound=bound),
    }
    stage.add(Box((0, 0, 0), (WIDTH, HEIGHT, book.depth), faces=faces))
    return stage.image()


def lying(book: Book) -> Image.Image:
    """The paperback: one copy on top of another, seen from above."""
    camera = Camera(yaw=-24, pitch=58, distance=1000, zoom=5.1, target=(0, 8, 4))
    stage = Stage(camera, backdrop(camera.size, GROUNDS[book.code], book.seed + 9))
    depth = book.depth * 0.82
    front = shade_cover(covers.cover(book), hinge=False)
    side = shade_spine(covers.spine(book), round_=False).rotate(90, expand=True)
    below = pages(1100, 160, book.seed + 2)
    faces = {
        "top": front,
        "left": side.transpose(Image.Transpose.ROTATE_180),
        "front": below,
        "right": pages(1700, 160, book.seed + 3),
    }
    stage.add(Box((10, 0, -6), (WIDTH, depth, HEIGHT), turn=13, faces=faces))
    stage.add(Box((0, depth, 0), (WIDTH, depth, HEIGHT), turn=-5, faces=faces))
    return stage.image()


def on_reader(book: Book) -> Image.Image:
    """The e-book: its cover in greys on a reader, from above."""
    camera = Camera(yaw=14, pitch=66, distance=1000, zoom=5.9, target=(0, 0, 2))
    stage = Stage(camera, backdrop(camera.size, GROUNDS[book.code], book.seed + 5))
    plastic = Image.new("RGB", (60, 20), "#26282a")
    faces = {
        "top": _reader(covers.cover(book)),
        "left": plastic,
        "front": plastic,
        "right": plastic,
    }
    stage.add(Box((0, 0, 0), (126, 8, 176), faces=faces))
    return stage.image()


def _reader(cover: Image.Image) -> Image.Image:
    """The front of an e-reader, 126 × 176 mm, ten pixels to the millimetre."""
    front = Image.new("RGB", (1260, 1760), "#2b2d2f")
    draw = ImageDraw.Draw(front)
    draw.rounded_rectangle((6, 6, 1254, 1754), 46, outline="#3c3f42", width=6)
    screen = Image.new("L", (1080, 1420), 222)
    page = cover.convert("L")
    page.thumbnail((1000, 1300), Image.Resampling.LANCZOS)
    grey = np.asarray(page, np.float32)
    page = Image.fromarray((38 + grey * 0.70).astype(np.uint8))
    screen.paste(page, ((1080 - page.width) // 2, 40))
    tool = ImageDraw.Draw(screen)
    tool.line((60, 1384, 1020, 1384), fill=180, width=4)
    tool.line((60, 1384, 96, 1384), fill=70, width=6)
    front.paste(screen.convert("RGB"), (90, 100))
    draw.rectangle((88, 98, 1171, 1521), outline="#1a1b1c", width=4)
    fonts.set_line(
        draw, (630, 1660), "blatt", fonts.font("jost", 44), "#6a6d70", anchor="m", spacing=3
    )
    colour = array(front)
    y, x = np.mgrid[0 : 1 : 1760 * 1j, 0 : 1 : 1260 * 1j].astype(np.float32)
    glare = 0.05 * np.exp(-(((x * 0.6 + y - 0.35) / 0.3) ** 2))
    return picture(colour + glare[..., None] * (1 - colour))


def opened(book: Book, heading: str, text: str) -> Image.Image:
    """The detail: an open spread with the first page of the text, from above."""
    width, height = 1560, 1180
    spread: Array = np.ones((height, width, 3), np.float32) * rgb("#f7f1e4")
    ink = Image.new("L", (width * 2, height * 2), 0)
    draw = ImageDraw.Draw(ink)
    _title_page(draw, book)
    _text_page(draw, heading, text)
    mask = np.asarray(ink.reduce(2), np.float32)[..., None] / 255
    rng = np.random.default_rng(book.seed + 7)
    spread = spread * (1 - mask) + rgb("#2a2622") * mask
    x = np.abs(np.arange(width, dtype=np.float32) - width / 2) / (width / 2)
    light = 1.0 - 0.36 * np.exp(-x / 0.035) - 0.10 * np.exp(-x / 0.16) + 0.025 * np.sin(np.pi * x)
    left = np.arange(width) < width / 2
    light = light + np.where(left, -0.035, 0.015)
    spread *= light[None, :, None]
    spread *= (1 + 0.008 * noise.grain((height, width), rng, size=2))[..., None]
    return _on_table(spread, book)


def _title_page(draw: ImageDraw.ImageDraw, book: Book) -> None:
    """The left page: author, title and imprint."""
    middle = 2 * 390
    lines = fonts.wrapped(book.title[0], fonts.font("garamond", 104, 500), 900)
    fonts.set_line(
        draw, (middle, 560), book.author, fonts.font("garamond-italic", 60), 255, anchor="m"
    )
    for index, line in enumerate(lines):
        fonts.set_line(
            draw,
            (middle, 740 + index * 118),
            line,
            fonts.font("garamond", 104, 500),
            255,
            anchor="m",
        )
    fonts.set_line(
        draw,
        (middle, 2000),
        "LINDENBLATT",
        fonts.font("jost", 34, 500),
        255,
        anchor="m",
        spacing=12,
    )
    fonts.set_line(
        draw, (middle, 2060), "Leipzig", fonts.font("garamond-italic", 46), 255, anchor="m"
    )


def _text_page(draw: ImageDraw.ImageDraw, heading: str, text: str) -> None:
    """The right page: a heading and justified lines with an indent for each paragraph."""
    left, width = 2 * 780 + 190, 1120
    face = fonts.font("garamond", 57)
    paragraphs = [line.strip() for line in text.strip().split("\n") if line.strip()]
    is_verse = all(face.getlength(line) < width for line in paragraphs)
    fonts.set_line(
        draw, (left + width / 2, 330), heading, fonts.font("garamond-italic", 66), 255, anchor="m"
    )
    y = 560.0
    for number, paragraph in enumerate(paragraphs):
        indent = 0 if number == 0 or is_verse else 60
        y = _justified(draw, paragraph, face, (left, y), width, indent=indent, stop=2130)
    fonts.set_line(draw, (left + width / 2, 2230), "7", fonts.font("garamond", 44), 255, anchor="m")


def _justified(
    draw: ImageDraw.ImageDraw,
    text: str,
    face: ImageFont.FreeTypeFont,
    at: tuple[float, float],
    width: float,
    *,
    indent: float,
    stop: float,
) -> float:
    words, y, offset = text.split(), at[1], indent
    while words and y < stop:
        count = 1
        while count < len(words) and face.getlength(" ".join(words[: count + 1])) <= width - offset:
            count += 1
        line, words = words[:count], words[count:]
        natural = sum(face.getlength(word) for word in line)
        gap = face.getlength(" ") if not words else (width - offset - natural) / max(count - 1, 1)
        x = at[0] + offset
        for word in line:
            draw.text((x, y), word, font=face, fill=255, anchor="ls")
            x += face.getlength(word) + gap
        y, offset = y + 76, 0
    return y


def _on_table(spread: Array, book: Book) -> Image.Image:
    """The spread, slightly turned, with the edges of the block under it, on the book's ground."""
    height, width = spread.shape[:2]
    ground = backdrop((1600, 1600), GROUNDS[book.code], book.seed + 8)
    canvas = Image.new("RGBA", (1600, 1600), (0, 0, 0, 0))
    block = Image.new("RGBA", (width + 40, height + 26), (0, 0, 0, 0))
    tool = ImageDraw.Draw(block)
    board = tuple(int(c * 235) for c in rgb(book.paper))
    tool.rounded_rectangle((0, 4, width + 39, height + 25), 6, fill=(*board, 255))
    for k in range(9, 0, -1):
        tone = 222 + (k % 2) * 14
        tool.rectangle(
            (20 - k, 10 + k, width + 20 + k, height + 8 + k), fill=(tone, tone - 7, tone - 22, 255)
        )
    block.paste(picture(spread), (20, 10))
    small = block.resize((1460, round(1460 * block.height / block.width)), Image.Resampling.LANCZOS)
    canvas.paste(small, (70, 230))
    turned = canvas.rotate(4, Image.Resampling.BICUBIC, center=(800, 800))
    pixels = np.asarray(turned, np.float32) / 255
    alpha = pixels[..., 3]
    for offset, radius, depth in ((5, 5, 0.4), (20, 26, 0.34)):
        cast = blurred(np.roll(alpha, (offset, offset // 2), axis=(0, 1)), radius)
        ground = ground * (1 - depth * cast[..., None])
    return picture(ground * (1 - alpha[..., None]) + pixels[..., :3] * alpha[..., None])
