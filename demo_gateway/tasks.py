"""The demo gateway's background work."""

from django_tasks import task

from demo_gateway import events


@task()
def deliver_event_task(event_id):
    """Deliver one event (see events.deliver)."""
    events.deliver(event_id)


@task()
def deliver_waiting_events():
    """Deliver again what was not taken."""
    events.deliver_waiting()
