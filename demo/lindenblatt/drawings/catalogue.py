"""Every picture by its file name, as a function that draws it."""

import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from zlib import crc32

from PIL import Image

from . import covers, paper_goods, scenes_room, scenes_table, volumes, walls
from .prints import PRINTS, art, small

Draw = Callable[[], Image.Image]
DATA = Path(__file__).resolve().parents[1] / "data"

#: Prints that also have a picture in a room: the frame, the wall and the chair.
ROOMS = {
    "bogen-und-takt": ("schwarz", "#dcd8ce", "#356650"),
    "drei-scheiben": ("eiche", "#d5d9d3", "#a3553c"),
    "lindenzweig": ("eiche", "#e4dccb", "#a3553c"),
    "ginkgo-oktober": ("eiche", "#d9d3c6", "#27395a"),
    "mohn": ("weiss", "#d7dcd2", "#356650"),
    "kammlinien": ("weiss", "#e2d8cb", "#54797c"),
    "schwarzplan": ("schwarz", "#dedad2", "#8a4a35"),
}
#: The sixth card of a set is a part of one of its prints: left, top, right, bottom as shares.
CARDS: dict[str, tuple[tuple[str, ...], tuple[str, tuple[float, ...]], str, str, str]] = {
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


def quality(name: str) -> int:
    """The JPEG quality of a picture: finer where paper and ink are seen from near."""
    if name.startswith("scene-"):
        return 76
    return 80 if name.endswith("-detail") else 82


def _prints() -> dict[str, Draw]:
    result: dict[str, Draw] = {}
    for code, (_draw, place) in PRINTS.items():
        seed = crc32(code.encode()) % 10_000
        result[f"{code}-ohne"] = lambda code=code, seed=seed: walls.unframed(art(code), seed=seed)
        for frame in walls.MOULDINGS:
            result[f"{code}-{frame}"] = lambda code=code, frame=frame, seed=seed: walls.in_frame(
                art(code), frame, seed=seed
            )
        result[f"{code}-detail"] = lambda code=code, at=place, seed=seed: walls.detail(
            art(code), at=at, seed=seed
        )
        if code in ROOMS:
            frame, colour, fabric = ROOMS[code]
            result[f"{code}-raum"] = partial(
                scenes_room.interior, code, frame, colour=colour, fabric=fabric
            )
    return result


def _books() -> dict[str, Draw]:
    with (DATA / "products.toml").open("rb") as file:
        rows = {row["code"]: row for row in tomllib.load(file)["products"]}
    result: dict[str, Draw] = {}
    for book in covers.BOOKS:
        excerpt = rows[book.code]["excerpt"]
        formats = {v["options"][0] for v in rows[book.code]["variants"]}
        draws: dict[str, Draw] = {
            "gebunden": partial(volumes.standing, book),
            "taschenbuch": partial(volumes.lying, book),
            "ebook": partial(volumes.on_reader, book),
        }
        for kind, draw in draws.items():
            if kind in formats:
                result[f"{book.code}-{kind}"] = draw
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
        result[f"{code}-set"] = lambda m=motifs, p=part, g=ground, e=letter, s=seed: (
            paper_goods.card_set(_motifs(m, p), s, ground=g, letter=e)
        )
        result[f"{code}-detail"] = lambda m=motifs, g=ground, e=letter, s=seed, w=words: (
            paper_goods.card_detail(small(m[2]), s, ground=g, letter=e, words=w)
        )
    result["einrahmung-service"] = lambda: paper_goods.framing(small("graeser-am-kanal"))
    result["einrahmung-detail"] = lambda: paper_goods.corner_detail(art("graeser-am-kanal"))
    result["gutschein-karte"] = paper_goods.gift_card
    return result


def _motifs(codes: tuple[str, ...], part: tuple[str, tuple[float, ...]]) -> list[Image.Image]:
    """Six motifs: the prints themselves, then parts of the one named."""
    motifs = [small(code) for code in codes]
    sheet = art(part[0])
    left, top, right, bottom = part[1]
    while len(motifs) < 6:
        box = (left * sheet.width, top * sheet.height, right * sheet.width, bottom * sheet.height)
        motifs.append(sheet.crop(tuple(round(n) for n in box)))
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
