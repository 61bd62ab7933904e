"""Failed jobs of the Redis queue appear in the work queue and can be run again."""

import json
import subprocess
import sys

import pytest
from django.urls import reverse

from checkout_app.dashboard.redis_failures import FailedJobs
from tests.caching import REDIS, needs_redis
from tests.factories import make_user
from tests.races.conftest import database_url
from tests.site import ROOT, site_environment

pytestmark = [pytest.mark.django_db, pytest.mark.race]

ENQUEUE = "from tests.commerce.slow_tasks import fail; fail.enqueue()"
#: Acts on the failed jobs of a shop with its queue in Redis, as the page does.
LOOK = """
import json
from django.contrib.auth import get_user_model
from checkout_app.dashboard.work_queue import sections_for, resolve_item
user = get_user_model()(is_superuser=True, is_active=True)
job = next(s for s in sections_for(user) if s.kind.code == "job")
seen = [[m.key, m.title, m.detail, m.since.isoformat()] for m in job.items]
settled = [resolve_item("job", key, user=user) for key in ([m.key for m in job.items] + ["nobody"])]
left = next(s for s in sections_for(user) if s.kind.code == "job").count
print(json.dumps({"count": job.count, "seen": seen, "settled": settled, "left": left}))
"""


def test_shop_without_a_redis_queue_has_no_such_list(client, site_root, settings):
    client.force_login(make_user(is_staff=True, is_superuser=True))

    page = client.get(reverse("attention"))

    assert "Failed background tasks" in page.text
    assert "of the Redis queue" not in page.text
    assert FailedJobs().count() == 0


@needs_redis
@pytest.mark.django_db(transaction=True)
def test_failed_job_is_listed_and_rerun(tmp_path):
    import redis

    redis.Redis.from_url(REDIS).flushdb()
    environment = site_environment(
        tmp_path, "http://127.0.0.1:8100",
        DATABASE_URL=database_url(), REDIS_URL=REDIS, TASK_QUEUE="redis",
        DJANGO_SETTINGS_MODULE="tests.settings_served",
    )  # fmt: skip

    def manage(*arguments):
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=environment, check=True, capture_output=True, text=True, timeout=120,
        ).stdout  # fmt: skip

    worker = (
        "rqworker", "default", "--burst", "--job-class", "django_tasks_rq.Job",
        "--serializer", "rq.serializers.JSONSerializer",
    )  # fmt: skip
    manage("shell", "-v0", "-c", ENQUEUE)
    manage(*worker)

    first = json.loads(manage("shell", "-v0", "-c", LOOK).splitlines()[-1])
    manage(*worker)
    second = json.loads(manage("shell", "-v0", "-c", LOOK).splitlines()[-1])

    assert first["count"] == 1
    ((_key, title, detail, _since),) = first["seen"]
    assert title == "tests.commerce.slow_tasks.fail"
    assert detail == "builtins.LookupError"
    assert first["settled"] == [True, False]
    assert first["left"] == 0
    assert second["count"] == 1  # it failed again
