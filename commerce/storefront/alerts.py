"""Stock alerts: requesting them, and the mailed links.

The pages of the links ask before acting, because mail programs follow links.
"""

from typing import Any

from allauth.core.ratelimit import consume
from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views import generic
from oscar.apps.customer.abstract_models import AbstractProductAlert
from oscar.apps.customer.alerts import views as oscar_views
from oscar.core.loading import get_model

from commerce.catalogue.alert_mails import units_to_sell
from commerce.catalogue.product_facts import product_page_url
from commerce.requests import parse_pk
from commerce.same_origin import same_origin_only
from commerce.stock.alerts import cancel_alert, confirm_alert, request_alert, request_guest_alert
from commerce.stock.availability import is_for_sale

ProductAlert = get_model("customer", "ProductAlert")


@method_decorator(same_origin_only, name="dispatch")
class ProductAlertCreateView(oscar_views.ProductAlertCreateView):
    """Requests a stock alert. The response doesn't depend on whether the address is known."""

    template_name = "oscar/customer/alerts/form.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        product = get_object_or_404(get_model("catalogue", "Product"), pk=kwargs["pk"])
        return HttpResponseRedirect(product_page_url(product))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        products = get_model("catalogue", "Product").objects.select_related("parent")
        self.product = self.object = get_object_or_404(products, pk=parse_pk(str(kwargs["pk"])))
        if not is_for_sale(self.product):
            raise Http404
        if not consume(request, action="product_alert"):
            return self.refuse()
        form = self.get_form()
        return self.form_valid(form) if form.is_valid() else self.form_invalid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", self.get_form())
        context = super(oscar_views.ProductAlertCreateView, self).get_context_data(**kwargs)
        return {**context, "product": self.product, "alert_form": context["form"]}

    def get_form_kwargs(self) -> dict[str, Any]:
        data = self.request.POST
        return {"user": self.request.user, "product": self.product, "data": data}

    def refuse(self) -> HttpResponse:
        form = self.get_form()
        form.add_error(None, _("Too many requests. Please try again in an hour."))
        return self.render_to_response(self.get_context_data(form=form), status=429)

    def form_valid(self, form: Form) -> HttpResponse:
        user, url = self.request.user, product_page_url(self.product)
        if units_to_sell(self.product):
            messages.info(self.request, _("Good news: it’s already in stock."))
        elif user.is_authenticated:
            request_alert(user, self.product)
            messages.success(self.request, _("We’ll email you when it’s back."))
        else:
            email = form.cleaned_data["email"]
            request_guest_alert(email, self.product)
            text = _(
                "Check your email at %(email)s and follow the link to confirm. If you’ve "
                "already confirmed, there’s nothing more to do."
            )
            messages.success(self.request, text % {"email": email})
        return HttpResponseRedirect(url)


class AlertActionView(generic.TemplateView):
    """Shows what a link would do, and does it on POST."""

    template_name = "oscar/customer/alerts/confirm.html"

    def get_alert(self) -> AbstractProductAlert:
        if "key" in self.kwargs:
            return get_object_or_404(ProductAlert, key=self.kwargs["key"])
        if self.request.user.is_authenticated:
            return get_object_or_404(ProductAlert, user=self.request.user, pk=self.kwargs["pk"])
        raise Http404

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        alert = self.get_alert()
        shown = alert.product.parent or alert.product
        return super().get_context_data(
            title=shown.title, question=self.question, button=self.button, **kwargs
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        alert = self.get_alert()
        if self.act(alert):
            messages.success(request, self.done)
        else:
            messages.error(request, _("This link has already been used."))
        is_own = request.user.is_authenticated and alert.user_id == request.user.pk
        return HttpResponseRedirect(
            reverse("customer:alerts-list") if is_own else product_page_url(alert.product)
        )


class ProductAlertConfirmView(AlertActionView):
    question = _("Email me when it’s back in stock?")
    button = _("Confirm the alert")
    done = _("We’ll email you when it’s back.")

    def act(self, alert: AbstractProductAlert) -> bool:
        return confirm_alert(alert)


class ProductAlertCancelView(AlertActionView):
    question = _("Cancel this stock alert?")
    button = _("Yes, cancel it")
    done = _("Your stock alert is cancelled.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if not self.get_alert().can_be_cancelled:
            question = _("Cancel all stock alerts for this address?")
            context["question"] = question
        return context

    def act(self, alert: AbstractProductAlert) -> bool:
        return cancel_alert(alert)
