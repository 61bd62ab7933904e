"""The page where users of the Wagtail admin change their own settings."""

from wagtail.admin.views.account import AccountView as WagtailAccountView
from wagtail.admin.views.account import AvatarSettingsPanel, BaseSettingsPanel


class AccountView(WagtailAccountView):
    """Wagtail's page without its avatar upload: ``/accounts/picture/`` takes pictures, with limits."""

    def get_panels(self) -> list[BaseSettingsPanel]:
        return [
            panel for panel in super().get_panels() if not isinstance(panel, AvatarSettingsPanel)
        ]
