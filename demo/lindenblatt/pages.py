"""Loads Lindenblatt's pages, banners, stories of products, navigation and footer from pages.toml."""

import re
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from wagtail.models import Page, Site

from commerce.models import ProductCollection
from demo.body_builder import Block, BodyBuilder
from demo.lindenblatt import goods
from demo.pages import HOME, home_page, sale_end
from home.models import (
    Banner,
    LandingPage,
    ProductStory,
    SiteSettings,
    StandardPage,
    StoryIndexPage,
    StoryPage,
)

KINDS = {
    "landing": LandingPage,
    "story_index": StoryIndexPage,
    "story": StoryPage,
    "standard": StandardPage,
}
#: Columns that pages take from the file as they are.
COLUMNS = ("intro", "author", "standfirst", "product_role")
PAGE_LINK = re.compile(r'<a href="page:([\w-]+)">')
#: Arguments of the body builder that are given by position.
POSITIONAL = {"tiles": ("heading", "tiles"), "gallery": ("heading", "images")}


@transaction.atomic
def load_pages(builder: BodyBuilder) -> int:
    """Create missing pages and leave existing ones alone. Returns the number of pages written.

    Creates all pages before the first body, because bodies link to each other.
    """
    data = goods.read("pages")
    home, is_blank = home_page()
    builder.pages[HOME] = home
    _collections(builder, data)
    new = []
    for row in data["pages"]:
        if row["kind"] == "home":
            continue
        page = KINDS[row["kind"]].objects.filter(slug=row["slug"]).first()
        if page is None:
            page = _create(builder, row)
            new.append(row)
        builder.pages[row["slug"]] = page
    _banners(builder, data)
    for row in data["pages"]:
        if row in new:
            _publish(builder.pages[row["slug"]], _body(builder, row))
        elif row["kind"] == "home" and is_blank:
            home.refresh_from_db()
            home.title, home.seo_title = row["title"], row["seo_title"]
            home.search_description = row["description"]
            _publish(home, _body(builder, row), fresh=False)
    _product_stories(builder, data)
    _site_settings(builder, data["navigation"])
    return len(new) + is_blank


def _create(builder: BodyBuilder, row: dict[str, Any]) -> Page:
    fields = {name: row[name] for name in COLUMNS if name in row}
    if "product" in row:
        fields["product"] = builder.products[row["product"]]
    if "lead_image" in row:
        fields["lead_image"] = builder.images[row["lead_image"]]
    if "days" in row:
        fields["date"] = timezone.localdate() - timedelta(days=row["days"])
    page = KINDS[row["kind"]](
        title=row["title"], slug=row["slug"], search_description=row["description"], **fields
    )
    parent = builder.pages[row.get("parent", HOME)]
    # Adding a child changes the parent's row: read it again.
    return Page.objects.get(pk=parent.pk).add_child(instance=page)


def _publish(page: Any, body: list[Block], *, fresh: bool = True) -> None:
    if fresh:
        page.refresh_from_db()
    if body:
        page.body = body
    page.save_revision().publish()


def _body(builder: BodyBuilder, row: dict[str, Any]) -> list[Block]:
    return [_block(builder, block) for block in row.get("body", ())]


def _block(builder: BodyBuilder, block: dict[str, Any]) -> Block:
    """A block of the file, made by the builder's method of the same name."""
    words = {name: value for name, value in block.items() if name != "block"}
    if "html" in words:
        words["html"] = PAGE_LINK.sub(
            lambda match: builder.anchor("", match[1]).removesuffix("</a>"), words["html"]
        )
    make = getattr(builder, block["block"])
    if block["block"] in POSITIONAL:
        heading, rows = (words.pop(name) for name in POSITIONAL[block["block"]])
        return make(heading, *map(tuple, rows), **words)
    return make(**words)


def _collections(builder: BodyBuilder, data: dict[str, Any]) -> None:
    for row in data["collections"]:
        found = ProductCollection.objects.filter(slug=row["slug"]).first()
        builder.collections[row["slug"]] = found or ProductCollection.objects.create(**row)


def _banners(builder: BodyBuilder, data: dict[str, Any]) -> None:
    for row in data["banners"]:
        banner = Banner.objects.filter(heading=row["heading"]).first()
        if banner is None:
            banner = Banner(
                heading=row["heading"],
                text=row["text"],
                image=builder.images[row["image"]],
                link=[("link", builder.link(*row["link"]))],
                expire_at=sale_end(),
            )
            banner.save()
            banner.save_revision().publish()
        builder.banners[row["code"]] = banner


def _product_stories(builder: BodyBuilder, data: dict[str, Any]) -> None:
    for row in data["product_stories"]:
        product = builder.products[row["product"]]
        if ProductStory.objects.filter(product=product).exists():
            continue
        story = ProductStory(product=product, body=_body(builder, row))
        story.save()
        story.save_revision().publish()


def _site_settings(builder: BodyBuilder, row: dict[str, Any]) -> None:
    settings = SiteSettings.for_site(Site.objects.get(is_default_site=True))
    if settings.navigation or settings.footer:
        return
    settings.announcement_text = row["announcement"]
    settings.announcement_until = sale_end()
    settings.announcement_link = [("link", builder.link(*row["announcement_link"]))]
    settings.navigation = [("link", builder.link(*link)) for link in row["main"]]
    settings.footer_text = row["footer_text"]
    settings.footer = [
        (
            "column",
            {
                "heading": column["heading"],
                "links": [builder.link(*one) for one in column["links"]],
            },
        )
        for column in row["footer"]
    ]
    settings.returns_text = row["returns_text"]
    settings.returns_page = Page.objects.filter(slug=row["returns_page"]).first()
    settings.save()
