"""The page of the dashboard; it has no namespace, as the other pages of ours have none."""

from django.urls import path

from demo_gateway.faults_page import FaultsView

urlpatterns = [path("", FaultsView.as_view(), name="demo-faults")]
