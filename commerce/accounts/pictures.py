"""Profile pictures: uploads are stored as small squares without metadata."""

import secrets
import warnings
from io import BytesIO

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image, ImageOps, UnidentifiedImageError

from commerce.models import ProfilePicture, User

MOST_BYTES = 5 * 1024 * 1024
TOO_LARGE = gettext_lazy("The file is larger than 5 MB. Choose a smaller picture.")
MOST_PIXELS = 40_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")
#: Width and height of the stored picture, in pixels.
SIZE = 512


def square_of(upload: UploadedFile) -> bytes:
    """The central square of an uploaded photograph as a 512 px WebP without metadata.

    Raises ValidationError with a sentence for files that are too large, of another type, or
    invalid. The size in pixels is read from the header, before decoding.
    """
    if (upload.size or 0) > MOST_BYTES:
        raise ValidationError(TOO_LARGE)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _encode(upload)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise ValidationError(
            _("This file cannot be read as a picture. Use JPEG, PNG, WebP or AVIF.")
        ) from error


def _encode(upload: UploadedFile) -> bytes:
    with Image.open(upload, formats=FORMATS) as source:
        if source.width * source.height > MOST_PIXELS:
            raise _too_many_pixels()
        source.draft("RGB", (SIZE * 2, SIZE * 2))
        upright = ImageOps.exif_transpose(source).convert("RGBA")
    square = ImageOps.fit(upright, (SIZE, SIZE), Image.Resampling.LANCZOS)
    # Copy pixels only: no EXIF, no colour profile, no location.
    plain = Image.new("RGBA", square.size)
    plain.paste(square)
    content = BytesIO()
    plain.save(content, "WEBP", quality=82, method=4)
    return content.getvalue()


def _too_many_pixels() -> ValidationError:
    return ValidationError(
        _("The picture has more than 40 megapixels. Choose a smaller version of it.")
    )


def save_picture(user: User, content: bytes) -> ProfilePicture:
    """Store an account's picture under a new random name, replacing the old one."""
    picture, _is_new = ProfilePicture.objects.update_or_create(
        user=user, defaults={"content": content, "name": secrets.token_hex(16)}
    )
    return picture


def remove_picture(user: User) -> None:
    """Delete the picture of an account."""
    ProfilePicture.objects.filter(user=user).delete()


def picture_name(user: User) -> str:
    """The name of an account's picture, "" without one. Doesn't read the image."""
    names = ProfilePicture.objects.filter(user_id=user.pk).values_list("name", flat=True)
    return names.first() or ""
