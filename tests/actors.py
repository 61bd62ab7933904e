"""Acting as somebody without a view."""

from django.test import RequestFactory

from commerce.actor import request_actor


def acted_by(user):
    """What the block changes is changed by this person, in a request of theirs."""
    request = RequestFactory().post("/")
    request.user = user
    return request_actor(request)
