"""Every picture by its file name, as a function that draws it."""

from collections.abc import Callable
from functools import partial
from zlib import crc32

from PIL import Image

from .. import goods
from . import covers, paper_goods, scenes_room, scenes_table, volumes, walls
from .prints import PRINTS, art, small

Draw = Callable[[], Image.Image]
#: A print, and left, top, right and bottom of a part of it as shares.
Part = tuple[str, tuple[float, float, float, float]]

#: Prints that also have a picture in a room: frame, kind of room, colours of the wall and the fabric.
ROOMS = {
    "bogen-und-takt": ("schwarz", "desk", "#dcd8ce", "#356650"),
    "drei-scheiben": ("eiche", "chair", "#d5d9d3", "#a3553c"),
    "lindenzweig": ("eiche", "sofa", "#e4dccb", "#8f9a86"),
    "ginkgo-oktober": ("eiche", "chair", "#d9d3c6", "#27395a"),
    "mohn": ("weiss", "desk", "#d7dcd2", "#356650"),
    "kammlinien": ("weiss", "sofa", "#e2d8cb", "#5b7a80"),
    "schwarzplan": ("schwarz", "sofa", "#dedad2", "#a86a4e"),
}
#: Sets of cards: prints, the part of one that is the sixth card, table, envelopes, words inside.
CARDS: dict[str, tuple[tuple[str, ...], Part, str, str, str]] = {
    "klappkarten-botanik": (
        ("lindenzweig", "farn-bei-nacht", "ginkgo-oktober", "mohn", "graeser-am-kanal"),
        ("mohn", (0.34, 0.06, 0.94, 0.66)),
        "#dcd5c8",
        "#c9a57a",
        "Alles Liebe von uns drei",
    ),
    "klappkarten-geometrie": (
        ("bogen-und-takt", "drei-scheiben", "treppenhaus", "rasterpunkt", "fadenlage"),
        ("bogen-und-takt", (0.05, 0.36, 0.53, 0.84)),
        "#d3d7d6",
        "#dca43c",
        "Willkommen, kleiner Jonte!",
    ),
    "klappkarten-landschaft": (
        ("hoehenlinien", "maeander", "schwarzplan", "kammlinien"),
        ("hoehenlinien", (0.22, 0.12, 0.72, 0.62)),
        "#cfd3c6",
        "#7fa9b0",
        "Bis Sonntag am See",
    ),
}


def pictures() -> dict[str, Draw]:
    """``{file name without extension: drawing}`` of all pictures, in the catalogue's order."""
    return {**_prints(), **_books(), **_paper(), **_scenes()}


def budget(name: str) -> tuple[int, int]:
    """The JPEG quality of a picture, and the most bytes it should take."""
    if name.startswith("scene-"):
        return 82, 170_000 if name.endswith("-tall") else 300_000
    return 84, 200_000 if name.endswith("-detail") else 130_000


def _prints() -> dict[str, Draw]:
    rows = {row["code"]: row for row in goods.products()}
    result: dict[str, Draw] = {}
    for code, (_draw, place) in PRINTS.items():
        seed = crc32(code.encode()) % 10_000
        for frame in dict.fromkeys(v.options[1] for v in goods.variants(rows[code])):
            result[f"{code}-{frame}"] = partial(_framed, code, frame, seed)
        result[f"{code}-detail"] = partial(_detail, code, place, seed)
        if code in ROOMS:
            frame, style, colour, fabric = ROOMS[code]
            result[f"{code}-raum"] = partial(
                scenes_room.interior, code, frame, style=style, colour=colour, fabric=fabric
            )
    return result


def _framed(code: str, frame: str, seed: int) -> Image.Image:
    if frame == "ohne":
        return walls.unframed(art(code), seed=seed)
    return walls.in_frame(art(code), frame, seed=seed)


def _detail(code: str, place: tuple[float, float], seed: int) -> Image.Image:
    return walls.detail(art(code), at=place, seed=seed)


