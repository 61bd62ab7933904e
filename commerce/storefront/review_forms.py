"""The review form; every error says what is missing."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from oscar.apps.catalogue.reviews import forms as oscar_forms

#: The longest review.
MAX_BODY = 4000


class ProductReviewForm(oscar_forms.ProductReviewForm):
    """Oscar's form with one to five stars: Oscar accepts a review without a score."""

    score = forms.TypedChoiceField(
        choices=[(n, n) for n in range(1, 6)],
        coerce=int,
        label=_("Stars"),
        error_messages={
            "required": _("Choose one to five stars."),
            "invalid_choice": _("Choose one to five stars."),
        },
    )

    class Meta(oscar_forms.ProductReviewForm.Meta):
        labels = {"title": _("Summary"), "body": _("Your review")}
        error_messages = {
            "title": {"required": _("Add a short summary.")},
            "body": {"required": _("Write a sentence or two.")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["body"].max_length = MAX_BODY
        self.fields["body"].validators.append(forms.fields.validators.MaxLengthValidator(MAX_BODY))
        self.fields["body"].widget.attrs["maxlength"] = MAX_BODY
