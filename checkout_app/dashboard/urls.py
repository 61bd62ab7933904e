"""URLs under the dashboard's path, so that its staff policy applies."""

from django.urls import path

from checkout_app.dashboard import views

urlpatterns = [
    path("orders/<str:number>/refund/", views.RefundView.as_view(), name="order-refund"),
    path("orders/<str:number>/capture/", views.CaptureView.as_view(), name="order-capture"),
    path("orders/<str:number>/settle/", views.SettleView.as_view(), name="order-settle"),
    path("orders/<str:number>/accept/", views.AcceptView.as_view(), name="order-accept"),
    path("transfers/", views.TransfersView.as_view(), name="payment-transfers"),
]
