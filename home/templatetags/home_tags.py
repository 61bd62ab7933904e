"""What shop templates may ask of the pages' floor: navigation, footer, announcement, a product's story."""

from dataclasses import dataclass

from django import template
from django.utils import timezone
from wagtail.models import Site

from commerce.structured_data import script_of
from home.links import Link, shown_links
from home.models import ProductStory, SiteSettings
from home.structured_data import story_data as data_of_story

register = template.Library()


@dataclass(frozen=True)
class Column:
    """A headed column of the footer."""

    heading: str
    links: list[Link]


@dataclass(frozen=True)
class Footer:
    """The foot of every page."""

    text: str
    columns: list[Column]


@dataclass(frozen=True)
class Announcement:
    """The line above every page; ``url`` is empty where it leads nowhere."""

    text: str
    label: str = ""
    url: str = ""


def _settings_of(context):
    """The settings of the request's site, asked for once in a request; None without a site."""
    request = context.get("request")
    if request is None:
        site = Site.objects.filter(is_default_site=True).first()
        return SiteSettings.for_site(site) if site else None
    if Site.find_for_request(request) is None:
        return None
    return SiteSettings.for_request(request)


def _once(context, name, make):
    """``make(settings)``, remembered on the request: header and drawer show the same links."""
    request = context.get("request")
    store = request.__dict__.setdefault("_home_tags", {}) if request is not None else {}
    if name not in store:
        settings = _settings_of(context)
        store[name] = make(settings) if settings is not None else None
    return store[name]


@register.simple_tag(takes_context=True)
def site_navigation(context):
    """The links of the main navigation, ``[Link(label, url)]``."""
    make = lambda settings: shown_links(block.value for block in settings.navigation)  # noqa: E731
    return _once(context, "navigation", make) or []


@register.simple_tag(takes_context=True)
def site_returns(context):
    """The promise about returns as ``Link(label, url)``, its url "" without a page; None without one."""
    return _once(context, "returns", _returns)


def _returns(settings):
    page = settings.returns_page
    url = page.get_url() if page is not None and page.live else ""
    return Link(settings.returns_text, url or "") if settings.returns_text else None


@register.simple_tag(takes_context=True)
def page_below_home(context, slug):
    """A ``Link`` to the public page of that slug right below the home page; None without one."""
    site = Site.find_for_request(context["request"])
    if site is None:
        return None
    pages = site.root_page.get_children().live().public().filter(slug=slug)
    page = pages.first()
    return Link(page.title, page.get_url(context["request"])) if page else None


@register.simple_tag(takes_context=True)
def site_footer(context):
    """``Footer(text, columns)``, each column with a heading and links; None without a site."""
    return _once(context, "footer", _footer)


def _footer(settings):
    columns = [
        Column(block.value["heading"], shown_links(block.value["links"]))
        for block in settings.footer
    ]
    return Footer(settings.footer_text, [column for column in columns if column.links])


@register.simple_tag(takes_context=True)
def announcement(context):
    """``Announcement(text, label, url)``, or None where there is nothing to announce."""
    return _once(context, "announcement", _announcement)


def _announcement(settings):
    until = settings.announcement_until
    if not settings.announcement_text or (until and until <= timezone.now()):
        return None
    links = shown_links(block.value for block in settings.announcement_link)
    if not links:
        return Announcement(settings.announcement_text)
    return Announcement(settings.announcement_text, links[0].label, links[0].url)


@register.inclusion_tag("home/product_story.html", takes_context=True)
def product_story(context, product):
    """The published story of a product, or nothing. One query where there is none."""
    story = ProductStory.objects.filter(product=product, live=True).first() if product else None
    return {"story": story, "request": context.get("request")}


@register.simple_tag
def story_data(page):
    """A story as JSON-LD."""
    return script_of(data_of_story(page))


#: Blocks that may stand on a raised sheet.
SHEETS = frozenset({"feature", "quote", "product", "banner"})


@register.simple_tag
def on_sheets(body):
    """The blocks of a body as (block, is_sheet): no two sheets touch, or they would read as one."""
    rows, was_sheet = [], False
    for block in body:
        was_sheet = block.block_type in SHEETS and not was_sheet
        rows.append((block, was_sheet))
    return rows
