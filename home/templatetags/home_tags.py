"""Template tags of the pages app: site chrome, page bodies and product stories."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString, mark_safe
from wagtail.blocks import StreamValue
from wagtail.models import Page, Site

from commerce.catalogue.category_tree import top_categories
from commerce.catalogue.structured_data import script_of
from home import edit_link as edit_links
from home.blocks.products import anchor_of
from home.legal_pages import LEGAL_PAGES
from home.links import Link
from home.models import ProductStory, StoryPage
from home.pages.privacy import public_pages
from home.site_chrome import Announcement, Footer, SiteChrome, chrome_of
from home.snippets.product_stories import products_with_story
from home.structured_data import story_data as structured_story

register = template.Library()


def _chrome(context: Context) -> SiteChrome | None:
    """The chrome of the request's site, or of the default site without a request."""
    request = context.get("request")
    if request is None:
        site = Site.objects.filter(is_default_site=True).first()
    else:
        site = Site.find_for_request(request)
    return chrome_of(site) if site else None


@register.simple_tag(takes_context=True)
def site_navigation(context: Context) -> tuple[tuple[str, str, str], ...]:
    """The main navigation as ``(label, url, aria-current or "")``.

    Shows the editors' links, or the top categories if there are none.
    """
    chrome = _chrome(context)
    links = chrome.navigation if chrome else ()
    pairs = [(link.label, link.url) for link in links] or top_categories()
    path = getattr(context.get("request"), "path", "")
    return tuple((label, url, _aria_current(path, url)) for label, url in pairs)


def _aria_current(path: str, url: str) -> str:
    """The value of aria-current: "page" for the page itself, "true" for one below it, else ""."""
    if path == url:
        return "page"
    return "true" if url != "/" and path.startswith(url) else ""


@register.simple_tag(takes_context=True)
def site_returns(context: Context) -> Link | None:
    """The returns promise; its url is "" without a returns page."""
    chrome = _chrome(context)
    return chrome.returns if chrome else None


@register.simple_tag(takes_context=True)
def site_care_url(context: Context) -> str:
    """The URL of the care page that editors chose; "" if there is none or it is not public."""
    chrome = _chrome(context)
    return chrome.care_url if chrome else ""


@register.simple_tag(takes_context=True)
def site_privacy_url(context: Context) -> str:
    """The URL of the privacy page, a child of the home page; "" if there is no public one."""
    site = Site.find_for_request(context["request"])
    if site is None:
        return ""
    pages = Page.objects.child_of(site.root_page).filter(slug="privacy")
    page = public_pages(pages).first()
    return page.get_url() or "" if page else ""


@register.simple_tag(takes_context=True)
def edit_link(context: Context) -> Link | None:
    """The link for staff to edit the page or product shown; None if they may not."""
    shown = context.get("page") or context.get("product")
    return edit_links.edit_link(context["request"].user, shown)


@register.simple_tag(takes_context=True)
def site_legal_pages(context: Context) -> list[Link]:
    """The public pages that a shop needs by law, in their order, for the checkout. One query."""
    site = Site.find_for_request(context["request"])
    if site is None:
        return []
    slugs = [slug for slug, _title, _about in LEGAL_PAGES]
    pages = public_pages(Page.objects.child_of(site.root_page).filter(slug__in=slugs))
    found = {page.slug: Link(page.title, page.get_url() or "") for page in pages}
    return [found[slug] for slug in slugs if slug in found]


@register.simple_tag(takes_context=True)
def site_footer(context: Context) -> Footer | None:
    """The footer's text and columns of links; None without a site."""
    chrome = _chrome(context)
    return chrome.footer if chrome else None


@register.simple_tag(takes_context=True)
def announcement(context: Context) -> Announcement | None:
    """The announcement to show now, if any."""
    chrome = _chrome(context)
    return chrome.announcement if chrome else None


@register.inclusion_tag("home/product_story.html", takes_context=True)
def product_story(context: Context, product: Any) -> dict[str, Any]:
    """Render the published story of a product. Makes no query for a product without one."""
    has_story = product is not None and product.pk in products_with_story()
    story = ProductStory.objects.filter(product=product, live=True).first() if has_story else None
    return {"story": story, "request": context.get("request")}


@register.simple_tag
def story_data(page: StoryPage) -> SafeString:
    """The story as JSON-LD for search engines."""
    return script_of(structured_story(page))


@register.simple_tag(takes_context=True)
def body_of(context: Context, owner: Any, *, hero_is_title: bool = False) -> SafeString:
    """Render the body of a page or product story, block by block.

    Never renders two sheets in a row, which would look like one. With ``hero_is_title`` a hero in
    first position renders its heading as the page's ``<h1>``.
    """
    with owner.load_chosen():
        return mark_safe("".join(_blocks_of(context, owner.body, hero_is_title)))  # noqa: S308  made by our templates


def _blocks_of(context: Context, body: StreamValue, hero_is_title: bool) -> Iterator[str]:
    is_sheet, boxes = False, Counter[int]()
    kinds = body.stream_block.child_blocks
    for index, raw in enumerate(body.raw_data):
        is_sheet = getattr(kinds[raw["type"]], "can_be_sheet", False) and not is_sheet
        flags: dict[str, Any] = {
            "is_first": index == 0, "is_sheet": is_sheet, "hero_is_title": hero_is_title
        }  # fmt: skip
        if raw["type"] == "product":
            product_id = raw["value"]["product"]
            boxes[product_id] += 1
            flags["anchor"] = anchor_of(product_id, boxes[product_id])
        yield _render_block(context, body, index, flags)


def _render_block(context: Context, body: StreamValue, index: int, flags: dict[str, Any]) -> str:
    with context.push(**flags):
        return body[index].render_as_block(context.flatten())


@register.filter
def begins_with_hero(body: StreamValue) -> bool:
    """Whether the first block is a hero, which then contains the page's heading."""
    return bool(body) and body.raw_data[0]["type"] == "hero"
