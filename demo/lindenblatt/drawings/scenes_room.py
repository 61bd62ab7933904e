"""Scenes in rooms: each as a wide picture (16:9) and as a tall one for phones (4:5)."""

from PIL import Image

from . import rooms
from .prints import small
from .rooms import Room

WIDE = (2880, 1620)
TALL = (1440, 1800)


def home() -> Image.Image:
    """A sideboard in morning light under three prints."""
    room = Room(WIDE, colour="#dfe0d5", floor=1400, seed=901)
    room.picture(small("ginkgo-oktober"), "eiche", centre=(1850, 460), height=750)
    room.picture(small("bogen-und-takt"), "schwarz", centre=(2380, 330), height=490)
    room.picture(small("lindenzweig"), "weiss", centre=(2330, 770), height=290)
    rooms.sideboard(room, 1320, 1090, 1320, 236)
    rooms.lamp(room, 1440, 1090, 320)
    end = rooms.row_of_books(
        room, 1690, 1090, 225, ["gedaechtnis-der-linden", "farbenkunde", "auwald", "letzter-wagen"]
    )
    rooms.pile_of_books(
        room, end + 40, 1090, 260, ["kartenzeichnerin", "vierzig-suppen", "zimmer-mit-fluss"]
    )
    rooms.branch(room, 2545, 1090, 300, leaf="#5d7d55")
    rooms.armchair(room, 380, 1.0, fabric="#a3553c")
    room.window(300, 60, 860, 1010)
    return room.image()


def home_tall() -> Image.Image:
    """The same room, its right half."""
    room = Room(TALL, colour="#dfe0d5", floor=1600, seed=902)
    room.picture(small("ginkgo-oktober"), "eiche", centre=(560, 540), height=780)
    room.picture(small("bogen-und-takt"), "schwarz", centre=(1130, 460), height=520)
    room.picture(small("lindenzweig"), "weiss", centre=(1110, 900), height=290)
    rooms.sideboard(room, 90, 1290, 1260, 230)
    rooms.lamp(room, 250, 1290, 290)
    end = rooms.row_of_books(
        room, 480, 1290, 215, ["gedaechtnis-der-linden", "farbenkunde", "auwald", "letzter-wagen"]
    )
    rooms.pile_of_books(room, end + 40, 1290, 240, ["kartenzeichnerin", "vierzig-suppen"])
    rooms.branch(room, 1230, 1290, 300, leaf="#5d7d55")
    room.window(-60, 40, 620, 900)
    return room.image()


def gallery() -> Image.Image:
    """A wall of six prints over a bench."""
    room = Room(WIDE, colour="#e6e1d8", floor=1470, seed=903)
    for code, frame, centre, height in (
        ("drei-scheiben", "eiche", (1110, 600), 860),
        ("mohn", "weiss", (1660, 420), 520),
        ("rasterpunkt", "schwarz", (1660, 910), 400),
        ("kammlinien", "eiche", (2270, 330), 410),
        ("fadenlage", "schwarz", (2075, 800), 460),
        ("graeser-am-kanal", "weiss", (2470, 800), 460),
    ):
        room.picture(small(code), frame, centre=centre, height=height)
    rooms.sideboard(room, 1080, 1210, 1500, 150, colour="#8d6540", doors=4)
    rooms.pile_of_books(room, 1250, 1210, 280, ["auwald", "handsatz", "farbenkunde"])
    rooms.branch(room, 2360, 1210, 280, leaf="#6f8a5c", seed=8)
    room.window(240, 20, 760, 1120)
    return room.image()


def gallery_tall() -> Image.Image:
    """Four prints, one above the other."""
    room = Room(TALL, colour="#e6e1d8", floor=1690, seed=904)
    for code, frame, centre, height in (
        ("drei-scheiben", "eiche", (500, 560), 840),
        ("mohn", "weiss", (1100, 420), 480),
        ("rasterpunkt", "schwarz", (1100, 900), 400),
        ("kammlinien", "eiche", (620, 1230), 330),
    ):
        room.picture(small(code), frame, centre=centre, height=height)
    rooms.sideboard(room, 160, 1480, 1120, 130, colour="#8d6540", doors=3)
    rooms.pile_of_books(room, 980, 1480, 240, ["auwald", "handsatz"])
    room.window(-80, 30, 560, 1000)
    return room.image()


