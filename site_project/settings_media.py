"""Where uploads lie: on the disk, or in two buckets of S3 or what speaks it."""

from django.core.exceptions import ImproperlyConfigured

from site_project.environment import Environment


def media_storage(env: Environment) -> dict:
    """Django's STORAGES entry for uploads.

    Raises ImproperlyConfigured where photographs and documents would share a bucket: everybody may
    read the one, and nobody but the site the other.
    """
    bucket = env.str("S3_BUCKET", default="")
    if not bucket:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    private = env.str("S3_PRIVATE_BUCKET", default="")
    if private in ("", bucket):
        raise ImproperlyConfigured(
            "S3_PRIVATE_BUCKET must name a second bucket, which only the site may read: documents lie "
            "there, some of them for few people. S3_BUCKET holds the photographs."
        )
    common = {
        "endpoint_url": env.str("S3_ENDPOINT_URL", default="") or None,
        "region_name": env.str("S3_REGION", default="") or None,
        "access_key": env.str("S3_ACCESS_KEY", default="") or None,
        "secret_key": env.secret("S3_SECRET_KEY") or None,
        "file_overwrite": False,
    }
    return {
        "BACKEND": "site_project.buckets.TwoBuckets",
        "OPTIONS": {
            "public": {
                **common,
                "bucket_name": bucket,
                "custom_domain": env.str("S3_CUSTOM_DOMAIN", default="") or None,
                "querystring_auth": False,
            },
            "private": {**common, "bucket_name": private},
        },
    }
