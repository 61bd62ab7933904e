"""Validation of uploaded photos: real images of a size the server can decode."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

#: Pillow's names of the formats that browsers support.
FORMATS = ("AVIF", "GIF", "JPEG", "PNG", "WEBP")


def check_image_upload(file: Any) -> None:
    """Raise ValidationError unless the file is an image within the limits.

    Limits: ``WAGTAILIMAGES_MAX_UPLOAD_SIZE`` bytes and ``WAGTAILIMAGES_MAX_IMAGE_PIXELS`` pixels
    over all frames. The dimensions are read before anything is decoded.
    """
    most = settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE
    if file.size > most:
        raise ValidationError(
            _("This file is %(size)s. A photo may have at most %(most)s.")
            % {"size": filesizeformat(file.size), "most": filesizeformat(most)}
        )
    position = file.tell() if hasattr(file, "tell") else 0
    try:
        file.seek(0)
        with Image.open(file, formats=FORMATS) as image:
            _check_pixels(image)
            image.load()
    except ValidationError:
        raise
    except Image.DecompressionBombError as error:  # Pillow's own limit
        raise ValidationError(_too_many_pixels()) from error
    except UnidentifiedImageError as error:
        raise ValidationError(_not_an_image()) from error
    except Exception as error:  # Pillow's decoders raise almost anything on a broken file
        raise ValidationError(_("This photo is damaged. Save it again and retry.")) from error
    finally:
        file.seek(position)


def _check_pixels(image: Image.Image) -> None:
    pixels = image.width * image.height * getattr(image, "n_frames", 1)
    if pixels > settings.WAGTAILIMAGES_MAX_IMAGE_PIXELS:
        raise ValidationError(
            _("This photo has %(pixels)d megapixels.") % {"pixels": pixels // 1_000_000}
            + " "
            + _too_many_pixels()
        )


def _too_many_pixels() -> str:
    most = settings.WAGTAILIMAGES_MAX_IMAGE_PIXELS // 1_000_000
    return _("Reduce it to at most %(most)d megapixels.") % {"most": most}


def _not_an_image() -> str:
    return _("This is not a photo. Upload a JPEG, PNG, WebP, AVIF or GIF file.")


def photographs_only(form: BaseForm, *names: str) -> None:
    """Validate these image fields of a form before Django decodes the upload."""
    for name in names:
        if name in form.fields:
            field = form.fields[name]
            field.to_python = _checked(field.to_python)  # type: ignore[method-assign, assignment]


def _checked(to_python: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def check_then_convert(data: Any) -> Any:
        if data not in (None, "", False) and hasattr(data, "size"):
            check_image_upload(data)
        return to_python(data)

    return check_then_convert
