"""Where the page stands: under the dashboard's path, so that the staff's policy covers it."""

from django.urls import path

from checkout_app.dashboard.work_queue_views import work_queue

urlpatterns = [path("", work_queue, name="attention")]
