"""Writes the e-books of Lindenblatt: EPUB files with a title page and the excerpt."""

import io
import zipfile
from html import escape
from typing import Any

#: The same for every file, so that the same book gives the same bytes.
MOMENT = (2025, 1, 1, 0, 0, 0)
CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>"""
STYLE = """body { font-family: serif; line-height: 1.5; margin: 5%; }
h1, h2, .author { text-align: center; font-weight: normal; }
h1 { margin-top: 30%; } p + p { text-indent: 1.2em; margin-top: 0; } p { margin-bottom: 0; }"""
PAGE = """<?xml version="1.0" encoding="UTF-8"?>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="de">
<head><title>{title}</title><link rel="stylesheet" href="style.css"/></head>
<body>{body}</body></html>"""


def write_ebook(product: dict[str, Any], *, isbn: str) -> bytes:
    """The EPUB of a book of products.toml."""
    title, author = product["title"], product["attributes"]["autor"]
    excerpt = product.get("excerpt", {"heading": title, "text": product["description"]})
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in excerpt["text"].strip().splitlines())
    front = f'<h1>{escape(title)}</h1><p class="author">{escape(author)}</p>'
    text = f"<h2>{escape(excerpt['heading'])}</h2>{paragraphs}"
    contents = f'<nav epub:type="toc"><ol><li><a href="text.xhtml">{escape(excerpt["heading"])}</a></li></ol></nav>'
    files = {
        "META-INF/container.xml": CONTAINER,
        "book.opf": _package(title, author, isbn),
        "style.css": STYLE,
        "title.xhtml": PAGE.format(title=escape(title), body=front),
        "text.xhtml": PAGE.format(title=escape(title), body=text),
        "nav.xhtml": PAGE.format(title="Inhalt", body=contents),
    }
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        # The first entry names the format and is not compressed.
        kind = zipfile.ZipInfo("mimetype", MOMENT)
        archive.writestr(kind, "application/epub+zip", zipfile.ZIP_STORED)
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, MOMENT), content, zipfile.ZIP_DEFLATED)
    return output.getvalue()


def _package(title: str, author: str, isbn: str) -> str:
    kind = 'media-type="application/xhtml+xml"'
    manifest = f'<item id="nav" href="nav.xhtml" properties="nav" {kind}/>' + "".join(
        f'<item id="{name}" href="{name}.xhtml" {kind}/>' for name in ("title", "text")
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="isbn">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="isbn">urn:isbn:{escape(isbn)}</dc:identifier><dc:title>{escape(title)}</dc:title>
<dc:creator>{escape(author)}</dc:creator><dc:language>de</dc:language>
<dc:publisher>Lindenblatt</dc:publisher>
<meta property="dcterms:modified">2025-01-01T00:00:00Z</meta></metadata>
<manifest>{manifest}<item id="style" href="style.css" media-type="text/css"/></manifest>
<spine><itemref idref="title"/><itemref idref="text"/></spine></package>"""
