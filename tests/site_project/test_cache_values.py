"""Values come out of Redis unchanged and are never run as code."""

import pickle

import pytest
from django.core.cache.backends.redis import RedisCache
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Site

from site_project.cache_values import CacheSerializer
from tests.caching import REDIS, needs_redis

cache_values = CacheSerializer()


@pytest.mark.parametrize(
    "value",
    [
        None, True, 0, -7, 1.5, "Fjord", "", [], [1, [2.5, None]], (1, ("a",)), {}, {"a": {"b": [1]}},
        {1: "English", None: 2}, {"__bytes__": "no bytes"}, {"__row__": {"model": "x"}}, b"", b"\x00\xff",
        {"_auth_user_id": "7", "_session_expiry": 300},
    ],
)  # fmt: skip
def test_value_round_trips(value):
    found = cache_values.loads(cache_values.dumps(value))

    assert found == value
    assert type(found) is type(value)


def test_integer_is_stored_without_serialization():
    assert cache_values.dumps(3) == 3
    assert cache_values.loads(b"3") == 3
    assert cache_values.dumps(True) == b"true"


@pytest.mark.parametrize("text", [gettext_lazy("Basket"), mark_safe("Basket")])
def test_any_text_round_trips(text):
    assert cache_values.loads(cache_values.dumps(text)) == str(text)


@pytest.mark.parametrize("value", [object(), {"a": {1, 2}}, [len], Site])
def test_unsupported_value_is_refused(value):
    with pytest.raises(TypeError, match="cannot be cached in Redis"):
        cache_values.dumps(value)


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps({"a": 1}), b"\x80\x04", b"", b'{"__row__": {"model": "commerce.user", "fields": {}}}',
    ],
)  # fmt: skip
def test_unknown_data_is_not_executed(data):
    with pytest.raises(ValueError):  # noqa: PT011  JSON's and Unicode's errors are of that kind
        cache_values.loads(data)


def test_rendition_round_trips_without_a_query(db, django_assert_num_queries):
    from wagtail.images.models import Image

    image = Image.objects.create(title="Boat", file=get_test_image_file())
    rendition = image.get_rendition("width-20")
    data = cache_values.dumps(rendition)

    with django_assert_num_queries(0):
        found = cache_values.loads(data)

    assert (found, found.url, found.width) == (rendition, rendition.url, 20)
    assert found.image_id == image.pk


@needs_redis
def test_django_uses_the_serializer_with_redis():
    cache = RedisCache(
        REDIS, {"OPTIONS": {"serializer": "site_project.cache_values.CacheSerializer"}}
    )
    cache.set("test-values", {"a": (1, b"x")})
    cache.set("test-count", 1)

    assert cache.get("test-values") == {"a": (1, b"x")}
    assert cache.incr("test-count") == 2
    assert cache.get_many(["test-count", "nothing"]) == {"test-count": 2}
    cache.delete_many(["test-values", "test-count"])
