"""The dashboard's product form, as a browser sends it."""

from django.forms import BooleanField
from django.urls import reverse


def form_of(client, product):
    """Return the product's form data as a browser would submit it."""
    page = client.get(reverse("dashboard:catalogue-product", args=[product.pk]))
    data = {"action": "continue"}
    forms = [page.context["form"]]
    for name in ("stockrecord", "category", "image", "recommended"):
        formset = page.context[f"{name}_formset"]
        forms += [formset.management_form, *formset.forms]
    for form in forms:
        for field in form:
            is_unticked = isinstance(field.field, BooleanField) and not field.value()
            if not is_unticked:  # Browsers do not send boxes that are not ticked.
                data[field.html_name] = "" if field.value() is None else field.value()
    hidden = [
        field
        for form in page.context["stockrecord_formset"].forms
        for field in form
        if field.field.show_hidden_initial
    ]
    for field in hidden:
        data[field.html_initial_name] = "" if field.initial is None else field.initial
        assert field.html_initial_name in page.text
    return data