def _books() -> dict[str, Draw]:
    rows = {row["code"]: row for row in goods.products()}
    result: dict[str, Draw] = {}
    for book in covers.BOOKS:
        excerpt = rows[book.code]["excerpt"]
        draws: dict[str, Draw] = {
            "gebunden": partial(volumes.standing, book),
            "taschenbuch": partial(volumes.lying, book),
            "ebook": partial(volumes.on_reader, book),
        }
        for (kind,) in (variant.options for variant in goods.variants(rows[book.code])):
            result[f"{book.code}-{kind}"] = draws[kind]
        result[f"{book.code}-detail"] = partial(
            volumes.opened, book, excerpt["heading"], excerpt["text"]
        )
    return result


def _paper() -> dict[str, Draw]:
    result: dict[str, Draw] = {}
    for colour in paper_goods.CLOTH:
        result[f"kladde-{colour}"] = partial(paper_goods.hardcover, colour)
    result["kladde-detail"] = partial(paper_goods.engraved, "nachtblau", "Clara Sommer")
    for colour in paper_goods.BOARD:
        result[f"skizzenheft-{colour}"] = partial(paper_goods.sketchbook, colour)
    result["skizzenheft-detail"] = partial(paper_goods.sketching, "ocker")
    for colour in paper_goods.CARD:
        result[f"taschenhefte-{colour}"] = partial(paper_goods.booklets, colour)
    result["taschenhefte-detail"] = partial(paper_goods.rulings, "salbei")
    for code, (motifs, part, ground, letter, words) in CARDS.items():
        seed = crc32(code.encode()) % 10_000
        result[f"{code}-set"] = partial(_card_set, motifs, part, seed, ground, letter)
        result[f"{code}-detail"] = partial(_card_detail, motifs[2], seed, ground, letter, words)
    result["einrahmung-service"] = lambda: paper_goods.framing(small("graeser-am-kanal"))
    result["einrahmung-detail"] = lambda: paper_goods.corner_detail(art("ginkgo-oktober"))
    result["gutschein-karte"] = paper_goods.gift_card
    return result


def _card_set(
    motifs: tuple[str, ...], part: Part, seed: int, ground: str, letter: str
) -> Image.Image:
    return paper_goods.card_set(_motifs(motifs, part), seed, ground=ground, letter=letter)


def _card_detail(motif: str, seed: int, ground: str, letter: str, words: str) -> Image.Image:
    return paper_goods.card_detail(small(motif), seed, ground=ground, letter=letter, words=words)


def _motifs(codes: tuple[str, ...], part: Part) -> list[Image.Image]:
    """Six motifs: the prints themselves, then parts of the one named."""
    motifs = [small(code) for code in codes]
    sheet = art(part[0])
    left, top, right, bottom = part[1]
    while len(motifs) < 6:
        width, height = sheet.size
        motifs.append(sheet.crop((left * width, top * height, right * width, bottom * height)))
        sheet, left, right = art(codes[1]), 0.1, 0.9
    return motifs


def _scenes() -> dict[str, Draw]:
    pairs: dict[str, tuple[Draw, Draw]] = {
        "start": (scenes_room.home, scenes_room.home_tall),
        "drucke": (scenes_room.gallery, scenes_room.gallery_tall),
        "buecher": (scenes_table.books, scenes_table.books_tall),
        "papier": (scenes_table.paper, scenes_table.paper_tall),
        "werkstatt": (scenes_table.workshop, scenes_table.workshop_tall),
        "leine": (scenes_room.drying, scenes_room.drying_tall),
        "lesen": (scenes_room.reading, scenes_room.reading_tall),
        "landkarten": (scenes_table.maps, scenes_table.maps_tall),
        "herbst": (scenes_table.autumn, scenes_table.autumn_tall),
    }
    result: dict[str, Draw] = {}
    for name, (wide, tall) in pairs.items():
        result[f"scene-{name}"] = wide
        result[f"scene-{name}-tall"] = tall
    return result
