"""People and their roles in Wagtail's admin: only a superuser makes or changes a superuser."""

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.users.forms import UserCreationForm, UserEditForm
from wagtail.users.views.users import CreateView, EditView, IndexView, UserViewSet

from commerce.accounts.email_addresses import canonical_address
from home.staff.bulk_actions import OffersWhatMayBeDone


class PersonForm:
    """Beside Wagtail's fields: whether somebody works in the shop's dashboard."""

    def limit_to(self, actor) -> None:
        """Take away what this person may not decide: who is a superuser, and somebody's address.

        Who changes an address could have a new password sent there. Its owner changes it, by a code.
        """
        if actor.is_superuser:
            return
        self.fields.pop("is_superuser", None)
        if self.instance.pk is not None:
            self.fields["email"].disabled = True
            self.fields["email"].help_text = _("Only its owner changes it, in their account.")

    def clean_email(self):
        """The address in its one spelling. Raises ValidationError where an account has it."""
        email = canonical_address(self.cleaned_data["email"])
        others = get_user_model().objects.filter(email__iexact=email).exclude(pk=self.instance.pk)
        if others.exists():
            raise forms.ValidationError(_("There is an account with this address already."))
        return email


def _staff_field() -> forms.BooleanField:
    return forms.BooleanField(
        label=gettext_lazy("Shop dashboard"),
        required=False,
        initial=True,
        help_text=gettext_lazy("May open the dashboard, as far as their roles allow."),
    )


class NewPersonForm(PersonForm, UserCreationForm):
    is_staff = _staff_field()

    class Meta(UserCreationForm.Meta):
        fields = UserCreationForm.Meta.fields | {"is_staff"}


class EditPersonForm(PersonForm, UserEditForm):
    is_staff = _staff_field()

    class Meta(UserEditForm.Meta):
        fields = UserEditForm.Meta.fields | {"is_staff"}


class NewPersonView(CreateView):
    def get_form(self, *args, **kwargs):
        form = super().get_form(*args, **kwargs)
        form.limit_to(self.request.user)
        return form


class EditPersonView(EditView):
    """Refuses superusers to everybody else."""

    def setup(self, request: HttpRequest, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        require_superuser_for(request, [self.object])

    def get_form(self, *args, **kwargs):
        form = super().get_form(*args, **kwargs)
        form.limit_to(self.request.user)
        if self.editing_self:
            form.fields.pop("is_staff", None)
        return form


class PeopleView(OffersWhatMayBeDone, IndexView):
    """The list of people."""


class PersonViewSet(UserViewSet):
    index_view_class = PeopleView
    add_view_class = NewPersonView
    edit_view_class = EditPersonView

    def get_form_class(self, for_update=False):
        return EditPersonForm if for_update else NewPersonForm


def require_superuser_for(request: HttpRequest, people: list[Model]) -> None:
    """Raise PermissionDenied where one of them is a superuser and the person who asks is not."""
    if not request.user.is_superuser and any(person.is_superuser for person in people):
        raise PermissionDenied


def set_active(request: HttpRequest, people: list[Model], *, is_active: bool) -> None:
    """(De)activate people one by one, so that the audit log has each; oneself is left alone."""
    for person in people:
        if person.pk != request.user.pk and person.is_active != is_active:
            person.is_active = is_active
            person.save(update_fields=["is_active"])


def before_bulk_action(request: HttpRequest, action_type: str, people: list[Model], action) -> None:
    """What Wagtail's actions on chosen people skip: who may, and the audit log.

    Its own (de)activation goes through ``update()``; done before it, there is nothing left to change.
    """
    require_superuser_for(request, people)
    if action_type == "set_active_state":
        is_active = action.cleaned_form.cleaned_data["mark_as_active"]
        set_active(request, people, is_active=is_active)
