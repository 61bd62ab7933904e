"""Stripe's request types, which stripe-python generates from Stripe's OpenAPI."""

import re
import sys
from functools import cache
from typing import Any

import stripe.params
from pydantic import ConfigDict, TypeAdapter
from stripe._request_options import RequestOptions
from typing_extensions import TypedDict, is_typeddict

#: A misspelt key and a Decimal instead of an int are errors.
STRICT = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)


@cache
def adapter_for(service, method):
    """The adapter for the annotated params of a service method, or None if it has none of its own."""
    annotation = str(getattr(service, method).__annotations__.get("params", ""))
    name = re.search(r"\w+Params", annotation)
    if name is None:
        return None
    params = getattr(stripe.params, name.group())
    forbid_extras(sys.modules[params.__module__])
    return TypeAdapter(without_options(params))


def without_options(params):
    """The typed dictionary without inherited request options, which we pass separately."""
    options = RequestOptions.__annotations__
    own = {name: kind for name, kind in params.__annotations__.items() if name not in options}
    body = TypedDict(params.__name__, own)
    body.__module__, body.__pydantic_config__ = params.__module__, STRICT
    return body


def forbid_extras(module):
    """Make pydantic reject unknown keys in every typed dictionary of a Stripe module."""
    for value in vars(module).values():
        if is_typeddict(value) and "__pydantic_config__" not in vars(value):
            value.__pydantic_config__ = STRICT


def check_params(service, method, params: Any):
    """Raises pydantic's ValidationError for a request that Stripe does not document."""
    adapter = adapter_for(service, method)
    if adapter is None:
        assert not params, f"{service.__name__}.{method} takes no params"
        return
    adapter.validate_python(params or {})
