"""A person's own settings in Wagtail's admin."""

from wagtail.admin.views.account import AccountView as WagtailAccountView
from wagtail.admin.views.account import AvatarSettingsPanel


class AccountView(WagtailAccountView):
    """Without Wagtail's picture: the account's own is uploaded at ``/accounts/picture/``, with limits."""

    def get_panels(self):
        return [
            panel for panel in super().get_panels() if not isinstance(panel, AvatarSettingsPanel)
        ]
