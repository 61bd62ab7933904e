"""Links of a mail about a piece that is back: they ask first, since mail programs follow links."""

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views import generic
from oscar.apps.customer.alerts import views as oscar_views
from oscar.core.loading import get_model

from commerce.product_facts import product_page_url

ProductAlert = get_model("customer", "ProductAlert")


class ProductAlertCreateView(oscar_views.ProductAlertCreateView):
    template_name = "oscar/customer/alerts/form.html"

    def get(self, request, *args, **kwargs):
        product = get_object_or_404(get_model("catalogue", "Product"), pk=kwargs["pk"])
        return HttpResponseRedirect(product_page_url(product))

    def get_success_url(self):
        if self.object.user_id:
            messages.success(self.request, _("We write to you when it is back."))
        else:
            text = _("Nearly there: we have written to %(email)s, follow the link in that mail.")
            messages.success(self.request, text % {"email": self.object.email})
        return product_page_url(self.object.product)


class AlertActionView(generic.TemplateView):
    """Shows what a link would do, and does it on POST."""

    template_name = "oscar/customer/alerts/confirm.html"

    def get_alert(self):
        if "key" in self.kwargs:
            return get_object_or_404(ProductAlert, key=self.kwargs["key"])
        if self.request.user.is_authenticated:
            return get_object_or_404(ProductAlert, user=self.request.user, pk=self.kwargs["pk"])
        raise Http404

    def get_context_data(self, **kwargs):
        alert = self.get_alert()
        shown = alert.product.parent or alert.product
        return super().get_context_data(
            title=shown.title, question=self.question, button=self.button, **kwargs
        )

    def post(self, request, *args, **kwargs):
        alert = self.get_alert()
        if self.act(alert):
            messages.success(request, self.done)
        else:
            messages.error(request, _("This link has been used already."))
        is_own = request.user.is_authenticated and alert.user_id == request.user.pk
        return HttpResponseRedirect(
            reverse("customer:alerts-list") if is_own else product_page_url(alert.product)
        )


class ProductAlertConfirmView(AlertActionView):
    question = _("Shall we write to you when it is back?")
    button = _("Yes, write to me")
    done = _("We write to you when it is back.")

    def act(self, alert):
        if alert.can_be_confirmed:
            alert.confirm()
            return True
        return False


class ProductAlertCancelView(AlertActionView):
    question = _("Shall we forget about it?")
    button = _("Yes, no mail please")
    done = _("We will not write about this piece.")

    def act(self, alert):
        if alert.can_be_cancelled:
            alert.cancel()
            return True
        return False
