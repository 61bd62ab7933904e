"""Generators of export files as shops have them, with what should come of each."""

import csv
import io
import threading
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from PIL import Image

DATA = Path(__file__).parents[2] / "data"
COLOURS, SIZES = ("Navy", "Ecru", "Moss"), ("S", "M")
SHOPIFY = [
    "Handle",
    "Title",
    "Body (HTML)",
    "Vendor",
    "Product Category",
    "Type",
    "Tags",
    "Published",
    "Option1 Name",
    "Option1 Value",
    "Option2 Name",
    "Option2 Value",
    "Variant SKU",
    "Variant Grams",
    "Variant Inventory Tracker",
    "Variant Inventory Qty",
    "Variant Inventory Policy",
    "Variant Price",
    "Variant Compare At Price",
    "Image Src",
    "Image Position",
    "Image Alt Text",
    "Gift Card",
    "SEO Title",
    "SEO Description",
    "Variant Image",
    "Status",
]
WOO = [
    "ID",
    "Type",
    "SKU",
    "Name",
    "Published",
    "Visibility in catalog",
    "Short description",
    "Description",
    "In stock?",
    "Stock",
    "Sale price",
    "Regular price",
    "Categories",
    "Images",
    "Parent",
    "Attribute 1 name",
    "Attribute 1 value(s)",
    "Attribute 1 visible",
    "Attribute 1 global",
]


@dataclass
class Wanted:
    """What the shop should sell after the import, by SKU, and what its products look like."""

    prices: dict = field(default_factory=dict)
    sales: dict = field(default_factory=dict)
    stock: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)
    pictures: dict = field(default_factory=dict)
    redirects: set = field(default_factory=set)
    titles: set = field(default_factory=set)

    def as_dict(self):
        """As ``catalogue`` finds it in the shop. Old paths end with the name in the new URL."""
        redirects = {path: path.rsplit("/", 1)[1] for path in self.redirects}
        return {**vars(self), "titles": sorted(self.titles), "redirects": redirects}


def picture(number):
    """A small JPEG of a colour of its own."""
    image = Image.new("RGB", (24, 24), (number % 256, number // 256 % 256, 90))
    file = io.BytesIO()
    image.save(file, "JPEG")
    return file.getvalue()


def as_csv(columns, rows, **kwargs):
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, columns, **kwargs)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def shopify_export(count, source, *, every=3):
    """``(content, Wanted)`` of products, ``every`` nth with six variants. ``source(name)`` is a URL."""
    rows, wanted = [], Wanted()
    for n in range(count):
        handle, title = f"thing-{n}", f"Thing № {n}"
        wanted.titles.add(title)
        wanted.redirects.add(f"/products/{handle}")
        top = {
            "Handle": handle, "Title": title, "Body (HTML)": f"<p>Thing <b>{n}</b></p>",
            "Vendor": "Quay & Co", "Product Category": f"Goods > Group {n % 7}", "Type": "Thing",
            "Published": "true", "SEO Title": f"{title} | Shop", "Status": "active",
        }  # fmt: skip
        variants = [(c, s) for c in COLOURS for s in SIZES] if n % every == 0 else [None]
        shown = [source(f"{handle}-{c}.jpg") for c in COLOURS] if n % every == 0 else []
        pictures = shown or [source(f"{handle}.jpg")]
        wanted.pictures[handle] = pictures
        for number, variant in enumerate(variants):
            sku = f"T{n}" if variant is None else f"T{n}-{variant[0]}-{variant[1]}"
            row = dict(top) if number == 0 else {"Handle": handle}
            price, was = f"{5 + n % 90}.50", f"{9 + n % 90}.00" if n % 5 == 0 else ""
            row |= {
                "Variant SKU": sku, "Variant Inventory Tracker": "shopify",
                "Variant Inventory Qty": n % 12, "Variant Inventory Policy": "deny",
                "Variant Price": price, "Variant Compare At Price": was,
            }  # fmt: skip
            if variant is None:
                row |= {"Option1 Name": "Title", "Option1 Value": "Default Title"}
            else:
                row |= {"Option1 Value": variant[0], "Option2 Value": variant[1]}
                row["Variant Image"] = source(f"{handle}-{variant[0]}.jpg")
                if number == 0:
                    row |= {"Option1 Name": "Colour", "Option2 Name": "Size"}
                wanted.options[sku] = {"Colour": variant[0], "Size": variant[1]}
            if number < len(pictures):
                row |= {"Image Src": pictures[number], "Image Position": number + 1}
            wanted.prices[sku], wanted.stock[sku] = was or price, n % 12
            if was:
                wanted.sales[sku] = price
            rows.append(row)
    return as_csv(SHOPIFY, rows), wanted


def woo_export(count, source, *, photographs=2):
    """``(content, Wanted)`` with decimal commas, every fourth product with three variations."""
    rows, wanted = [], Wanted()
    for n in range(count):
        title, key = f"Ware {n}", f"{1000 + 10 * n}"
        wanted.titles.add(title)
        wanted.redirects.add(f"/product/ware-{n}")
        pictures = [source(f"ware-{n}-{i}.jpg") for i in range(photographs)]
        wanted.pictures[f"ware-{n}"] = pictures
        row = {
            "ID": key, "Name": title, "Published": "1", "Visibility in catalog": "visible",
            "Description": f"One\\nTwo {n}", "Categories": f"Home > Corner {n % 5}, Gifts",
            "Images": ", ".join(pictures),
        }  # fmt: skip
        if n % 4:
            price = f"1.0{n % 90:02d},50"
            rows.append({**row, "Type": "simple", "SKU": f"W{n}", "Regular price": price,
                         "In stock?": "1", "Stock": n % 9})  # fmt: skip
            wanted.prices[f"W{n}"] = f"10{n % 90:02d}.50"
            wanted.stock[f"W{n}"] = n % 9
            continue
        rows.append({**row, "Type": "variable", "SKU": f"W{n}", "Attribute 1 name": "Scent",
                     "Attribute 1 value(s)": "Fig, Rose, Sea"})  # fmt: skip
        for place, scent in enumerate(("Fig", "Rose", "Sea")):
            sku = f"W{n}-{scent}"
            rows.append({
                "ID": f"{int(key) + place + 1}", "Type": "variation", "SKU": sku,
                "Name": f"{title} - {scent}", "Published": "1", "In stock?": "1", "Stock": place,
                "Regular price": f"{20 + place},00", "Sale price": "15,00" if place else "",
                "Parent": f"W{n}" if place else f"id:{key}", "Attribute 1 name": "Scent",
                "Attribute 1 value(s)": scent,
            })  # fmt: skip
            wanted.prices[sku], wanted.stock[sku] = f"{20 + place}.00", place
            wanted.options[sku] = {"Scent": scent}
            if place:
                wanted.sales[sku] = "15.00"
    return as_csv(WOO, rows), wanted


def archive_of(files):
    """A zip archive of ``{name: content}``."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


@contextmanager
def served(respond):
    """A local server; ``respond(path)`` returns status, headers and body. Yields its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, headers, body = respond(self.path)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
