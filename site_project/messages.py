"""Where messages to a visitor wait until a page shows them."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class HostCookieStorage(CookieStorage):
    """Django's cookie under the prefix that the site's other cookies have."""

    @property
    def cookie_name(self) -> str:
        return f"{settings.COOKIE_PREFIX}messages"


class MessageStorage(FallbackStorage):
    """Django's storage in a cookie, or in the session where the messages are too long for one."""

    storage_classes = (HostCookieStorage, SessionStorage)
