"""The style sheet with the shop's own colours and fonts: the design tokens that settings decide."""

from hashlib import blake2b

from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from commerce.page_cache.memoise import memoise
from commerce.shop_settings.current import Shop, current_shop
from commerce.shop_values.fonts import (
    BODY,
    HEADING,
    SYSTEM,
    TYPEFACES,
    files_of,
    main_file,
    stack_of,
)
from commerce.shop_values.palette import tokens_of
from commerce.urls import with_query

YEAR = 365 * 24 * 60 * 60


def fonts_of(shop: Shop) -> tuple[str, str]:
    """The typefaces of headings and of text."""
    heading, body = shop.heading_font, shop.body_font
    return heading if heading in TYPEFACES else HEADING, body if body in TYPEFACES else BODY


def design_css() -> str:
    """The shop's ``@font-face`` rules and custom properties."""
    return memoise("design-css", _design_css)


def _design_css() -> str:
    shop = current_shop()
    heading, body = fonts_of(shop)
    rules = [rule for name in dict.fromkeys((heading, body)) for rule in _font_faces(name)]
    tokens = [f"--{name}:{value}" for name, value in tokens_of(shop.light, shop.dark).items()]
    tokens += [f"--heading-font:{stack_of(heading)}", f"--body-font:{stack_of(body)}"]
    return "\n".join([*rules, f":root{{{';'.join(tokens)}}}"])


def _font_faces(name: str) -> list[str]:
    face = TYPEFACES[name]
    rules = [
        f'@font-face{{font-family:"{face.family}";src:url("{static(path)}") format("woff2");'
        f"font-weight:{face.weights};font-display:swap;unicode-range:{letters}}}"
        for path, letters in files_of(name)
    ]
    return rules + [
        f'@font-face{{font-family:"{face.family} {place}";src:{SYSTEM[one.system]};'
        f"size-adjust:{one.size}%;ascent-override:{one.ascent}%;descent-override:{one.descent}%;"
        "line-gap-override:0%}"
        for place, one in enumerate(face.fallbacks, 1)
    ]


def design_digest() -> str:
    """Changes with the style sheet."""
    return blake2b(design_css().encode(), digest_size=6).hexdigest()


def design_url() -> str:
    """The URL of the style sheet, which browsers may keep for a year."""
    return with_query(reverse("design"), f"v={design_digest()}")


def preloaded_fonts() -> list[str]:
    """The URLs of the font files that every page needs. Do not change the list."""
    return memoise("preloaded-fonts", _preloaded_fonts)


def _preloaded_fonts() -> list[str]:
    return [static(main_file(name)) for name in dict.fromkeys(fonts_of(current_shop()))]


@require_safe
def design(request: HttpRequest) -> HttpResponse:
    """The style sheet. Under an old URL it is the current one, and must be revalidated."""
    response = HttpResponse(design_css(), content_type="text/css; charset=utf-8")
    if request.GET.get("v") == design_digest():
        patch_cache_control(response, public=True, max_age=YEAR, immutable=True)
    else:
        patch_cache_control(response, public=True, max_age=0, must_revalidate=True)
    return response
