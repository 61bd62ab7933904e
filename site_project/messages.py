"""Where messages to a visitor wait: nothing is made of it for answers that neither tell nor show one."""

from django.conf import settings
from django.contrib.messages.storage.base import BaseStorage
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.utils.functional import cached_property


class HostCookieStorage(CookieStorage):
    """Django's cookie under the prefix that the site's other cookies have."""

    @property
    def cookie_name(self) -> str:
        return f"{settings.COOKIE_PREFIX}messages"


class MessageStorage(FallbackStorage):
    """Django's storage in a cookie, or in the session where they are too long, made when first used.

    Django makes both, and the signer of the cookie, for each request.
    """

    storage_classes = (HostCookieStorage, SessionStorage)

    def __init__(self, request):
        BaseStorage.__init__(self, request)
        self._used_storages = set()

    @cached_property
    def storages(self):
        """The storages in the order in which they are tried."""
        return [storage(self.request) for storage in self.storage_classes]
