"""The site's chrome: navigation, footer and announcement, cached in the process until they change."""

from dataclasses import dataclass

from wagtail.models import Page, Site

from commerce.clock import shop_now
from commerce.page_cache.dependencies import expires_by
from commerce.page_cache.memoise import memoise
from home.links import Link, shown_links
from home.models import SiteSettings
from home.pages.privacy import public_pages


@dataclass(frozen=True)
class FooterColumn:
    """A column of the footer."""

    heading: str
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Footer:
    """The footer of every page."""

    text: str
    columns: tuple[FooterColumn, ...]


@dataclass(frozen=True)
class Announcement:
    """The line above every page; ``label`` and ``url`` are empty without a link."""

    text: str
    label: str = ""
    url: str = ""


@dataclass(frozen=True)
class SiteChrome:
    """What the editors of a site wrote for all of its pages.

    ``returns`` is the returns promise, with an empty url without a returns page; ``care_url`` is ""
    without a public care page.
    """

    navigation: tuple[Link, ...]
    footer: Footer
    announcement: Announcement | None
    returns: Link | None
    care_url: str


def chrome_of(site: Site) -> SiteChrome:
    """The chrome of a site. Makes no query once cached."""
    return memoise(("site-chrome", site.pk), lambda: _find_chrome(site))


def _find_chrome(site: Site) -> SiteChrome:
    row = SiteSettings.for_site(site)
    return SiteChrome(
        navigation=tuple(shown_links(block.value for block in row.navigation)),
        footer=_footer(row),
        announcement=_announcement(row),
        returns=_returns(row),
        care_url=_care_url(row),
    )


def _footer(row: SiteSettings) -> Footer:
    columns = [
        FooterColumn(block.value["heading"], tuple(shown_links(block.value["links"])))
        for block in row.footer
    ]
    return Footer(row.footer_text, tuple(column for column in columns if column.links))


def _announcement(row: SiteSettings) -> Announcement | None:
    until = row.announcement_until
    if not row.announcement_text or (until and until <= shop_now()):
        return None
    expires_by(until)
    links = shown_links(block.value for block in row.announcement_link)
    if not links:
        return Announcement(row.announcement_text)
    return Announcement(row.announcement_text, links[0].label, links[0].url)


def _returns(row: SiteSettings) -> Link | None:
    if not row.returns_text:
        return None
    page = row.returns_page
    url = page.get_url() if page is not None and page.live else ""
    return Link(row.returns_text, url or "")


def _care_url(row: SiteSettings) -> str:
    page = public_pages(Page.objects.filter(pk=row.care_page_id)).first()
    return (page.get_url() or "") if page else ""
