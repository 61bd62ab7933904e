"""What stands on every page beside its own content, remembered by the process until it changes."""

from dataclasses import dataclass
from functools import partial

from django.db.models.base import ModelState
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from wagtail.models import Page, Site

from commerce.page_cache.dependencies import expires_by
from commerce.page_cache.memoise import memoise
from home.links import Link, shown_links
from home.models import HomePage, LandingPage, ProductStory, SiteSettings
from home.pages.privacy import public_pages


@dataclass(frozen=True)
class Column:
    """A headed column of the footer."""

    heading: str
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Footer:
    """The foot of every page."""

    text: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Announcement:
    """The line above every page; ``url`` is empty where it leads nowhere."""

    text: str
    label: str = ""
    url: str = ""


@dataclass(frozen=True)
class SiteFacts:
    """What a site's editors wrote for all its pages. ``returns`` leads nowhere without a page.

    ``care_url`` is the address of the page about care, "" without a public one.
    """

    navigation: tuple[Link, ...]
    footer: Footer
    announcement: Announcement | None
    returns: Link | None
    care_url: str


def only_site():
    """Wagtail's site with its root page, or None where there are several or none.

    A copy for this request, since both remember things while they are used, made where one of them
    is looked at: many answers need no site. The body of the root page is fetched where it is shown.
    """
    site = memoise("only-site", _find_only_site)
    return None if site is None else SimpleLazyObject(partial(_copy_with_root, site))


def _copy_with_root(site):
    own = _copy(site)
    own.root_page = _copy(site.root_page)
    return own


def _copy(row):
    """A row of its own with the same values; ``copy.copy`` goes a long way round for a model."""
    own = type(row).__new__(type(row))
    own.__dict__.update(row.__dict__, _state=ModelState())
    own._state.db, own._state.adding = row._state.db, False
    own._state.fields_cache = dict(row._state.fields_cache)
    return own


def _find_only_site():
    sites = list(Site.objects.select_related("root_page")[:2])
    if len(sites) != 1 or not sites[0].is_default_site:
        return None
    home = HomePage.objects.defer("body").filter(pk=sites[0].root_page_id).first()
    sites[0].root_page = home or sites[0].root_page
    return sites[0]


def facts_of(site):
    """The ``SiteFacts`` of a site."""
    return memoise(("site-facts", site.pk), lambda: _find_facts(site))


def _find_facts(site):
    row = SiteSettings.for_site(site)
    return SiteFacts(
        navigation=tuple(shown_links(block.value for block in row.navigation)),
        footer=_footer(row),
        announcement=_announcement(row),
        returns=_returns(row),
        care_url=_care_url(row),
    )


def _footer(row):
    columns = [
        Column(block.value["heading"], tuple(shown_links(block.value["links"])))
        for block in row.footer
    ]
    return Footer(row.footer_text, tuple(column for column in columns if column.links))


def _announcement(row):
    until = row.announcement_until
    if not row.announcement_text or (until and until <= timezone.now()):
        return None
    expires_by(until)
    links = shown_links(block.value for block in row.announcement_link)
    if not links:
        return Announcement(row.announcement_text)
    return Announcement(row.announcement_text, links[0].label, links[0].url)


def _returns(row):
    if not row.returns_text:
        return None
    page = row.returns_page
    url = page.get_url() if page is not None and page.live else ""
    return Link(row.returns_text, url or "")


def _care_url(row):
    page = public_pages(Page.objects.filter(pk=row.care_page_id)).first()
    return (page.get_url() or "") if page else ""


def replaced_products():
    """The keys of the products whose own page a live landing page may replace."""
    return memoise("replaced-products", _find_replaced_products)


def _find_replaced_products():
    pages = LandingPage.objects.live().filter(product_role=LandingPage.Role.REPLACES)
    return frozenset(pages.exclude(product=None).values_list("product_id", flat=True))


def products_with_story():
    """The keys of the products that have a published story."""
    return memoise("products-with-story", _find_products_with_story)


def _find_products_with_story():
    return frozenset(ProductStory.objects.filter(live=True).values_list("product_id", flat=True))
