from django.urls import path

from demo_gateway import views

app_name = "demo_gateway"
urlpatterns = [
    path("v1/payment_intents/<str:intent_id>/confirm", views.ConfirmView.as_view(), name="confirm"),
    path(
        "v1/setup_intents/<str:intent_id>/confirm",
        views.ConfirmSetupView.as_view(),
        name="confirm-setup",
    ),
    path(
        "v1/elements/<str:intent_id>/cards",
        views.SavedCardsView.as_view(),
        name="saved-cards",
    ),
    path(
        "v1/payment_intents/<str:intent_id>/authenticate",
        views.AuthenticateView.as_view(),
        name="authenticate",
    ),
]
