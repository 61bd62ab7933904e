"""Writing, reading and voting on reviews. The rules are in ``commerce.catalogue.reviews``."""

from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView
from oscar.apps.catalogue.abstract_models import AbstractProduct
from oscar.apps.catalogue.reviews import views as oscar_views
from oscar.apps.catalogue.reviews.abstract_models import AbstractVote
from oscar.core.loading import get_model

from commerce.catalogue.reviews import BUYER, GUEST, ReviewQuery, approved_reviews, review_status
from commerce.index.listings import product_url, sellable_products
from commerce.requests import parse_pk
from commerce.same_origin import same_origin_only
from commerce.urls import with_query

REFUSALS = {
    GUEST: _("Sign in first. Only verified buyers can review this product."),
    "stranger": _("Only verified buyers can review this product."),
    "waiting": _("Thank you. We’ll publish your review once we’ve checked it."),
    "written": _("You’ve already reviewed this product. Thank you."),
}


def product_of(kwargs: dict[str, Any]) -> AbstractProduct:
    """The product of a URL; 404 for a variant or a hidden product."""
    return get_object_or_404(sellable_products(), pk=parse_pk(kwargs["product_pk"]))


def reviews_url(product: AbstractProduct, query: str = "") -> str:
    """The reviews of a product, with the variant and page of a query."""
    return f"{with_query(product_url(product.pk, product.slug), query)}#reviews"


class CreateProductReview(oscar_views.CreateProductReview):
    """For buyers who haven't reviewed the product; staff approve reviews."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.product = product_of(kwargs)
        standing = review_status(request.user, self.product)
        if standing != BUYER:
            messages.info(request, REFUSALS[standing])
            return HttpResponseRedirect(reviews_url(self.product))
        # Oscar's own dispatch checks less.
        return super(oscar_views.CreateProductReview, self).dispatch(request, *args, **kwargs)

    def form_valid(self, form: Form) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().form_valid(form)
        except IntegrityError:  # sent twice at once
            return HttpResponseRedirect(reviews_url(self.product))

    def get_success_url(self) -> str:
        messages.success(
            self.request, _("Thank you. We’ll publish your review once we’ve checked it.")
        )
        return reviews_url(self.product)


class ProductReviewDetail(oscar_views.ProductReviewDetail):
    """One approved review of the product in the URL."""

    def get_queryset(self) -> QuerySet:
        return approved_reviews(product_of(self.kwargs))


class ProductReviewList(RedirectView):
    """Redirects to the product's page, which has all reviews."""

    permanent = True

    def get_redirect_url(self, *args: Any, **kwargs: Any) -> str:
        return reviews_url(product_of(kwargs))


@method_decorator(same_origin_only, name="dispatch")
class AddVoteView(oscar_views.AddVoteView):
    """A vote by POST, once per account and not on one's own review."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The target after signing in: the vote needs another press of the button."""
        messages.info(request, _("You’re signed in. Press “Helpful” again."))
        return self.go_back(product_of(kwargs))

    def go_back(self, product: AbstractProduct) -> HttpResponse:
        """Redirect to the page with the button."""
        query = ReviewQuery.from_parameters(self.request.GET)
        return HttpResponseRedirect(reviews_url(product, query.here))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        product = product_of(kwargs)
        review = get_object_or_404(approved_reviews(product), pk=kwargs["pk"])
        vote = get_model("reviews", "Vote")(review=review, user=request.user, delta=1)
        can_vote, _reason = review.can_user_vote(request.user)
        if not can_vote:
            is_own = review.user_id == request.user.pk
            text = (
                _("You can’t vote on your own review.")
                if is_own
                else _("You’ve already voted for this review.")
            )
            messages.info(request, text)
        else:
            self.save(vote)
            messages.success(request, _("Thank you for your feedback."))
        return self.go_back(product)

    @staticmethod
    def save(vote: AbstractVote) -> None:
        """Store the vote; a simultaneous second one changes nothing."""
        try:
            with transaction.atomic():
                vote.save()
        except IntegrityError:
            return
