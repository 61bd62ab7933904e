"""Product photographs as Wagtail images, one image per file."""

import hashlib
from io import BytesIO, StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from oscar.core.loading import get_model
from PIL import Image as PillowImage
from wagtail.images import get_image_model
from wagtail.images.models import Picture, WagtailImageFieldFile

from commerce.images.photos import (
    SHARE_SPEC,
    Thumbnailer,
    make_image,
    missing_specs,
    photo_for,
    picture_specs,
    render_ahead,
    share_photo,
    specs_for,
    sync_photo,
)
from commerce.images.pictures import LAZY, largest, sizes_of
from commerce.images.pictures import picture as picture_of
from commerce.index.listings import cards_for
from commerce.index.photographs import render_missing_soon
from commerce.models import ProductPhoto
from commerce.templatetags.shop import large_url

pytestmark = pytest.mark.django_db
Image = get_image_model()


def picture(colour="tan", size=(60, 80)):
    """A small photograph as bytes."""
    output = BytesIO()
    PillowImage.new("RGB", size, colour).save(output, "JPEG")
    return output.getvalue()


def add_picture(product, colour="tan", *, order=0, caption="", size=(60, 80)):
    """Add a photograph as the dashboard saves it."""
    file = ContentFile(picture(colour, size), name=f"{colour}.jpg")
    return product.images.create(original=file, display_order=order, caption=caption)


@pytest.fixture
def vase(site_root, vase):
    return vase


def test_dashboard_upload_becomes_a_wagtail_image_at_once(vase):
    added = add_picture(vase, caption="The vase on the sill")

    image = photo_for(added)
    assert (image.width, image.height, image.title) == (60, 80, "The vase on the sill")
    assert image.file.url in cards_for([vase.pk])[0].photo


def test_same_file_is_one_image(vase, mug):
    one, two = add_picture(vase), add_picture(mug)

    assert photo_for(one) == photo_for(two)
    assert Image.objects.count() == 1


def test_syncing_again_changes_nothing(vase):
    added = add_picture(vase)
    before = photo_for(added)

    assert sync_photo(added) == before
    assert ProductPhoto.objects.count() == 1


def test_replaced_file_becomes_a_new_image(vase):
    added = add_picture(vase, "tan")
    old = photo_for(added)

    added.original = ContentFile(picture("teal"), name="teal.jpg")
    added.save()

    assert photo_for(added) != old
    assert Image.objects.filter(pk=old.pk).exists()  # a page may still show it


def test_missing_original_is_an_error_with_its_name(vase):
    added = add_picture(vase)
    ProductPhoto.objects.all().delete()
    added.original.storage.delete(added.original.name)
    added = type(added).objects.get()

    with pytest.raises(FileNotFoundError):
        sync_photo(added)


def test_photographs_have_the_catalogues_order(vase):
    second, first = add_picture(vase, "tan", order=2), add_picture(vase, "teal", order=1)

    card = cards_for([vase.pk])[0]

    assert photo_for(first).file.url in card.photo
    assert photo_for(second).file.url in card.second_photo


def test_renditions_are_prepared_once(vase):
    image = photo_for(add_picture(vase))
    seen = []

    made = render_ahead([image], on_done=seen.append)

    assert made == image.renditions.count() == len(specs_for(image))
    assert seen == [image]
    assert render_ahead([image]) == 0


def test_large_sizes_can_be_left_to_the_worker(vase):
    image = photo_for(add_picture(vase, size=(1700, 1700)))

    render_ahead([image], widest=1280)

    assert {row.width for row in image.renditions.all()} == {320, 640, 960, 1200}
    assert all("width-1600" in spec for spec in missing_specs([image])[image.pk])


def test_prepared_renditions_are_those_of_the_templates(vase):
    image = photo_for(add_picture(vase))
    render_ahead([image])
    count = image.renditions.count()

    for spec in specs_for(image):
        image.get_rendition(spec)

    assert image.renditions.count() == count


@pytest.mark.parametrize("size", [(1800, 1400), (500, 900)])
def test_stored_sizes_are_those_of_the_files(site_root, size):
    content = picture(size=size)
    image = make_image(content, filename="any.jpg", title="Any")
    render_ahead([image])

    for row in (image, *image.renditions.all()):
        with row.file.open("rb") as file, PillowImage.open(file) as stored:
            assert (row.width, row.height) == stored.size, row
    assert image.file_size == len(content)
    assert image.file_hash == hashlib.sha1(content, usedforsecurity=False).hexdigest()


def test_rendering_does_not_decode_what_it_has_just_encoded(site_root, monkeypatch):
    image = make_image(picture(size=(1800, 1400)), filename="any.jpg", title="Any")
    decoded = []
    monkeypatch.setattr(
        WagtailImageFieldFile, "get_image_dimensions", lambda file: decoded.append(file) or (1, 1)
    )

    render_ahead([image])

    assert decoded == []


def test_preview_image_is_prepared_and_cropped(site_root):
    wide = make_image(picture(size=(1800, 1400)), filename="w.jpg", title="Wide")
    render_ahead([wide])
    made = wide.renditions.get(filter_spec=SHARE_SPEC)

    assert share_photo(wide) == made
    assert (made.width, made.height) == (1200, 630)
    assert made.file.name.endswith(".jpg")


