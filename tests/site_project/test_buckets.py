"""Uploads on S3: photographs are public, documents are not."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage

from site_project import buckets
from site_project.environment import Environment
from site_project.settings_media import media_storages


@pytest.fixture
def env(monkeypatch, tmp_path):
    def with_variables(**variables):
        for name in ("S3_BUCKET", "S3_PRIVATE_BUCKET"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return Environment(tmp_path / "none")

    return with_variables


@pytest.fixture
def storage(monkeypatch):
    monkeypatch.setattr(
        buckets, "S3Storage", lambda **options: InMemoryStorage(base_url=options["at"])
    )
    return buckets.TwoBuckets(
        public={"at": "https://media.example/"}, private={"at": "https://s3.example/"}
    )


def test_files_are_on_disk_by_default(env, tmp_path):
    storages = media_storages(env(), tmp_path)

    assert storages["default"]["BACKEND"].endswith("FileSystemStorage")
    assert storages["private"]["OPTIONS"]["location"] == tmp_path
    assert storages["private"]["BACKEND"].endswith("PrivateStorage")


@pytest.mark.parametrize("private", ["", "photographs"])
def test_documents_and_photographs_in_one_bucket_are_refused(env, tmp_path, private):
    with pytest.raises(ImproperlyConfigured, match="S3_PRIVATE_BUCKET"):
        media_storages(env(S3_BUCKET="photographs", S3_PRIVATE_BUCKET=private), tmp_path)


def test_urls_in_the_private_bucket_are_signed(env, tmp_path):
    storages = media_storages(env(S3_BUCKET="photographs", S3_PRIVATE_BUCKET="papers"), tmp_path)

    made = buckets.TwoBuckets(**storages["default"]["OPTIONS"])
    sold = buckets.S3Storage(**storages["private"]["OPTIONS"])

    assert (sold.bucket_name, sold.location, sold.querystring_auth) == ("papers", "sold", True)

    assert (made.public.bucket_name, made.private.bucket_name) == ("photographs", "papers")
    assert (made.public.querystring_auth, made.private.querystring_auth) == (False, True)


@pytest.mark.parametrize(
    ("name", "is_public"),
    [
        ("images/a.webp", True),
        ("original_images/a.jpg", True),
        ("categories/a.png", True),
        ("documents/prices.pdf", False),
        ("imports/a.csv", False),
        ("a.png", False),
        ("images", True),
        ("imagesque/a.png", False),
    ],
)
def test_each_file_is_in_the_right_bucket(storage, name, is_public):
    saved = storage.save(name, ContentFile(b"x"))

    holder, other = (storage.public, storage.private)[:: 1 if is_public else -1]
    assert holder.exists(saved)
    assert not other.exists(saved)
    assert storage.open(saved).read() == b"x"
    assert storage.size(saved) == 1
    assert storage.url(saved).startswith(holder.base_url)
    storage.delete(saved)
    assert not storage.exists(saved)
