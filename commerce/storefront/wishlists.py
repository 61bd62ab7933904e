"""Wish lists of an account. All changes by POST; the rules are in ``commerce.catalogue.wishlists``."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView, View
from oscar.apps.wishlists.abstract_models import AbstractLine as AbstractWishListLine
from oscar.apps.wishlists.abstract_models import AbstractWishList

from commerce.catalogue.product_facts import product_page_url
from commerce.catalogue.wishlists import (
    create_list,
    list_of,
    lists_of,
    move_line,
    save_to_lists,
    share,
    stop_sharing,
    wishable_product,
    wishes_on,
)
from commerce.exceptions import TooMany
from commerce.requests import parse_pk
from commerce.storefront.wishlist_forms import NameForm, SaveForm


class OwnListMixin:
    """One of the account's own lists; 404 for any other."""

    def get_list(self) -> AbstractWishList:
        wishlist = list_of(self.request.user, self.kwargs["key"])
        if wishlist is None:
            raise Http404
        return wishlist

    def get_line(self) -> AbstractWishListLine:
        return get_object_or_404(self.get_list().lines, pk=parse_pk(str(self.kwargs["line_pk"])))

    def to_list(self, key: str | None = None) -> HttpResponse:
        return redirect("customer:wishlists-detail", key=key or self.kwargs["key"])


class WishListListView(TemplateView):
    template_name = "oscar/customer/wishlists/wishlists_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(lists=lists_of(self.request.user), **kwargs)


class WishListDetailView(OwnListMixin, TemplateView):
    template_name = "oscar/customer/wishlists/wishlists_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        wishlist = self.get_list()
        return super().get_context_data(
            wishlist=wishlist,
            wishes=wishes_on(wishlist),
            others=lists_of(self.request.user).exclude(pk=wishlist.pk),
            link_url=self.get_link_url(wishlist),
            **kwargs,
        )

    def get_link_url(self, wishlist: AbstractWishList) -> str:
        """The absolute secret URL; "" for a private list."""
        link = getattr(wishlist, "link", None)
        if link is None:
            return ""
        return self.request.build_absolute_uri(reverse("wishlists:detail", args=[link.token]))


class WishListCreateView(FormView):
    form_class = NameForm
    template_name = "oscar/customer/wishlists/wishlists_form.html"

    def form_valid(self, form: Form) -> HttpResponse:
        try:
            wishlist = create_list(self.request.user, form.cleaned_data["name"])
        except TooMany as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        messages.success(self.request, _("List created."))
        return redirect("customer:wishlists-detail", key=wishlist.key)


class WishListUpdateView(OwnListMixin, FormView):
    form_class = NameForm
    template_name = "oscar/customer/wishlists/wishlists_form.html"

    def get_initial(self) -> dict[str, Any]:
        return {"name": self.get_list().name}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(wishlist=self.get_list(), **kwargs)

    def form_valid(self, form: Form) -> HttpResponse:
        wishlist = self.get_list()
        wishlist.name = form.cleaned_data["name"]
        wishlist.save(update_fields=["name"])
        return self.to_list()


class WishListDeleteView(OwnListMixin, TemplateView):
    template_name = "oscar/customer/wishlists/wishlists_delete.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(wishlist=self.get_list(), **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        wishlist = self.get_list()
        wishlist.delete()
        messages.success(request, _("“%s” is deleted.") % wishlist.name)
        return redirect("customer:wishlists-list")


class WishListAddProduct(FormView):
    """The lists of a product: ticks add it, empty checkboxes remove it, a name creates a list.

    ``login_required`` redirects guests to the sign-in and back here.
    """

    form_class = SaveForm
    template_name = "oscar/customer/wishlists/wishlists_save.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.product = wishable_product(parse_pk(str(kwargs["product_pk"])))
        if self.product is None:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        lists = list(lists_of(self.request.user))
        return {**super().get_form_kwargs(), "lists": lists, "product": self.product}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = self.product.parent or self.product
        return super().get_context_data(
            product=self.product, shown=shown, back_url=product_page_url(self.product), **kwargs
        )

    def form_valid(self, form: Form) -> HttpResponse:
        keys, name = form.cleaned_data["lists"], form.cleaned_data["new_list"]
        try:
            lists = save_to_lists(self.request.user, self.product, keys, new_name=name)
        except TooMany as refusal:
            form.add_error(None, str(refusal))
            return self.form_invalid(form)
        messages.success(self.request, self.said(lists))
        return HttpResponseRedirect(product_page_url(self.product))

    def said(self, lists: Iterable[AbstractWishList]) -> str:
        facts = {"title": (self.product.parent or self.product).title}
        if not lists:
            return _("%(title)s was removed from your lists.") % facts
        facts["lists"] = ", ".join(f"“{wishlist.name}”" for wishlist in lists)
        return _("%(title)s is saved to %(lists)s.") % facts


class WishListRemoveProduct(OwnListMixin, View):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        line = self.get_line()
        line.delete()
        messages.success(request, _("%s was removed from the list.") % line.get_title())
        return self.to_list()


class WishListMoveProductToAnotherWishList(OwnListMixin, View):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        line, target = self.get_line(), list_of(request.user, request.POST.get("to", ""))
        if target is None:
            raise Http404
        try:
            move_line(line, target)
        except TooMany as refusal:
            messages.error(request, str(refusal))
            return self.to_list()
        facts = {"title": line.get_title(), "list": target.name}
        messages.success(request, _("%(title)s was moved to “%(list)s”.") % facts)
        return self.to_list()


class WishListShareView(OwnListMixin, View):
    """Creates the secret link of a list, or removes it."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        wishlist = self.get_list()
        if request.POST.get("share") == "on":
            share(wishlist)
        else:
            stop_sharing(wishlist)
            messages.success(request, _("Sharing is off. Only you can see this list."))
        return self.to_list()
