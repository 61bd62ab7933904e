"""Whether this shop uses the demo gateway."""

from django.http import Http404

from commerce.demonstration import is_demonstration as is_demo_gateway


def require_demo_gateway() -> None:
    """Raise Http404 if the demo gateway is not in use."""
    if not is_demo_gateway():
        raise Http404
