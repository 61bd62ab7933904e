"""Fixtures that create pages as an editor does."""

from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from PIL import Image as PillowImage
from wagtail.images import get_image_model

from home.models import LandingPage, StandardPage, StoryIndexPage, StoryPage


@pytest.fixture
def photo(site_root):
    """A small photograph in Wagtail."""
    output = BytesIO()
    PillowImage.new("RGB", (80, 60), "tan").save(output, "JPEG")
    file = ContentFile(output.getvalue(), name="scene.jpg")
    return get_image_model().objects.create(title="The kiln", file=file, width=80, height=60)


@pytest.fixture
def publish(site_root):
    """A function that creates a live page below the home page."""

    def make(title="A page", kind=LandingPage, parent=None, **fields):
        page = kind(title=title, **fields)
        (parent or site_root).add_child(instance=page)
        return page

    return make


@pytest.fixture
def journal(publish):
    """The journal with one story."""
    index = publish("Journal", StoryIndexPage, intro="From the studio")
    publish("Never quite round", StoryPage, index, author="Tom", standfirst="Why not.")
    return index


@pytest.fixture
def about(publish):
    return publish("About us", StandardPage, intro="Six people, one kiln")
