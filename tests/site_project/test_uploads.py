"""Uploads: allowed types, and no upload runs as a page or script of the site."""

from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from oscar.core.loading import get_model
from PIL import Image as PillowImage
from wagtail.documents import get_document_model
from wagtail.models import Collection, CollectionViewRestriction

from commerce.accounts.roles import EDITOR, MERCHANDISER
from commerce.dashboard.permission_report import make_person
from home.staff.roles import create_page_roles
from site_project import media
from tests.factories import make_user, put_category
from tests.site_project.test_site import policy
from tests.test_architecture import ROOT

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.4\n%a document\n"


@pytest.fixture
def editor(site_root, client):
    create_page_roles()
    client.force_login(make_person(EDITOR))
    return client


@pytest.fixture
def merchandiser(shop, site_root, client):
    create_page_roles()
    client.force_login(make_person(MERCHANDISER))
    return client


def upload(client, name, content, content_type="application/octet-stream"):
    """Upload a document as an editor. Returns the response and all documents."""
    root = Collection.get_first_root_node()
    file = SimpleUploadedFile(name, content, content_type)
    response = client.post(
        reverse("wagtaildocs:add"), {"title": name, "file": file, "collection": root.pk}
    )
    return response, list(get_document_model().objects.all())


@pytest.mark.parametrize(
    "name", ["take.html", "take.js", "take.svg", "take.xhtml", "take", "a.pdf.html"]
)
def test_document_that_a_browser_would_run_is_refused(editor, name):
    response, documents = upload(editor, name, b"<script>alert(1)</script>")

    assert documents == []
    assert response.status_code == 200  # the form again, with its error


@pytest.mark.parametrize(
    ("name", "content"),
    [("take.pdf", b"<html><script>alert(1)</script>"), ("take.zip", PDF), ("take.txt", b"MZ\0\0")],
)
def test_document_type_matches_its_name(editor, name, content):
    response, documents = upload(editor, name, content)

    assert documents == []
    assert "does not match its name" in response.text or "is not plain text" in response.text


def test_document_is_stored_and_served_as_an_attachment(editor, client):
    _response, (document,) = upload(editor, "care.pdf", PDF, "application/pdf")
    client.logout()

    response = client.get(document.url)

    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"


def old_document(name, content=b"<script>alert(1)</script>"):
    """A document from before its type was restricted."""
    return get_document_model().objects.create(title=name, file=ContentFile(content, name=name))


@pytest.mark.parametrize("name", ["old.html", "old.js"])
def test_old_document_is_neither_page_nor_script(client, site_root, name):
    document = old_document(name)

    response = client.get(document.url)

    assert response["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response["Content-Security-Policy"]


def test_only_photographs_have_a_url_under_media(client, site_root, settings):
    document = old_document("old.js")
    folder = settings.MEDIA_ROOT / "images"
    folder.mkdir(exist_ok=True)
    for name in ("a.html", "a.js", "a.svg", "a.png.html"):
        (folder / name).write_text("<script>alert(1)</script>")

    answers = {
        path: client.get(f"/media/{path}").status_code
        for path in (
            document.file.name,
            "images/a.html",
            "images/a.js",
            "images/a.svg",
            "images/a.png.html",
        )
    }

    assert set(answers.values()) == {404}, answers


def test_photograph_under_media_has_a_sandbox_policy(client, site_root, settings):
    folder = settings.MEDIA_ROOT / "images"
    folder.mkdir(exist_ok=True)
    (folder / "a.png").write_bytes(photograph("PNG"))

    response = client.get("/media/images/a.png")

    assert response.status_code == 200
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["images/" + "a" * 300 + ".png", "images/../outside.png", "images//outside.png"]
)
def test_malformed_name_under_media_is_not_found(client, site_root, settings, path):
    (settings.MEDIA_ROOT / "images").mkdir(exist_ok=True)
    for place in ("outside.png", "images/outside.png"):
        (settings.MEDIA_ROOT / place).write_bytes(photograph("PNG"))

    assert client.get(f"/media/{path}").status_code == 404


