"""Small facts that shop templates ask for: the basket's count, how long a sale lasts, stars."""

from email.utils import parseaddr
from functools import lru_cache

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from commerce.basket.units import units_in
from commerce.images.pictures import largest, photo_html
from commerce.index.listings import cards_for
from commerce.page_cache.address import is_public
from commerce.page_cache.parts import is_for_everybody, kept_markup, name_for
from commerce.rich_html import safe_html

register = template.Library()

#: Up to this many days ahead the end of a sale is named by its weekday alone.
WEEK = 6


@register.simple_tag(takes_context=True)
def basket_count(context):
    """Units in the shopper's basket. One query where there is a basket, none where there is not.

    On a page that everybody gets 0, unless its view looked into the basket: scripts put the number
    of this browser in its place, from the cookie that ``BasketMiddleware`` keeps.
    """
    request = context.get("request")
    if request is None or not hasattr(request, "basket"):
        return 0
    if is_public(request) and request._basket_cache is None:
        return 0
    return units_in(request)


@register.simple_tag(takes_context=True)
def is_here(context, url):
    """Whether the page being shown is the address or lies below it."""
    path = getattr(context.get("request"), "path", "")
    return path == url or (url != "/" and path.startswith(url))


@register.simple_tag
def shop_email():
    """The address that the shop's mails come from, and that answers."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


@register.filter
def sale_end(until):
    """When a sale ends: "Until Sunday", "Until 4 December", "Sale" where no end is set."""
    if until is None:
        return _("Sale")
    last = timezone.localtime(until)
    days = (last.date() - timezone.localdate()).days
    if days == 0:
        return _("Until tonight")
    name = date_format(last, "l" if days <= WEEK else "j F")
    return _("Until %(day)s") % {"day": name}


@register.filter
def cleaned(markup):
    """HTML that people wrote, safe to show (``commerce.rich_html``)."""
    return safe_html(markup)


@register.filter
def star_steps(rating):
    """Five booleans, one for each star: filled where the rating, rounded, reaches it."""
    filled = round(float(rating or 0))
    return [step <= filled for step in range(1, 6)]


@register.simple_tag
def photo(image, *, alt="", sizes="100vw", eager=False, shape=""):
    """A photograph in its frame (``commerce.images.pictures.photo_html``)."""
    return photo_html(image, alt=alt, sizes=sizes, eager=eager, shape=shape)


@register.filter
def large_url(image):
    """The address of a photograph as large as a page shows it, for those who zoom."""
    return largest(image, "webp").url


@register.simple_tag
def part(template, **arguments):
    """A component that shows nothing but its arguments, rendered once for as long as they are equal.

    They must be hashable; language and day count as well. Not for a template that asks the request,
    the database or the clock for more.
    """
    render = _render_part.__wrapped__ if settings.DEBUG else _render_part
    return render(template, tuple(arguments.items()), get_language(), timezone.localdate())


@lru_cache(maxsize=4096)
def _render_part(template, arguments, _language, _today):
    return mark_safe(render_to_string(template, dict(arguments)))  # noqa: S308  made by our templates


class KeepNode(template.Node):
    """``{% keep name … %}``: see ``commerce.page_cache.parts.kept_markup``."""

    def __init__(self, nodelist, words):
        self.nodelist, self.words = nodelist, words

    def render(self, context):
        request = context.get("request")
        if not is_for_everybody(request):
            return self.nodelist.render(context)
        name = name_for(request, *(word.resolve(context) for word in self.words))
        return kept_markup(name, lambda: self.nodelist.render(context))


@register.tag
def keep(parser, token):
    """A part of a page that the process remembers as markup until something on it changes.

    ``{% keep "gallery" product.pk variant.pk %}…{% endkeep %}``: the words are everything that the part
    takes from the request or from whoever is signed in; a token of a form must not stand in it. A word
    that the page does not know is an error, since two parts would share a name.
    """
    words = [template.Variable(word) for word in token.split_contents()[1:]]
    if not words:
        raise template.TemplateSyntaxError("keep needs a name for what it keeps")
    nodelist = parser.parse(["endkeep"])
    parser.delete_first_token()
    return KeepNode(nodelist, words)


@register.simple_tag
def cards_of(products):
    """Cards of products as Oscar's views list them; a variant stands for its product."""
    return cards_for([product.parent_id or product.pk for product in products])
