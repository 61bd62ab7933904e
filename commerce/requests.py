"""What a request asks for beyond its address: which moment, and a page or a part of one."""

#: Digits of the largest key that a database has; longer ones are nobody's.
MAX_KEY_DIGITS = 18


def moment_of(request):
    """The moment the page is shown for: None (now), or the one a middleware set on the request."""
    return getattr(request, "at", None)


def wants_fragment(request):
    """Whether a script of ours asks for the changed part of a page instead of the page."""
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"


def key_in(text):
    """A row's key as a parameter carries it; None for anything that cannot be one."""
    return (
        int(text) if text.isascii() and text.isdecimal() and len(text) <= MAX_KEY_DIGITS else None
    )
