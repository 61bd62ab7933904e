"""Imports the entries of a feed as drafts: stories of the journal, or information pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.models import Page

from commerce.imports.kinds.base import Undone
from commerce.imports.kinds.flat import FlatKind, in_batches, matched
from commerce.imports.product_states import State
from commerce.imports.records import ReadOptions, Record
from commerce.imports.widgets import MomentWidget, Sheet, TextWidget, column
from commerce.models import User
from commerce.rich_html import clean_html, plain_text
from commerce.slugs import cut_slug, slug_of_name, unique_slug
from home.models import HomePage, StandardPage, StoryIndexPage, StoryPage

#: The lengths of a standfirst and of an author.
INTRO, AUTHOR = 300, 80
#: The length of a page's slug.
MAX_SLUG = 255


class Facts(NamedTuple):
    """Whether the site has a home page and a journal."""

    has_home: bool
    has_journal: bool


class PageSheet(Sheet):
    """The columns of pages; those of feeds have the same names."""

    link = column("link", TextWidget(2000, is_required=True))
    title = column("title", TextWidget(255, is_required=True))
    date = column("date", MomentWidget())
    author = column("author", TextWidget(255))
    summary = column("summary", TextWidget(200_000))
    content = column("content", TextWidget(200_000))
    type = column("type", TextWidget(20))


class PageKind(FlatKind):
    """Drafts from a feed, by their slug. A page that exists is never changed.

    Entries become stories if the shop has a journal, else information pages. WordPress's pages are
    information pages; its attachments and menus are refused. Photographs are left out.
    """

    name = "pages"
    permissions = ("wagtailadmin.access_admin", "commerce.add_importrun")
    sheet_class = PageSheet
    keys = ("link",)

    def may_import(self, user: User) -> bool:
        """See ``Kind``: who may add pages where the drafts go."""
        parents = [HomePage.objects.first(), StoryIndexPage.objects.first()]
        return all(
            parent.permissions_for_user(user).can_add_subpage() for parent in parents if parent
        )

    def defaults(self) -> State:
        """See ``FlatKind``."""
        return {"date": None, "author": "", "summary": "", "content": "", "type": ""}

    def find(self, states: Sequence[State], options: ReadOptions) -> list[tuple[int, State] | None]:
        """See ``FlatKind``."""
        for state in states:
            state["slug"] = _slug_of(state)
        slugs = {state["slug"] for state in states}
        rows = Page.objects.filter(slug__in=slugs, depth__gt=2)
        known = {page.slug: (page.pk, {"slug": page.slug}) for page in rows}
        return matched(states, known, lambda state: state["slug"])

    def states(self, keys: Sequence[int]) -> dict[int, State]:
        """See ``FlatKind``."""
        pages = Page.objects.filter(pk__in=keys).specific()
        return {page.pk: _state_of(page) for page in pages}

    def facts(self, states: Sequence[State]) -> Facts:
        """See ``FlatKind``."""
        return Facts(HomePage.objects.exists(), StoryIndexPage.objects.exists())

    def settle(self, state: State, before: State | None, record: Record, facts: Facts) -> State:
        """See ``FlatKind``."""
        if before is not None:
            record.remark(record.line, "", _("A page with this address exists; it stays as it is."))
            return before
        if state["type"] not in ("", "post", "page"):
            text = _("Entries of the type “%(type)s” cannot be imported.")
            record.refuse(record.line, "type", text % {"type": state["type"]})
        if not facts.has_home:
            record.refuse(record.line, "", _("The site has no home page."))
        body = clean_html(state["content"] or state["summary"])
        if not plain_text(body):
            record.refuse(record.line, "content", _("The entry has no text."))
        if "<img" in (state["content"] or state["summary"]):
            record.remark(record.line, "content", _("Photographs weren’t imported."))
        is_story = state["type"] != "page" and facts.has_journal
        return {
            "slug": state["slug"],
            "title": state["title"],
            "body": body,
            "intro": plain_text(state["summary"] or body)[:INTRO],
            "author": state["author"][:AUTHOR] if is_story else "",
            "date": _day(state["date"]) if is_story else "",
            "is_story": is_story,
        }

    def create(self, state: State, options: ReadOptions) -> int:
        """See ``FlatKind``."""
        body = [{"type": "text", "value": state["body"]}]
        journal = StoryIndexPage.objects.first() if state["is_story"] else None
        parent: Any = journal or HomePage.objects.first()
        # Several entries of a feed can have the same last part of their address, or title.
        slug = unique_slug(state["slug"], parent.get_children(), length=MAX_SLUG)
        common = {"title": state["title"], "slug": slug, "live": False}
        page: Any
        if journal is not None:
            page = StoryPage(
                **common, body=body, author=state["author"], standfirst=state["intro"],
                date=datetime.fromisoformat(state["date"]).date(),
            )  # fmt: skip
        else:
            page = StandardPage(**common, body=body, intro=state["intro"])
        parent.add_child(instance=page)
        page.save_revision()
        state |= self.states([page.pk])[page.pk]
        return page.pk

    def update(self, key: int, before: State, after: State) -> None:
        """See ``FlatKind``: never happens."""

    def may_undo(self, row: Undone) -> bool:
        """See ``FlatKind``: a page that was published or edited since stays."""
        page = Page.objects.filter(pk=row.object_id, live=False).first()
        return page is not None and page.first_published_at is None and page.revisions.count() == 1

    def delete(self, key: int) -> None:
        """See ``FlatKind``."""
        Page.objects.get(pk=key).delete()

    def all_keys(self) -> Iterator[list[int]]:
        """See ``FlatKind``."""
        return in_batches(StoryPage.objects.all())


def _slug_of(state: State) -> str:
    """The last part of the entry's old address, else its title, as a slug in ASCII."""
    try:
        path = urlsplit(state["link"]).path.rstrip("/")
    except ValueError:  # no address; the title is enough
        path = ""
    name = path.rpartition("/")[2].removesuffix(".html")
    return cut_slug(slug_of_name(unquote(name) or state["title"]), MAX_SLUG)


def _day(moment: str | None) -> str:
    at = datetime.fromisoformat(moment) if moment else timezone.now()
    return timezone.localtime(at).date().isoformat()


def _state_of(page: Any) -> State:
    is_story = isinstance(page, StoryPage)

    raw = [child["value"] for child in page.body.raw_data if child["type"] == "text"]
    return {
        "slug": page.slug,
        "title": page.title,
        "body": "".join(raw),
        "intro": page.standfirst if is_story else page.intro,
        "author": page.author if is_story else "",
        "date": page.date.isoformat() if is_story else "",
        "is_story": is_story,
    }
