"""Page bodies as Wagtail stores them, with every kind of block."""


def link(**target):
    return {"label": "Look", **target}


def block(kind, value):
    return {"type": kind, "value": value}


def row(*products, when_sold_out="last"):
    return block(
        "product_row",
        {
            "heading": "From the kiln",
            "link": link(address="/catalogue/"),
            "products": products,
            "when_sold_out": when_sold_out,
        },
    )


def buy(product_id):
    return block("product", {"product": product_id, "text": "Thrown in one piece."})


def quote(*products):
    return block("quote", {"text": "It pours.", "attribution": "Ruth", "products": products})


def banner(pk):
    return block("banner", {"banner": pk})


def feature(photo, **target):
    return block(
        "feature",
        {"image": photo.pk, "heading": "One kiln", "text": "x", "link": link(**target)},
    )


def collection(pk):
    return block("collection", {"collection": pk, "heading": "", "count": "4"})


def every_block(photo, *, product, category, page, banner_id, collection_id):
    """A body with one block of each kind."""
    tile = {"image": photo.pk, "heading": "", "text": "Look", "category": None, "page": None}
    return [
        block("hero", {"image": photo.pk, "heading": "The table", "link": link(product=product)}),
        block("text", "<h2>Clay</h2><p>From the estuary.</p>"),
        block("statement", {"text": "Fired on Thursdays.", "link": link(product=product)}),
        feature(photo, product=product),
        block("image", {"image": photo.pk, "caption": "The kiln", "width": "page"}),
        block("gallery", {"heading": "Hands", "images": [{"image": photo.pk, "caption": "a"}] * 2}),
        quote(product),
        buy(product),
        row(product),
        collection(collection_id),
        block(
            "category_teaser",
            {"heading": "Rooms", "tiles": [{**tile, "category": category}, {**tile, "page": page}]},
        ),
        banner(banner_id),
    ]
