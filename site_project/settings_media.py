"""Storage of uploads: on disk, or in two buckets of an S3-compatible service."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from site_project.environment import Environment


def media_storages(env: Environment, folder: Path) -> dict[str, dict[str, Any]]:
    """Django's STORAGES entries for uploads: "default", and "private" for what is sold as a file.

    Without buckets, private files are in ``folder``. Raises ImproperlyConfigured if photographs and
    documents would share a bucket: photographs are public, documents may be private.
    """
    bucket = env.str("S3_BUCKET", default="")
    if not bucket:
        return {
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "private": {
                "BACKEND": "site_project.private_files.PrivateStorage",
                "OPTIONS": {"location": folder},
            },
        }
    private = env.str("S3_PRIVATE_BUCKET", default="")
    if private in ("", bucket):
        raise ImproperlyConfigured(
            "S3_PRIVATE_BUCKET must name a second bucket that only the site may read. It holds "
            "documents, which may be private; S3_BUCKET holds the public photographs."
        )
    common = {
        "endpoint_url": env.str("S3_ENDPOINT_URL", default="") or None,
        "region_name": env.str("S3_REGION", default="") or None,
        "access_key": env.str("S3_ACCESS_KEY", default="") or None,
        "secret_key": env.secret("S3_SECRET_KEY") or None,
        "file_overwrite": False,
    }
    closed = {**common, "bucket_name": private}
    opened = {
        **common,
        "bucket_name": bucket,
        "custom_domain": env.str("S3_CUSTOM_DOMAIN", default="") or None,
        "querystring_auth": False,
    }
    return {
        "default": {
            "BACKEND": "site_project.buckets.TwoBuckets",
            "OPTIONS": {"public": opened, "private": closed},
        },
        "private": {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {**closed, "location": "sold", "max_memory_size": 4 * 1024 * 1024},
        },
    }
