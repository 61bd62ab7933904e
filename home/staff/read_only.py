"""A permission policy for models that staff may view but not change."""

from collections.abc import Iterable

from wagtail.permission_policies import ModelPermissionPolicy

from commerce.models import User


class ReadOnlyPolicy(ModelPermissionPolicy):
    """Grants "view" to users with the model's view permission, and nothing else to anyone."""

    def user_has_permission(self, user: User, action: str) -> bool:
        return action == "view" and super().user_has_permission(user, action)

    def user_has_any_permission(self, user: User, actions: Iterable[str]) -> bool:
        return any(self.user_has_permission(user, action) for action in actions)
