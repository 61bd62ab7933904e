"""Entries of feeds become drafts."""

import pytest
from wagtail.models import Page

from commerce.accounts.roles import create_roles
from commerce.dashboard.import_forms import may_import
from commerce.dashboard.permission_report import make_person
from commerce.imports import feeds
from commerce.imports.kinds.base import kinds
from commerce.imports.runs import finish, start_undo
from home.models import HomePage, StandardPage, StoryIndexPage, StoryPage
from home.staff.roles import create_page_roles
from tests.commerce.imports.test_export import run_file

pytestmark = pytest.mark.django_db

RSS = b"""<?xml version="1.0"?><rss xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel><title>Old blog</title>
  <item><title>On glazes</title><link>https://old.example/blog/on-glazes/</link>
    <pubDate>Tue, 05 Mar 2024 10:00:00 +0000</pubDate><dc:creator>Ada Marsh</dc:creator>
    <description>Short &amp; sweet</description>
    <content:encoded><![CDATA[<p>Long <script>x()</script><b>text</b><img src="/x.jpg"></p>]]></content:encoded>
  </item>
  <item><title>Empty</title><link>https://old.example/empty</link></item>
  <item><title>Again</title><link>https://old.example/again.html</link><description>Hi</description></item>
</channel></rss>"""


def test_entries_become_drafts_of_the_journal(shop, site_root):
    journal = HomePage.objects.get().add_child(
        instance=StoryIndexPage(title="Journal", slug="journal")
    )
    journal.add_child(instance=StoryPage(title="Mine", slug="again", author="Me", standfirst="x"))

    run = run_file(RSS, kind="pages", name="feed.xml")

    story = StoryPage.objects.get(slug="on-glazes")
    assert (story.live, story.author, story.standfirst) == (False, "Ada Marsh", "Short & sweet")
    assert str(story.date) == "2024-03-05"
    assert story.body.raw_data[0]["value"] == "<p>Long <b>text</b></p>"
    assert [row.problems[0][2] for row in run.rows.filter(outcome="refused")] == [
        "The entry has no text."
    ]
    assert StoryPage.objects.get(slug="again").title == "Mine"
    again = run_file(RSS, kind="pages", name="feed.xml")
    assert again.rows.filter(outcome="unchanged").count() == 2
    start_undo(run.pk)
    assert finish(run.pk).state == "undone"
    assert not Page.objects.filter(slug="on-glazes").exists()
    assert Page.objects.filter(slug="again").exists()


def test_without_a_journal_they_become_information_pages(shop, site_root):
    run_file(RSS, kind="pages", name="feed.xml")

    assert set(StandardPage.objects.values_list("slug", flat=True)) == {"on-glazes", "again"}


@pytest.mark.parametrize(
    "content",
    [
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><rss><item/></rss>',
        b"<rss><item>",
        b"<rss></rss>",
        b"<rss>" + b"<item>" * 500 + b"</item>" * 500 + b"</rss>",
    ],
)
def test_dangerous_and_broken_feeds_are_refused(shop, site_root, content):
    run = run_file(content, kind="pages", name="feed.xml")

    assert run.state == "failed"
    assert "feed" in run.message


def test_feed_has_a_limit(shop, site_root, monkeypatch):
    monkeypatch.setattr(feeds, "MOST_ELEMENTS", 5)

    run = run_file(RSS, kind="pages", name="feed.xml")

    assert (run.state, "too large" in run.message) == ("failed", True)


def test_link_that_is_no_url_does_not_stop_the_others(shop, site_root):
    feed = RSS.replace(b"https://old.example/blog/on-glazes/", b"http://[x/")

    assert run_file(feed, kind="pages", name="feed.xml").state == "done"

    assert StandardPage.objects.filter(slug="on-glazes").exists()


def feed_of(*entries):
    """A feed of entries, each a link and a title."""
    items = "".join(
        f"<item><title>{title}</title><link>https://old.example/{link}</link>"
        "<description>Hi</description></item>"
        for link, title in entries
    )
    return f"<rss><channel>{items}</channel></rss>".encode()


@pytest.mark.parametrize(
    ("link", "title", "slug"),
    [
        ("?p=1", "%", "percent-sign"),
        ("?p=1", "Синяя ваза", "sinyaya-vaza"),
        ("%D0%B2%D0%B0%D0%B7%D0%B0/", "Vase", "vaza"),
        ("%25/", "Vase", "percent-sign"),
    ],
)
def test_any_title_and_address_become_a_slug(shop, site_root, link, title, slug):
    run = run_file(feed_of((link, title)), kind="pages", name="feed.xml")

    assert run.rows.get().outcome == "new"
    assert StandardPage.objects.get().slug == slug


def test_slugs_are_written_as_the_language_does(shop, site_root, settings):
    settings.LANGUAGE_CODE = "de"

    run_file(feed_of(("?p=1", "Höhe")), kind="pages", name="feed.xml")

    assert StandardPage.objects.get().slug == "hoehe"


def test_entries_with_the_same_slug_are_both_imported_once(shop, site_root):
    feed = feed_of(("blog/new", "One"), ("news/new", "Two"), ("?p=1", "%"), ("?p=2", "%"))

    for _time in range(2):
        run = run_file(feed, kind="pages", name="feed.xml")

    slugs = sorted(StandardPage.objects.values_list("slug", flat=True))
    assert slugs == ["new", "new-2", "percent-sign", "percent-sign-2"]
    assert run.rows.filter(outcome="unchanged").count() == 4


@pytest.mark.parametrize(("role", "may"), [("Merchandiser", False), ("Admin", True)])
def test_only_who_may_add_pages_may_import_them(shop, site_root, role, may):
    create_roles()
    create_page_roles()

    assert may_import(make_person(role), kinds()["pages"]) is may