def test_document_of_a_private_collection_needs_the_password(client, site_root):
    collection = Collection.get_first_root_node().add_child(name="Trade")
    CollectionViewRestriction.objects.create(
        collection=collection, restriction_type="password", password="hush"
    )
    document = old_document("prices.pdf", PDF)
    get_document_model().objects.filter(pk=document.pk).update(collection=collection)

    response = client.get(document.url)

    assert "Content-Disposition" not in response
    assert PDF not in response.content


@pytest.mark.parametrize("path", ["/", "/admin/", "/dashboard/", "/accounts/login/"])
def test_no_policy_allows_scripts_from_uploads(client, site_root, path):
    create_page_roles()
    if path in ("/admin/", "/dashboard/"):
        client.force_login(make_person("Superuser"))

    sources = policy(client.get(path))["script-src"]

    uploads = ("http://testserver/media/images/a.js", "http://testserver/documents/9/m.js")
    assert "'self'" not in sources
    assert not [url for url in uploads for source in sources if url.startswith(source)]


def photograph(kind, size=(60, 40)):
    output = BytesIO()
    PillowImage.new("RGB", size, "tan").save(output, kind)
    return output.getvalue()


def bomb():
    """A PNG of 144 megapixels in a few hundred kilobytes."""
    output = BytesIO()
    PillowImage.new("1", (12_000, 12_000)).save(output, "PNG", optimize=True)
    return output.getvalue()


BROKEN_GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00\x2c\x00\x00"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (bomb, "144 megapixels"),
        (lambda: BROKEN_GIF, "This is not a photo"),
        (lambda: photograph("PNG")[:-40], "This photo is damaged"),
        (lambda: b"<svg onload='alert(1)'/>", "This is not a photo"),
        (lambda: photograph("BMP"), "This is not a photo"),
        (lambda: photograph("PNG") + b"\0" * 11 * 1024 * 1024, "at most"),
    ],
)
def test_category_photograph_has_limits_with_a_message(merchandiser, vase, content, sentence):
    category = put_category(vase, "Vases")
    url = reverse("dashboard:catalogue-category-update", args=[category.pk])
    file = SimpleUploadedFile("photo.png", content(), "image/png")

    response = merchandiser.post(
        url,
        {
            "name": "Tall vases",
            "treebeard_position": "first-child",
            "treebeard_ref_node": "",
            "image": file,
        },
    )

    category.refresh_from_db()
    assert response.status_code == 200
    assert sentence in response.text
    assert "Tall vases" in response.text  # the input stays
    assert category.name == "Vases"


def test_category_photograph_is_saved(merchandiser, vase):
    category = put_category(vase, "Vases")
    url = reverse("dashboard:catalogue-category-update", args=[category.pk])
    file = SimpleUploadedFile("photo.png", photograph("PNG"), "image/png")

    response = merchandiser.post(
        url,
        {
            "name": "Tall vases",
            "is_public": "on",
            "treebeard_position": "first-child",
            "treebeard_ref_node": "",
            "image": file,
        },
    )

    category.refresh_from_db()
    assert response.status_code == 302, response.context["form"].errors
    assert category.image.name.startswith("categories/")


def test_editor_cannot_upload_a_decompression_bomb(editor):
    file = SimpleUploadedFile("photo.png", bomb(), "image/png")
    root = Collection.get_first_root_node()

    response = editor.post(
        reverse("wagtailimages:add"), {"title": "A", "file": file, "collection": root.pk}
    )

    assert "megapixels" in response.text


@pytest.mark.parametrize(
    ("path", "size", "expected"),
    [
        ("/basket/vouchers/add/", 2, 413),
        ("/webhooks/stripe/", 2, 413),
        ("/dashboard/catalogue/", 13, 413),
    ],
)
def test_oversized_body_is_refused_with_a_message(client, site_root, path, size, expected):
    response = client.post(path, b"x" * size * 1024 * 1024, content_type="multipart/form-data")

    assert response.status_code == expected
    assert "too large" in response.text


