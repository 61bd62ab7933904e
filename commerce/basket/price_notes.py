"""Which moved prices a shopper has read of: a cookie, since showing a basket writes nothing."""

from django.conf import settings

from commerce.requests import delete_cookie, read_cookie, set_cookie

COOKIE = "prices_read"
#: As many are remembered, the newest; a note that is said twice harms nobody.
MOST = 50


def prices_read(request):
    """The marks (``Notice.mark``) of the notes that this browser was shown."""
    return {mark for mark in read_cookie(request, COOKIE).split(".") if mark}


def remember_prices(request, response, marks):
    """Have the browser remember what the page it is given says, and nothing else."""
    text = ".".join(sorted(marks)[-MOST:])
    if text == read_cookie(request, COOKIE):
        return
    if not text:
        delete_cookie(response, COOKIE)
        return
    set_cookie(response, COOKIE, text, max_age=settings.OSCAR_BASKET_COOKIE_LIFETIME)
