"""What a PDF of ours shows: the glyphs in the order from left to right, as the text they stand for."""

import re
import zlib

#: A change of the font, or a text with its escaped brackets, in a content stream.
STEP = re.compile(rb"/(F\d+) [\d.]+ Tf|\(((?:\\.|[^\\)])*)\) Tj", re.DOTALL)
ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def rows_of(pdf):
    """The texts of each baseline, in the order in which they were drawn.

    A ligature is the letters that it stands for, in the order of reading: the text of a row from
    right to left is reversed, except within its ligatures.
    """
    return ["".join(letters for _code, letters in row) for row in glyph_rows(pdf)]


def glyph_rows(pdf):
    """Pairs of a glyph's code and its letters, by baseline. A further glyph of a cluster has none."""
    objects = dict(re.findall(rb"(\d+) 0 obj\n(.*?)\nendobj", pdf, re.DOTALL))
    fonts = _fonts_of(objects)
    rows = {}
    for page in re.findall(rb"/Contents (\d+) 0 R", pdf):
        font = None
        for block in re.findall(rb"BT.*?ET", _stream(objects[page]), re.DOTALL):
            place = re.search(rb"BT [\d.]+ ([\d.]+) Td", block)
            for step in STEP.finditer(block):
                if step[1]:
                    font = fonts[step[1]]
                else:
                    row = rows.setdefault((page, place[1]), [])
                    row += [(code, font.get(code, "")) for code in _codes(step[2])]
    return list(rows.values())


def _fonts_of(objects):
    """The letters of each glyph code, by the font's name in content streams."""
    resources = next(value for value in objects.values() if value.startswith(b"<<\n/Font <<"))
    fonts = {}
    for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", resources):
        table = re.search(rb"/ToUnicode (\d+) 0 R", objects[number])[1]
        fonts[name] = {
            int(code, 16): bytes.fromhex(letters.decode()).decode("utf-16-be")
            for code, letters in re.findall(rb"<([0-9A-F]+)> <([0-9A-F]+)>\n", objects[table])
        }
    return fonts


def _stream(content):
    return zlib.decompress(re.search(rb"stream\n(.*)\nendstream", content, re.DOTALL)[1])


def _codes(text):
    plain = ESCAPED.sub(lambda found: CONTROLS.get(found[1], found[1]), text)
    return [int.from_bytes(plain[at : at + 2]) for at in range(0, len(plain), 2)]
