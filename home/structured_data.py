"""What search engines read of the editors' pages (see ``commerce.catalogue.structured_data``)."""

from django.utils import timezone

from commerce.catalogue.structured_data import shop
from commerce.images.photos import share_photo
from commerce.urls import absolute


def story_data(page):
    """A story of the journal as its page shows it: title, standfirst, author, day, photograph."""
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
