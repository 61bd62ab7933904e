"""Loads missing pages, banner, product stories, navigation and footer of the demo."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from wagtail.models import Page, Site

from commerce.clock import shop_now
from commerce.models import ProductCollection, SalePrice
from commerce.shop_settings.current import current_shop
from demo import articles, landing_pages
from demo.body_builder import Block, BodyBuilder
from home.models import (
    Banner,
    HomePage,
    LandingPage,
    ProductStory,
    SiteSettings,
    StandardPage,
    StoryIndexPage,
    StoryPage,
)

HOME = "home"
JOURNAL = "journal"


@dataclass(frozen=True)
class Draft:
    """A page to be created, with the function that builds its body."""

    kind: type[Page]
    slug: str
    title: str
    description: str
    body: Callable[[BodyBuilder], list[Block]] | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    parent: str = HOME


DRAFTS = (
    Draft(
        LandingPage,
        "the-morning-table",
        "The morning table",
        "Mugs, bowls and a teapot for slow starts: six pieces of stoneware thrown by hand.",
        landing_pages.morning_table,
    ),
    Draft(
        LandingPage,
        "windowsill",
        "The windowsill",
        "Small planters and bud vases for a narrow place with good light.",
        landing_pages.windowsill,
    ),
    Draft(
        LandingPage,
        "after-dark",
        "After dark",
        "Candle holders and incense dishes in stoneware, for the end of a supper.",
        landing_pages.after_dark,
    ),
    Draft(
        LandingPage,
        "moon-vase",
        "The moon vase",
        "Two bowls joined lip to lip: how our moon vase is made, and why it is never a sphere.",
        landing_pages.moon_vase,
        {"product": "moon-vase"},
    ),
    Draft(
        StoryIndexPage,
        JOURNAL,
        "Journal",
        "Notes from the studio: clay, fire and the people at the wheel.",
        None,
        {"intro": "Notes from the studio, written when the kiln is too hot to open."},
    ),
    Draft(
        StoryPage,
        "never-quite-round",
        "Why our plates are never quite round",
        "We measured forty dinner plates, and kept the difference.",
        articles.never_quite_round,
        {
            "author": "Maren Holt",
            "days": 12,
            "lead_image": "scene-overhead",
            "standfirst": "Every plate leaves the wheel with the mark of the hand that lifted it. "
            "We measured forty of them, and kept the difference.",
        },
        JOURNAL,
    ),
    Draft(
        StoryPage,
        "week-of-one-firing",
        "A week of one firing",
        "From two hundred kilos of clay on Monday to a warm door on Saturday.",
        articles.week_of_one_firing,
        {
            "author": "Lotte Brandt",
            "days": 33,
            "lead_image": "scene-stack",
            "standfirst": "From two hundred kilos of clay on Monday to a warm door on Saturday. "
            "What six people do with one cubic metre.",
        },
        JOURNAL,
    ),
    Draft(
        StandardPage,
        "care",
        "Care",
        "How to wash, warm and mend our stoneware.",
        articles.care,
        {"intro": "Use it daily. That is most of the care it needs."},
    ),
    Draft(
        StandardPage,
        "about",
        "About the studio",
        "Six people, one kiln and a shed that used to mend sails.",
        articles.about,
        {"intro": "Six people, one kiln and a shed that used to mend sails."},
    ),
    Draft(
        StandardPage,
        "delivery-returns",
        "Delivery & returns",
        "What delivery costs, when it arrives, and sixty days to change your mind.",
        articles.delivery_returns,
        {"intro": "Packed in straw, sent on working days. Sixty days to change your mind."},
    ),
    Draft(
        StandardPage,
        "privacy",
        "Privacy",
        "What we know about you, why, and for how long.",
        articles.privacy,
    ),
    Draft(StandardPage, "terms", "Terms", "The terms of sale, kept short.", articles.terms),
)
PRODUCT_STORIES = {
    "mug": articles.story_mug,
    "teapot": articles.story_teapot,
    "moon-vase": articles.story_moon_vase,
    "dinner-plate": articles.story_dinner_plate,
}


@transaction.atomic
def load_pages(builder: BodyBuilder) -> int:
    """Create missing pages and leave existing ones alone. Returns the number of pages written.

    Creates all pages before the first body, because bodies link to each other.
    """
    home, home_is_blank = home_page()
    builder.pages[HOME] = home
    new = [draft for draft in DRAFTS if not _find(builder, draft)]
    for draft in new:
        builder.pages[draft.slug] = _create(builder, draft)
    builder.banners["vases"] = _banner(builder)
    builder.collections["small-presents"] = _small_presents()
    if home_is_blank:
        home.refresh_from_db()
        _introduce(home)
        home.body = landing_pages.home(builder)
        home.save_revision().publish()
    for draft in new:
        page = builder.pages[draft.slug]
        _publish(page, draft.body(builder) if draft.body else None)
    _write_product_stories(builder)
    _write_site_settings(builder)
    return len(new) + home_is_blank


def home_page() -> tuple[HomePage, bool]:
    """The home page, and whether it has no body yet."""
    existing = HomePage.objects.first()
    if existing is not None:
        return existing, not existing.body
    root = Page.get_first_root_node()
    for page in root.get_children():  # Wagtail's welcome page may have the slug.
        if page.slug == HOME:
            page.slug = f"{HOME}-{page.pk}"
            page.save(update_fields=["slug"])
    home = Page.objects.get(pk=root.pk).add_child(
        instance=HomePage(title=current_shop().name, slug=HOME)
    )
    site = Site.objects.filter(is_default_site=True).first()
    if site is None:
        Site.objects.create(hostname="localhost", root_page=home, is_default_site=True)
    else:
        site.root_page = home
        site.save()
    return HomePage.objects.get(pk=home.pk), True


def _introduce(home):
    home.title = current_shop().name
    home.seo_title = f"{current_shop().name}: stoneware from the estuary"
    home.search_description = (
        "Stoneware made by six people beside the estuary: tableware, vases, planters and candle "
        "holders in seven glazes."
    )


def _find(builder, draft):
    page = draft.kind.objects.filter(slug=draft.slug).first()
    if page is not None:
        builder.pages[draft.slug] = page
    return page


def _create(builder, draft):
    fields = dict(draft.fields)
    if "product" in fields:
        fields["product"] = builder.products[fields["product"]]
    if "lead_image" in fields:
        fields["lead_image"] = builder.images[fields["lead_image"]]
    if "days" in fields:
        fields["date"] = timezone.localdate() - timedelta(days=fields.pop("days"))
    page = draft.kind(
        title=draft.title, slug=draft.slug, search_description=draft.description, **fields
    )
    # Adding a child changes the parent's row: read it again.
    return Page.objects.get(pk=builder.pages[draft.parent].pk).add_child(instance=page)


def _publish(page, body):
    page.refresh_from_db()
    if body is not None:
        page.body = body
    page.save_revision().publish()


def sale_end() -> datetime | None:
    """When the running sale ends, and its texts; None without a sale."""
    return SalePrice.objects.running(shop_now()).aggregate(end=Max("until"))["end"]


def _banner(builder):
    banner = Banner.objects.filter(heading="Vase week").first()
    if banner is None:
        banner = Banner(
            heading="Vase week",
            text="Three vases cost less until Sunday night. Then the kiln needs the shelf.",
            image=builder.images["scene-vases"],
            link=[("link", builder.link("Shop vases", "category:vases"))],
            expire_at=sale_end(),
        )
        banner.save()
        banner.save_revision().publish()
    return banner


def _small_presents():
    found = ProductCollection.objects.filter(slug="small-presents").first()
    return found or ProductCollection.objects.create(
        title="Small presents",
        slug="small-presents",
        description="Whatever is on the shelf for thirty pounds or less. It changes with every firing.",
        price_to=30,
        is_in_stock=True,
        sort="bestselling",
    )


def _write_product_stories(builder):
    for code, body in PRODUCT_STORIES.items():
        product = builder.products[code]
        if product is None or ProductStory.objects.filter(product=product).exists():
            continue
        story = ProductStory(product=product, body=body(builder))
        story.save()
        story.save_revision().publish()


def _write_site_settings(builder):
    site = Site.objects.get(is_default_site=True)
    row = SiteSettings.for_site(site)
    if row.navigation or row.footer:
        return
    row.announcement_text = "Free delivery over £60 · Vase week until Sunday"
    row.announcement_until = sale_end()
    row.announcement_link = [("link", builder.link("See the vases", "category:vases"))]
    row.navigation = [
        ("link", builder.link(label, target))
        for label, target in (
            ("Tableware", "category:tableware"),
            ("Serving", "category:serving"),
            ("Kitchen", "category:kitchen"),
            ("Vases", "category:vases"),
            ("Planters", "category:planters"),
            ("Light", "category:light"),
            ("Journal", "page:journal"),
        )
    ]
    row.footer_text = (
        "Stoneware made by six people beside the estuary. Fired once a week, packed in straw."
    )
    row.footer = [_footer_column(builder, *column) for column in _FOOTER]
    row.returns_text = "60 days, breakages replaced"
    row.returns_page = Page.objects.filter(slug="delivery-returns").first()
    row.care_page = Page.objects.filter(slug="care").first()
    row.save()


_FOOTER = (
    (
        "Shop",
        ("All pieces", "/catalogue/"),
        ("Offers", "/offers/"),
        ("Small presents", "collection:small-presents"),
        ("Tableware", "category:tableware"),
        ("Vases", "category:vases"),
        ("Planters", "category:planters"),
    ),
    (
        "Help",
        ("Delivery & returns", "page:delivery-returns"),
        ("Care", "page:care"),
        ("Terms", "page:terms"),
    ),
    (
        "Studio",
        ("About us", "page:about"),
        ("Journal", "page:journal"),
        ("Privacy", "page:privacy"),
    ),
)


def _footer_column(builder, heading, *links):
    return ("column", {"heading": heading, "links": [builder.link(*link) for link in links]})
