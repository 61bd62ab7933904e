"""User forms and views in the Wagtail admin. Only superusers may create or change superusers."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.users.forms import UserCreationForm, UserEditForm
from wagtail.users.views.users import CreateView, EditView, IndexView, UserViewSet

from commerce.accounts.email_addresses import canonical_address
from commerce.models import User
from home.staff.bulk_actions import BulkActionColumnMixin


class PersonForm:
    """Adds access to the shop's dashboard, limits what an editor may change, checks the address."""

    fields: dict[str, forms.Field]
    instance: User
    cleaned_data: dict[str, Any]

    def limit_to(self, actor: User) -> None:
        """Only superusers may set ``is_superuser`` and change the email address of an account.

        Another editor could have a password link sent to an address of their own. Owners change their
        address in their account, confirmed by a code.
        """
        if actor.is_superuser:
            return
        self.fields.pop("is_superuser", None)
        if self.instance.pk is not None:
            self.fields["email"].disabled = True
            self.fields["email"].help_text = _("Only the owner can change it, in their account.")

    def clean_email(self) -> str:
        """The canonical form of the address. Raises ValidationError if another account has it."""
        email = canonical_address(self.cleaned_data["email"])
        others = User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk)
        if others.exists():
            raise forms.ValidationError(_("An account with this address already exists."))
        return email


def _staff_field() -> forms.BooleanField:
    return forms.BooleanField(
        label=gettext_lazy("Shop dashboard"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Can open the dashboard. Roles decide which pages."),
    )


class NewPersonForm(PersonForm, UserCreationForm):
    """The form of a new account."""

    is_staff = _staff_field()

    class Meta(UserCreationForm.Meta):
        fields = UserCreationForm.Meta.fields | {"is_staff"}


class EditPersonForm(PersonForm, UserEditForm):
    """The form of an existing account."""

    is_staff = _staff_field()

    class Meta(UserEditForm.Meta):
        fields = UserEditForm.Meta.fields | {"is_staff"}


class NewPersonView(CreateView):
    """Creates an account."""

    def get_form(self, *args: Any, **kwargs: Any) -> NewPersonForm:
        form = super().get_form(*args, **kwargs)
        form.limit_to(self.request.user)
        return form


class EditPersonView(EditView):
    """Edits an account. Superusers can be edited by superusers only."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        require_superuser_for(request, [self.object])

    def get_form(self, *args: Any, **kwargs: Any) -> EditPersonForm:
        form = super().get_form(*args, **kwargs)
        form.limit_to(self.request.user)
        if self.editing_self:
            form.fields.pop("is_staff", None)
        return form


class PeopleView(BulkActionColumnMixin, IndexView):
    """The list of accounts."""


class PersonViewSet(UserViewSet):
    """Wagtail's user screens with the forms and checks of this module."""

    index_view_class = PeopleView
    add_view_class = NewPersonView
    edit_view_class = EditPersonView

    def get_form_class(self, for_update: bool = False) -> type[PersonForm]:
        return EditPersonForm if for_update else NewPersonForm


def require_superuser_for(request: HttpRequest, people: list[User]) -> None:
    """Raise PermissionDenied if one of them is a superuser and the requesting user is not."""
    if not request.user.is_superuser and any(person.is_superuser for person in people):
        raise PermissionDenied


def set_active(request: HttpRequest, people: list[User], *, is_active: bool) -> None:
    """(De)activate accounts one by one, so that the audit log records each. Skips one's own."""
    for person in people:
        if person.pk != request.user.pk and person.is_active != is_active:
            person.is_active = is_active
            person.save(update_fields=["is_active"])