def test_preview_image_keeps_the_focal_point(site_root):
    image = make_image(picture(size=(600, 900)), filename="u.jpg", title="Upright")
    image.focal_point_x, image.focal_point_y = 300, 100
    image.focal_point_width = image.focal_point_height = 50
    image.save()

    render_ahead([image])
    made = image.renditions.get(filter_spec=SHARE_SPEC)

    assert made.focal_point_key
    assert image.get_rendition(SHARE_SPEC) == made


def test_url_of_a_photograph_renders_nothing(vase):
    image = photo_for(add_picture(vase))
    assert largest(image, "jpeg").url == image.file.url
    assert image.renditions.count() == 0

    render_ahead([image])

    assert "format-jpeg" in largest(image, "jpeg").url


def test_uploaded_photograph_is_rendered_in_the_background(
    vase, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        added = add_picture(vase)

    image = photo_for(added)
    assert image.renditions.count() == len(specs_for(image))


def test_rendition_is_never_larger_than_its_original(vase):
    image = photo_for(add_picture(vase))
    render_ahead([image])

    assert {rendition.width for rendition in image.renditions.all()} == {60}


@pytest.mark.parametrize(
    ("size", "widths"),
    [
        ((3000, 1700), [320, 640, 1280, 1920, 2880]),
        ((1440, 1080), [320, 640, 1280, 1920]),
        ((1280, 720), [320, 640, 1280]),
        ((1700, 1700), [320, 640, 960, 1600]),
        ((900, 900), [320, 640, 960]),
        ((60, 80), [320]),
    ],
)
def test_photographs_have_the_widths_that_show_all_they_have(size, widths):
    image = get_image_model()(width=size[0], height=size[1])

    assert picture_specs(image) == [
        f"format-{name}|width-{width}" for name in ("avif", "webp", "jpeg") for width in widths
    ]


def test_enlarged_photograph_is_the_largest_there_is(vase):
    image = photo_for(add_picture(vase, size=(1700, 1700)))
    render_ahead([image])

    assert large_url(image) == image.renditions.get(filter_spec="format-webp|width-1600").url


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({"size": "30x30"}, (22, 30)),
        ({"size": "30x30", "crop": "center"}, (30, 30)),
        ({"size": "30"}, (30, 40)),
        ({"size": "x40"}, (30, 40)),
    ],
)
def test_oscars_templates_use_wagtails_renditions(vase, options, size):
    added = add_picture(vase)

    thumbnail = Thumbnailer().generate_thumbnail(added.original, **options)

    assert (thumbnail.width, thumbnail.height) == size


def test_photograph_unknown_to_wagtail_is_shown_unchanged(db):
    thumbnail = Thumbnailer().generate_thumbnail("categories/table.jpg", size="30x30")

    assert thumbnail.url == "/media/categories/table.jpg"


def test_photograph_with_a_missing_file_breaks_no_page(vase):
    added = add_picture(vase, "plum")
    image = photo_for(added)
    image.file.storage.delete(image.file.name)

    thumbnail = Thumbnailer().generate_thumbnail(added.original, size="31x31")

    assert thumbnail.url.endswith(added.original.name)


def test_deleting_a_photograph_keeps_the_image_for_pages(vase):
    added = add_picture(vase)
    Thumbnailer().delete_thumbnails(added.original)

    added.delete()

    assert Image.objects.count() == 1
    assert get_model("catalogue", "ProductImage").objects.count() == 0


@pytest.mark.parametrize("size", [(400, 500), (500, 400)])
def test_markup_equals_wagtails(site_root, size):
    image = make_image(picture(size=size), filename="a&b.jpg", title="A & B")
    render_ahead([image])
    specs = specs_for(image)[:-1]
    attributes = {"alt": 'Mug "5" & <so on>', "data-loading": "how", "sizes": "10vw"}
    wagtails = Picture(image.get_renditions(*specs), attributes).__html__()

    ours = picture_of(sizes_of(image).sources, alt=attributes["alt"], sizes="10vw")

    assert ours == wagtails.replace('data-loading="how"', LAZY)


def test_update_that_adds_sizes_shows_the_old_ones_until_they_are_rendered(
    vase, django_capture_on_commit_callbacks
):
    image = photo_for(add_picture(vase, size=(1700, 1700)))
    render_ahead([image])
    image.renditions.filter(filter_spec__endswith="width-1600").delete()
    image.renditions.get(filter_spec="format-avif|width-960").delete()

    sizes = sizes_of(Image.objects.get(pk=image.pk))

    assert [[width for _url, width, _height in made] for _name, made in sizes.sources] == [
        [320, 640]
    ] * 3
    said = StringIO()
    with django_capture_on_commit_callbacks(execute=True):
        call_command("rebuild_listings", stdout=said)
    assert "Photographs to be rendered: 1" in said.getvalue()
    sizes = sizes_of(Image.objects.get(pk=image.pk))
    assert [made[-1][1] for _name, made in sizes.sources] == [1600] * 3
    assert render_missing_soon() == 0
