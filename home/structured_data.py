"""Structured data of editors' pages (see ``commerce.catalogue.structured_data``)."""

from typing import Any

from django.utils import timezone

from commerce.catalogue.structured_data import shop
from commerce.images.photos import share_photo
from commerce.urls import absolute
from home.models import StoryPage


def story_data(page: StoryPage) -> dict[str, Any]:
    """A journal story as a schema.org ``Article``, without empty values."""
    url = absolute(page.url or "/")
    photo = share_photo(page.lead_image) if page.lead_image else None
    changed = page.last_published_at or page.latest_revision_created_at
    data = {
        "@type": "Article",
        "@id": f"{url}#article",
        "headline": page.title,
        "description": page.standfirst,
        "author": {"@type": "Person", "name": page.author},
        "datePublished": page.date.isoformat(),
        "dateModified": timezone.localtime(changed).isoformat() if changed else None,
        "image": [absolute(photo.url)] if photo else None,
        "mainEntityOfPage": url,
        "publisher": shop(),
    }
    return {name: value for name, value in data.items() if value}
