"""Menu items of the Wagtail admin that depend on permissions."""

from django.http import HttpRequest
from wagtail.admin.menu import MenuItem
from wagtail.permissions import page_permission_policy


class StaffMenuItem(MenuItem):
    """Shown to staff, who may open the dashboard."""

    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.is_staff


class PageEditorsMenuItem(MenuItem):
    """Shown to users who may add, change or publish pages: the report requires the same."""

    def is_shown(self, request: HttpRequest) -> bool:
        return page_permission_policy.user_has_any_permission(
            request.user, ["add", "change", "publish"]
        )
