"""Where messages to a visitor wait: nothing is made of it for answers that neither tell nor show one."""

from django.contrib.messages.storage.base import BaseStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.utils.functional import cached_property


class MessageStorage(FallbackStorage):
    """Django's storage in a cookie, or in the session where they are too long, made when first used.

    Django makes both, and the signer of the cookie, for each request.
    """

    def __init__(self, request):
        BaseStorage.__init__(self, request)
        self._used_storages = set()

    @cached_property
    def storages(self):
        """The storages in the order in which they are tried."""
        return [storage(self.request) for storage in self.storage_classes]
