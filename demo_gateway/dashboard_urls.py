"""The fault simulator's URL in the dashboard, without a namespace like the other pages."""

from django.urls import path

from demo_gateway.dashboard_views import FaultsView

urlpatterns = [path("", FaultsView.as_view(), name="demo-faults")]