def drying() -> Image.Image:
    """Fresh prints on a line in the workshop."""
    room = Room(WIDE, colour="#d9d5cb", floor=1560, seed=905, boards="#7d6a58")
    arts = [
        small(code)
        for code in ("maeander", "mohn", "farn-bei-nacht", "bogen-und-takt", "schwarzplan")
    ]
    rooms.drying_line(room, 250, 70, arts, height=700, start=150, gap=52)
    rooms.sideboard(room, 520, 1300, 1840, 160, colour="#6f5a48", doors=4)
    rooms.pile_of_books(room, 2020, 1300, 260, ["handsatz", "farbenkunde"])
    rooms.lamp(room, 760, 1300, 280, shade="#3a4a44", glow=0.10)
    room.window(120, 0, 1100, 1200, slant=0.5)
    return room.image()


def drying_tall() -> Image.Image:
    """Two of them, closer."""
    room = Room(TALL, colour="#d9d5cb", floor=1690, seed=906, boards="#7d6a58")
    arts = [small(code) for code in ("farn-bei-nacht", "mohn")]
    rooms.drying_line(room, 240, 50, arts, height=860, start=90, gap=56)
    rooms.sideboard(room, 120, 1430, 1200, 150, colour="#6f5a48", doors=3)
    rooms.pile_of_books(room, 880, 1430, 270, ["handsatz", "farbenkunde"])
    room.window(-40, 0, 640, 1100, slant=0.5)
    return room.image()


def reading() -> Image.Image:
    """An evening with a lamp, a chair and a pile of books."""
    room = Room(WIDE, colour="#4a5a50", floor=1390, seed=907, boards="#7a5a3e")
    room.picture(small("kammlinien"), "eiche", centre=(1080, 440), height=520)
    room.picture(small("hoehenlinien"), "schwarz", centre=(2430, 430), height=600)
    rooms.armchair(room, 1130, 1.12, fabric="#b8643f", timber="#4e3420")
    rooms.sideboard(room, 1960, 1090, 620, 230, colour="#8a6039", doors=2)
    rooms.lamp(room, 2120, 1090, 420, glow=0.75)
    rooms.pile_of_books(
        room,
        2270,
        1090,
        250,
        ["kartenzeichnerin", "gedaechtnis-der-linden", "letzter-wagen", "zimmer-mit-fluss"],
    )
    return room.image()


def reading_tall() -> Image.Image:
    """The lamp and the books."""
    room = Room(TALL, colour="#4a5a50", floor=1600, seed=908, boards="#7a5a3e")
    room.picture(small("hoehenlinien"), "schwarz", centre=(980, 520), height=700)
    rooms.sideboard(room, 330, 1290, 980, 230, colour="#8a6039", doors=2)
    rooms.lamp(room, 540, 1290, 460, glow=0.75)
    rooms.pile_of_books(
        room,
        840,
        1290,
        330,
        ["kartenzeichnerin", "gedaechtnis-der-linden", "letzter-wagen", "zimmer-mit-fluss"],
    )
    return room.image()


def interior(code: str, frame: str, *, style: str, colour: str, fabric: str) -> Image.Image:
    """A print in a room, as the third picture of a product: with a "chair", a "sofa" or a "desk"."""
    room = Room((1600, 1600), colour=colour, floor=1390, seed=910)
    is_landscape = small(code).width > small(code).height
    if style == "chair":
        room.picture(small(code), frame, centre=(1080, 430), height=480 if is_landscape else 690)
        rooms.sideboard(room, 700, 1110, 820, 210, doors=2)
        rooms.lamp(room, 810, 1110, 270)
        rooms.pile_of_books(room, 1010, 1110, 210, ["auwald", "kartenzeichnerin", "handsatz"])
        rooms.branch(room, 1400, 1110, 270, leaf="#5d7d55", seed=5)
        rooms.armchair(room, 40, 0.98, fabric=fabric)
        room.window(40, 20, 560, 900)
    elif style == "sofa":
        room.picture(small(code), frame, centre=(800, 480), height=560 if is_landscape else 740)
        rooms.sofa(room, 180, 1240, fabric=fabric, pillow="#d9b98a")
        room.window(-120, 0, 620, 1000, slant=0.28)
    else:
        room.picture(small(code), frame, centre=(620, 430), height=520 if is_landscape else 680)
        rooms.table(room, 220, 1010, 1160)
        rooms.lamp(room, 1200, 1010, 330)
        rooms.row_of_books(
            room, 920, 1010, 210, ["handsatz", "letzter-wagen", "vierzig-suppen", "auwald"]
        )
        rooms.branch(room, 340, 1010, 215, leaf="#6f8a5c", seed=8)
        room.window(900, -40, 560, 900, slant=-0.28)
    return room.image()
