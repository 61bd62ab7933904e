"""The work queue's URL, under the dashboard's path so that its staff policy applies."""

from django.urls import path

from checkout_app.dashboard.work_queue_views import work_queue

urlpatterns = [path("", work_queue, name="attention")]
