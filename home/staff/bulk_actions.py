"""Permission checks for Wagtail's bulk actions. Wagtail itself checks each row, not the model."""

from typing import Any

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.functional import cached_property
from wagtail.admin.ui.tables import BulkActionsCheckboxColumn, Column
from wagtail.admin.views.bulk_action import index as wagtail_bulk_action
from wagtail.models import Page
from wagtail.permissions import policy_registry

from commerce.models import User

#: The permission an action requires, by the action's name in the URL; "change" for all others.
REQUIRED_PERMISSIONS = {"delete": "delete"}
#: For pages, any of these will do; Wagtail then checks each page.
PAGE_PERMISSIONS = ("add", "change", "publish", "bulk_delete")


def may_act(user: User | AnonymousUser, model: type[Model], action: str) -> bool:
    """Whether the user may run the action on the model. Wagtail checks each row besides."""
    is_page = issubclass(model, Page)
    wanted = PAGE_PERMISSIONS if is_page else [REQUIRED_PERMISSIONS.get(action, "change")]
    return policy_registry.get_by_type(model).user_has_any_permission(user, wanted)


def bulk_action(
    request: HttpRequest, app_label: str, model_name: str, action: str
) -> HttpResponseBase:
    """Wagtail's view behind a permission check: on its own it lists rows the user may not see.

    Raises Http404 for an unknown model and PermissionDenied without the permission.
    """
    try:
        model = apps.get_model(app_label, model_name)
    except LookupError as error:
        raise Http404 from error
    if not may_act(request.user, model, action):
        raise PermissionDenied
    return wagtail_bulk_action(request, app_label, model_name, action)


class BulkActionColumnMixin:
    """A list view that shows checkboxes only to users who may change or delete its rows."""

    request: HttpRequest
    model: type[Model]

    @cached_property
    def columns(self) -> list[Column]:
        columns: list[Any] = super().columns  # type: ignore[misc]
        if any(may_act(self.request.user, self.model, action) for action in ("delete", "change")):
            return columns
        return [column for column in columns if not isinstance(column, BulkActionsCheckboxColumn)]
