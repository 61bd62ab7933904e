"""Profile pictures are small, plain and private."""

from io import BytesIO
from zlib import crc32

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from commerce.accounts import pictures
from commerce.models import ProfilePicture
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PROFILE = "/accounts/profile/edit/"


@pytest.fixture
def owner(client):
    user = make_user("ada@example.com")
    client.force_login(user)
    return user


def picture_file(kind="JPEG", size=(900, 600), **options):
    content = BytesIO()
    Image.new("RGB", size, "teal").save(content, kind, **options)
    return SimpleUploadedFile(f"me.{kind.lower()}", content.getvalue())


def send(client, file, name="Ada"):
    return client.post(PROFILE, {"first_name": name, "last_name": "Marsh", "picture": file})


def address_of(user):
    return reverse("account-picture-file", args=[pictures.picture_name(user)])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_picture_becomes_a_square_webp(client, owner, kind):
    send(client, picture_file(kind))

    image = Image.open(BytesIO(client.get(address_of(owner)).content))
    assert (image.format, image.size) == ("WEBP", (512, 512))


def test_metadata_is_removed(client, owner):
    exif = Image.Exif()
    exif[0x010E] = "taken at 12 Harbour Lane"
    send(client, picture_file(exif=exif))

    content = client.get(address_of(owner)).content
    assert b"Harbour" not in content
    assert b"EXIF" not in content


def bomb():
    """A PNG whose header claims 60 megapixels."""
    content = bytearray(picture_file("PNG", (10, 10)).read())
    content[16:24] = (10_000).to_bytes(4, "big") + (6_000).to_bytes(4, "big")
    content[29:33] = crc32(content[12:29]).to_bytes(4, "big")
    return SimpleUploadedFile("bomb.png", bytes(content))


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (lambda: SimpleUploadedFile("me.jpg", b"<svg onload=alert(1)>"), "cannot be read as a picture"),
        (lambda: SimpleUploadedFile("me.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "cannot be read as a picture"),
        (lambda: picture_file("GIF"), "cannot be read as a picture"),
        (lambda: SimpleUploadedFile("half.jpg", picture_file().read()[:300]), "cannot be read as a picture"),
        (lambda: SimpleUploadedFile("big.jpg", b"\xff" * (5 * 1024 * 1024 + 1)), "larger than 5 MB"),
        (bomb, "more than 40 megapixels"),
    ],
)  # fmt: skip
def test_invalid_file_shows_its_reason_and_keeps_the_other_fields(client, owner, file, reason):
    response = send(client, file(), name="Augusta")

    text = response.content.decode()
    assert reason in text
    assert 'value="Augusta"' in text
    assert not ProfilePicture.objects.exists()


def test_names_are_saved_without_a_picture(client, owner):
    client.post(PROFILE, {"first_name": "Ada", "last_name": "Fen"})

    owner.refresh_from_db()
    assert owner.get_full_name() == "Ada Fen"


def test_new_picture_has_a_new_random_name(client, owner):
    send(client, picture_file())
    before = address_of(owner)

    send(client, picture_file("PNG"))

    assert address_of(owner) != before
    assert client.get(before).status_code == 404


def test_nobody_else_can_see_the_picture(client, owner):
    send(client, picture_file())
    stranger = Client()
    assert stranger.get(address_of(owner)).status_code == 404

    stranger.force_login(make_user("grace@example.com"))

    assert stranger.get(address_of(owner)).status_code == 404


@pytest.mark.parametrize(("codename", "status"), [(None, 404), ("view_user", 200)])
def test_staff_with_access_to_customers_can_see_the_picture(client, owner, codename, status):
    send(client, picture_file())
    clerk = make_user("clerk@example.com", is_staff=True)
    if codename:
        clerk.user_permissions.add(
            Permission.objects.get(codename=codename, content_type__app_label="commerce")
        )
    browser = Client()
    browser.force_login(clerk)

    assert browser.get(address_of(owner)).status_code == status


def test_dashboard_shows_the_customers_picture(client, owner):
    send(client, picture_file())
    browser = Client()
    browser.force_login(make_user("admin@example.com", is_staff=True, is_superuser=True))

    page = browser.get(reverse("dashboard:user-detail", args=[owner.pk])).content.decode()

    assert address_of(owner) in page


def test_response_headers_allow_only_an_image(client, owner):
    send(client, picture_file())

    response = client.get(address_of(owner))

    assert response["Content-Type"] == "image/webp"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert "private" in response["Cache-Control"]


def test_picture_can_be_removed_by_post_only(client, owner):
    send(client, picture_file())

    assert client.get(reverse("account-picture")).status_code == 405
    client.post(reverse("account-picture"))

    assert not ProfilePicture.objects.exists()
    assert "Remove the picture" not in client.get(PROFILE).content.decode()


def test_picture_is_deleted_with_its_account(client, owner):
    send(client, picture_file())

    owner.delete()

    assert not ProfilePicture.objects.exists()
