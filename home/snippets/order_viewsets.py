"""Wagtail's screens for delivery methods and outgoing mail."""

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    MultiFieldPanel,
)
from wagtail.snippets.views.snippets import (
    InspectView,
)

from commerce.models import (
    DeliveryMethod,
    OutgoingMail,
)
from home.snippets.base_viewsets import NoChooserViewSet


class DeliveryMethodViewSet(NoChooserViewSet):
    """Delivery methods: countries, prices and delivery times."""

    model = DeliveryMethod
    icon = "mail"
    list_display = ["name", "price", "free_over", "min_days", "max_days", "is_active"]
    panels = [
        MultiFieldPanel(
            [FieldPanel("name"), FieldPanel("code"), FieldPanel("description")], heading=_("Name")
        ),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("price"), FieldPanel("free_over")]), FieldPanel("rates")],
            heading=_("What it costs"),
        ),
        FieldRowPanel(
            [FieldPanel("max_length"), FieldPanel("max_width"), FieldPanel("max_height")],
            heading=_("What it carries"),
        ),
        FieldRowPanel(
            [FieldPanel("min_days"), FieldPanel("max_days"), FieldPanel("cutoff_hour")],
            heading=_("How long it takes"),
        ),
        FieldPanel("countries"),
        FieldRowPanel([FieldPanel("is_pickup"), FieldPanel("is_digital")]),
        FieldRowPanel([FieldPanel("position"), FieldPanel("is_active")]),
    ]


class MailInspectView(InspectView):
    """One mail, without secrets such as sign-in links that only its recipient may see."""

    def get_object(self, queryset: QuerySet[OutgoingMail] | None = None) -> OutgoingMail:
        return get_object_or_404(OutgoingMail.objects.for_staff(), pk=self.pk)


class OutgoingMailViewSet(NoChooserViewSet):
    """Mail that is queued, sent, or parked because it needs attention. Read-only."""

    model = OutgoingMail
    icon = "mail"
    menu_label = _("Outgoing mail")
    list_display = ["subject", "to", "state", "attempts", "created_at", "sent_at"]
    list_filter = ["state"]
    search_fields = ["to", "subject", "key"]
    inspect_view_enabled = True
    inspect_view_class = MailInspectView
    inspect_view_fields = [
        "subject", "to", "state", "attempts", "next_attempt_at", "last_error",
        "created_at", "sent_at", "text_for_staff",
    ]  # fmt: skip
    add_to_reference_index = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutgoingMail]:
        return OutgoingMail.objects.for_staff()
