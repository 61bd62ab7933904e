from django.urls import path

from checkout_app.demo_gateway import views

app_name = "demo_gateway"
urlpatterns = [
    path("v1/payment_intents/<str:intent_id>/confirm", views.ConfirmView.as_view(), name="confirm"),
    path(
        "v1/payment_intents/<str:intent_id>/authenticate",
        views.AuthenticateView.as_view(),
        name="authenticate",
    ),
]
