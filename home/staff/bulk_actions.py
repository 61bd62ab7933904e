"""Wagtail's actions on several chosen rows: refused, and not offered, to who may not do them to the model."""

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.functional import cached_property
from wagtail.admin.ui.tables import BulkActionsCheckboxColumn
from wagtail.admin.views.bulk_action import index as wagtail_bulk_action
from wagtail.models import Page
from wagtail.permissions import policy_registry

#: What an action asks for besides "change", by its name in the address.
ASKS = {"delete": "delete"}
#: What acting on any page asks for; Wagtail asks for each page besides.
ASKED_OF_PAGES = ("add", "change", "publish", "bulk_delete")


def may_act(user, model: type[Model], action: str) -> bool:
    """Whether somebody may do this to rows of a model. Wagtail asks for each row besides."""
    wanted = ASKED_OF_PAGES if issubclass(model, Page) else (ASKS.get(action, "change"),)
    return policy_registry.get_by_type(model).user_has_any_permission(user, wanted)


def bulk_action(
    request: HttpRequest, app_label: str, model_name: str, action: str
) -> HttpResponseBase:
    """Wagtail's view, which names the rows that somebody has no access to."""
    try:
        model = apps.get_model(app_label, model_name)
    except LookupError as error:
        raise Http404 from error
    if not may_act(request.user, model, action):
        raise PermissionDenied
    return wagtail_bulk_action(request, app_label, model_name, action)


class OffersWhatMayBeDone:
    """A list whose boxes are there for those who may act on the rows."""

    @cached_property
    def columns(self):
        columns = super().columns
        if any(may_act(self.request.user, self.model, action) for action in ("delete", "change")):
            return columns
        return [column for column in columns if not isinstance(column, BulkActionsCheckboxColumn)]