@pytest.mark.parametrize(
    "path", ["/dashboard/files/1/", "/dashboard/imports/", "/admin/images/add/"]
)
def test_large_body_of_a_stranger_is_not_read(site_root, path, monkeypatch):
    def read(*args, **kwargs):
        raise AssertionError("the body was read")

    monkeypatch.setattr("django.http.request.HttpRequest._load_post_and_files", read)
    client = Client(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "a" * 32
    body = b"x" * 2 * 1024 * 1024

    asked = client.post(path, body, content_type="multipart/form-data; boundary=b")
    client.force_login(make_user("ada@example.com"))
    refused = client.post(path, body, content_type="multipart/form-data; boundary=b")

    assert (asked.status_code, refused.status_code) == (302, 403)
    assert asked["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize(
    ("path", "size", "words"),
    [
        ("/accounts/profile/edit/", 7, "A file can be up to 5 MB."),
        ("/admin/images/add/", 13, "A file can be up to 10 MB."),
    ],
)
def test_refused_file_names_the_limit_and_links_back(client, site_root, path, size, words):
    response = client.post(
        path,
        b"x" * size * 1024 * 1024,
        content_type="multipart/form-data",
        headers={"referer": f"http://testserver{path}?a=1"},
    )

    assert words in response.text
    assert f'href="{path}?a=1"' in response.text
    assert "Nothing was saved" in response.text
    assert "Sign in" not in response.text


def test_refused_file_links_to_no_other_site(client, site_root):
    response = client.post(
        "/basket/add/",
        b"x" * 2 * 1024 * 1024,
        content_type="multipart/form-data",
        headers={"referer": "https://evil.example/form"},
    )

    assert "evil.example" not in response.text
    assert "Back to the form" not in response.text


def test_description_with_a_script_is_cleaned_on_save_and_on_render(client, site_root, vase):
    Category = get_model("catalogue", "Category")
    category = put_category(vase, "Vases")
    category.description = '<p onclick="x()">Tall.<script src="/documents/9/m.js"></script></p>'

    category.save()

    assert category.description == "<p>Tall.</p>"
    # Data that bypasses saving, as in a bulk import.
    Category.objects.filter(pk=category.pk).update(
        description='<p>Tall.</p><script src="/documents/9/m.js"></script><a href="javascript:x()">a</a>'
    )
    page = client.get(category.get_absolute_url()).text
    assert "<p>Tall.</p>" in page
    assert "/documents/9/m.js" not in page
    assert "javascript:x" not in page


def test_nginx_serves_the_same_folders_and_extensions():
    text = Path(ROOT, "deploy/nginx/site.conf").read_text()

    assert f"^/media/(?:{'|'.join(media.FOLDERS)})/" in text
    assert f"(?:{'|'.join(media.ENDINGS)})$" in text


def test_collection_password_guesses_are_throttled(client, site_root):
    collection = Collection.get_first_root_node().add_child(name="Trade")
    restriction = CollectionViewRestriction.objects.create(
        collection=collection, restriction_type="password", password="hush"
    )
    url = reverse("wagtaildocs_authenticate_with_password", args=[restriction.pk])

    tries = [
        client.post(url, {"password": f"guess {number}", "return_url": "/"}).status_code
        for number in range(12)
    ]

    assert tries[0] == 200
    assert tries[-1] == 429
    assert client.post(url, {"password": "hush", "return_url": "/"}).status_code == 429


def test_oversized_document_is_refused_with_the_limit(client, site_root):
    create_page_roles()
    client.force_login(make_person(EDITOR))
    file = SimpleUploadedFile("large.txt", b"x" * (11 * 1024 * 1024 + 1))

    response = client.post(reverse("wagtaildocs:add"), {"title": "Large", "file": file})
    page = client.get(reverse("wagtaildocs:add_multiple"))

    assert "This file is too big (11.0" in response.text
    assert "Maximum filesize: 11.0" in page.text
    assert not get_document_model().objects.exists()
