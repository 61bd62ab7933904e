"""Which moved prices a shopper has read of: a cookie, since showing a basket writes nothing."""

from django.conf import settings

COOKIE = "prices_read"
#: As many are remembered, the newest; a note that is said twice harms nobody.
MOST = 50


def prices_read(request):
    """The marks (``Notice.mark``) of the notes that this browser was shown."""
    return {mark for mark in request.COOKIES.get(COOKIE, "").split(".") if mark}


def remember_prices(request, response, marks):
    """Have the browser remember what the page it is given says, and nothing else."""
    text = ".".join(sorted(marks)[-MOST:])
    if text == request.COOKIES.get(COOKIE, ""):
        return
    if not text:
        response.delete_cookie(COOKIE, samesite="Lax")
        return
    response.set_cookie(
        COOKIE,
        text,
        max_age=settings.OSCAR_BASKET_COOKIE_LIFETIME,
        secure=settings.OSCAR_BASKET_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
