"""Page types, URLs, site settings, drafts, scheduling and approval."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model
from wagtail.models import Page, Site, Workflow, WorkflowState

from commerce.accounts.roles import ADMIN, EDITOR
from commerce.index.listings import product_url
from home import sites
from home.models import HomePage, LandingPage, ProductStory, SiteSettings
from home.sites import single_site
from home.staff.roles import create_page_roles
from home.tasks import publish_scheduled_pages
from tests.factories import make_user
from tests.home import bodies

pytestmark = pytest.mark.django_db
REPLACES = LandingPage.Role.REPLACES


@pytest.fixture
def admin(client):
    """A client signed in as a superuser."""
    client.force_login(make_user("admin@example.com", is_staff=True, is_superuser=True))
    return client


def page_of(product):
    return product_url(product.pk, product.slug)


def text_of(client, url):
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_every_page_type_is_shown(client, site_root, journal, about, publish):
    story = journal.get_children().get()

    for page in (site_root, journal, story, about, publish("Morning")):
        assert client.get(page.url).status_code == 200, page.title
    assert "Never quite round" in text_of(client, journal.url)


def test_landing_page_replaces_the_products_own(client, publish, vase):
    page = publish("The vase", product=vase, product_role=REPLACES)

    response = client.get(page_of(vase), {"variant": 7})

    assert (response.status_code, response.url) == (301, f"{page.url}?variant=7")


def test_landing_page_beside_the_product_redirects_nothing(client, publish, vase):
    publish("The vase", product=vase)

    assert client.get(page_of(vase)).status_code == 200


@pytest.mark.parametrize("state", ["draft", "unpublished", "deleted"])
def test_unpublished_landing_page_replaces_nothing(client, publish, vase, state):
    page = publish("The vase", product=vase, product_role=REPLACES, live=state != "draft")
    if state == "unpublished":
        page.unpublish()
    if state == "deleted":
        page.delete()

    assert client.get(page_of(vase)).status_code == 200


def test_only_get_is_redirected_to_the_landing_page(client, publish, vase):
    publish("The vase", product=vase, product_role=REPLACES)

    assert client.post(page_of(vase)).status_code == 405
    assert client.head(page_of(vase)).status_code == 301


def test_second_landing_page_of_a_product_is_refused(publish, vase):
    publish("The vase", product=vase, product_role=REPLACES)
    second = LandingPage(title="Another", slug="another", product=vase, product_role=REPLACES)

    with pytest.raises(ValidationError, match="The vase"):
        second.clean()


def test_navigation_footer_and_announcement_come_from_the_settings(client, site_root, about, vase):
    hidden = get_model("catalogue", "Category").add_root(name="Hidden", is_public=False)
    settings = SiteSettings.for_site(Site.objects.get())
    settings.announcement_text = "Kiln open on Saturday"
    settings.navigation = [("link", {"label": "Who we are", "page": about}),
                           ("link", {"label": "Nowhere", "category": hidden}),
                           ("link", {"label": "A vase", "product": vase})]  # fmt: skip
    settings.footer_text = "On the quay since 2009"
    settings.footer = [
        ("column", {"heading": "Help", "links": [{"label": "Care", "address": "/care/"}]})
    ]
    settings.save()

    for url in ("/", "/catalogue/", "/basket/"):
        text = text_of(client, url)
        for part in (
            "Kiln open on Saturday",
            "Who we are",
            "A vase",
            "On the quay since 2009",
            "Care",
        ):
            assert part in text, (url, part)
        assert "Nowhere" not in text


def test_site_without_settings_shows_its_categories(client, site_root, shop):
    get_model("catalogue", "Category").add_root(name="Tableware")

    assert "Tableware" in text_of(client, "/catalogue/")


def test_draft_of_a_story_does_not_leak(client, site_root, vase):
    story = ProductStory.objects.create(product=vase, body=[("text", "<p>Coiled by hand.</p>")])
    story.body = [("text", "<p>Secret glaze.</p>")]
    story.save_revision()
    assert "Coiled by hand." in text_of(client, page_of(vase))
    assert "Secret glaze." not in text_of(client, page_of(vase))

    story.latest_revision.publish()
    assert "Secret glaze." in text_of(client, page_of(vase))

    story.unpublish()
    assert "Secret glaze." not in text_of(client, page_of(vase))


def test_unpublished_story_is_not_shown(client, site_root, vase):
    ProductStory.objects.create(product=vase, live=False, body=[("text", "<p>Coiled.</p>")])

    assert "Coiled." not in text_of(client, page_of(vase))


def test_page_is_published_and_unpublished_on_schedule(client, publish):
    page = publish("Sale", live=False)
    page.go_live_at = timezone.now() - timedelta(minutes=1)
    page.save_revision(approved_go_live_at=page.go_live_at)
    assert client.get("/sale/").status_code == 404

    publish_scheduled_pages.enqueue()
    assert client.get("/sale/").status_code == 200

    Page.objects.filter(pk=page.pk).update(expire_at=timezone.now() - timedelta(seconds=1))
    publish_scheduled_pages.enqueue()
    assert client.get("/sale/").status_code == 404


def test_page_scheduled_for_later_stays_unpublished(client, publish):
    page = publish("Sale", live=False)
    page.go_live_at = timezone.now() + timedelta(hours=1)
    page.save_revision(approved_go_live_at=page.go_live_at)

    publish_scheduled_pages.enqueue()

    assert client.get("/sale/").status_code == 404


@pytest.mark.parametrize(
    ("chooser", "found"),
    [
        ("product_chooser", "Harbour mug"),
        ("category_chooser", "Tableware"),
        ("stockrecord_chooser", "SKU-"),
    ],
)
def test_choosers_search_by_name(admin, site_root, mug, chooser, found):
    get_model("catalogue", "Category").add_root(name="Tableware")

    everything = admin.get(reverse(f"{chooser}:choose"))
    hit = admin.get(reverse(f"{chooser}:choose_results"), {"q": found[:6]})
    miss = admin.get(reverse(f"{chooser}:choose_results"), {"q": "zzzz"})

    assert found in everything.content.decode()
    assert found in hit.content.decode()
    assert found not in miss.content.decode()


def test_product_chooser_shows_price_and_stock_but_no_variants(admin, site_root, mug, vase):
    text = admin.get(reverse("product_chooser:choose")).json()["html"]

    assert "£24" in text
    assert "£90" in text
    assert "Harbour mug, Oat" not in text


def test_report_lists_the_pages_that_use_a_product(admin, publish, vase, mug):
    page = publish("The vase", body=[bodies.row(vase.pk)])
    from wagtail.models import ReferenceIndex

    ReferenceIndex.create_or_update_for_object(page)

    text = admin.get(reverse("product_use_report"), {"product": "Moon"}).content.decode()
    other = admin.get(reverse("product_use_report"), {"product": "Harbour"}).content.decode()

    assert "The vase" in text
    assert "The vase" not in other.split("<main")[-1]


def test_pages_open_in_the_editor(admin, site_root, journal, about, publish):
    for page in (site_root, journal, journal.get_children().get(), about, publish("Morning")):
        assert admin.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).status_code == 200


def test_preview_shows_the_draft(admin, site_root):
    home = HomePage.objects.get()
    home.body = [("text", "<p>Not yet for everybody.</p>")]

    response = home.make_preview_request(preview_mode=home.default_preview_mode)

    assert "Not yet for everybody." in response.render().content.decode()
    assert "Not yet for everybody." not in text_of(admin, "/")


def test_snippet_preview_uses_the_shops_design(site_root, vase, photo):
    from home.models import Banner

    banner = Banner(heading="Until Sunday", image=photo)
    story = ProductStory(product=vase, body=[("text", "<p>Coiled by hand.</p>")])

    for snippet, words in ((banner, "Until Sunday"), (story, "Coiled by hand.")):
        response = snippet.make_preview_request(preview_mode=snippet.default_preview_mode)
        assert words in response.render().content.decode()


def test_editor_submits_and_admin_approves(site_root, publish):
    create_page_roles()
    editor, boss = (make_user(f"{name}@example.com", is_staff=True) for name in ("editor", "boss"))
    editor.groups.add(Group.objects.get(name=EDITOR))
    boss.groups.add(Group.objects.get(name=ADMIN))
    page = publish("Sale", live=False)
    page.save_revision()
    workflow = Workflow.objects.filter(active=True).first() or make_workflow()

    state = workflow.start(page, editor)
    assert state.status == WorkflowState.STATUS_IN_PROGRESS
    task_state = state.current_task_state
    actions = [row[0] for row in task_state.task.specific.get_actions(page, boss)]
    assert "approve" in actions
    task_state.task.specific.on_action(task_state, boss, "approve")

    page.refresh_from_db()
    state.refresh_from_db()
    assert (page.live, state.status) == (True, WorkflowState.STATUS_APPROVED)


def make_workflow():
    """Wagtail's default workflow, created again if a flush has deleted it."""
    from wagtail.models import GroupApprovalTask, WorkflowTask

    workflow = Workflow.objects.create(name="Moderators approval")
    task = GroupApprovalTask.objects.create(name="Moderators approval")
    task.groups.add(Group.objects.get(name=ADMIN))
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    return workflow


