"""Storage of messages to a visitor until a page shows them."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class HostCookieStorage(CookieStorage):
    """Django's message cookie, with the name prefix of the site's other cookies."""

    @property
    def cookie_name(self) -> str:
        return f"{settings.COOKIE_PREFIX}messages"


class MessageStorage(FallbackStorage):
    """Django's storage: a cookie, or the session if the messages are too long for a cookie."""

    storage_classes = (HostCookieStorage, SessionStorage)
