"""Sets the current actor without a view."""

from django.test import RequestFactory

from commerce.actor import request_actor


def acted_by(user):
    """Record changes within the block as made by this user, in a request of theirs."""
    request = RequestFactory().post("/")
    request.user = user
    return request_actor(request)