def test_preview_may_be_framed_by_the_admin(client, site_root, django_user_model):
    client.force_login(
        django_user_model.objects.create_superuser(email="admin@example.com", password="p")
    )
    url = reverse("wagtailadmin_pages:preview_on_edit", args=[site_root.pk])
    client.post(url, {"title": "Home", "slug": "home", "body-count": "0"})

    preview = client.get(url, {"in_preview_panel": "true"})

    assert "frame-ancestors 'self'" in preview["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in client.get("/")["Content-Security-Policy"]


def test_each_request_gets_its_own_site(site_root):
    """Site and page store values on themselves, so requests must not share one object."""
    first, second = (single_site(), single_site())

    assert first == second == Site.objects.get()
    assert isinstance(first, Site)
    assert first.root_page.pk == site_root.pk
    first.root_page.title = "changed by one request"
    first.site_name = "so is this"
    assert second.root_page.title == site_root.title
    assert single_site().site_name == second.site_name != "so is this"


def test_site_is_copied_only_when_used(client, site_root, monkeypatch):
    made = []
    monkeypatch.setattr(sites, "_copy_with_root", lambda site: made.append(site) or site)

    client.get("/health/live")
    assert not made
    client.get("/")
    assert len(made) == 1


def test_several_sites_have_no_single_site(site_root):
    Site.objects.create(hostname="outlet.example", port=80, root_page=site_root)

    assert single_site() is None
