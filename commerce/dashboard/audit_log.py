"""The audit log in the dashboard, with filters. For administrators."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views import generic

from commerce.audit.log import CHANGE_NAMES, KINDS
from commerce.decorators import private_page
from commerce.models import AuditEntry


class AuditFilterForm(forms.Form):
    """The filters of the list."""

    kind = forms.ChoiceField(label=_("Category"), required=False)
    act = forms.ChoiceField(
        label=_("What happened"),
        required=False,
        choices=[("", _("everything")), *AuditEntry.Act.choices],
    )
    actor = forms.CharField(label=_("Who"), max_length=255, required=False)
    about = forms.CharField(label=_("About"), max_length=255, required=False)
    since = forms.DateField(label=_("From"), required=False)
    until = forms.DateField(label=_("Until"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = sorted(KINDS.items(), key=lambda pair: str(pair[1]))
        self.fields["kind"].choices = [("", _("everything")), *kinds]
        for name in ("since", "until"):
            self.fields[name].widget = forms.DateInput(
                attrs={"type": "date", "class": "no-widget-init"}, format="%Y-%m-%d"
            )
        for field in self.fields.values():
            css = field.widget.attrs.get("class", "")
            field.widget.attrs["class"] = f"form-control {css}".strip()

    def narrow(self, entries: QuerySet) -> QuerySet:
        """The entries that match; an invalid field is ignored."""
        self.is_valid()
        data = self.cleaned_data
        wanted = Q()
        for name in ("kind", "act"):
            if data.get(name):
                wanted &= Q(**{name: data[name]})
        for name in ("actor", "about"):
            if data.get(name):
                wanted &= Q(**{f"{name}__icontains": data[name]})
        if data.get("since"):
            wanted &= Q(created_at__gte=_midnight(data["since"]))
        if data.get("until"):
            wanted &= Q(created_at__lt=_midnight(data["until"] + timedelta(days=1)))
        return entries.filter(wanted)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


@private_page
class AuditView(generic.ListView):
    """The log, latest first."""

    template_name = "oscar/dashboard/audit.html"
    context_object_name = "entries"
    paginate_by = 50

    def get_queryset(self) -> QuerySet:
        self.form = AuditFilterForm(self.request.GET)
        return self.form.narrow(AuditEntry.objects.order_by("-pk"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        chosen = self.request.GET.copy()
        chosen.pop("page", None)
        for entry in context["entries"]:
            entry.kind_name = KINDS.get(entry.kind, entry.kind)
            entry.lines = [
                (_name_of(entry.kind, name), *pair) for name, pair in entry.changes.items()
            ]
        return {**context, "form": self.form, "query": chosen.urlencode()}


def _name_of(label: str, name: str) -> str | Promise:
    """The name of a field."""
    try:
        return apps.get_model(label)._meta.get_field(name).verbose_name
    except (LookupError, ValueError, FieldDoesNotExist):
        return CHANGE_NAMES.get(name, name)
