"""Sign-in providers for customers. None is configured by default."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from site_project.environment import Environment


def social_providers(env: Environment) -> dict[str, Any]:
    """``SOCIALACCOUNT_PROVIDERS``: Google and one OpenID Connect provider, if they are set."""
    providers: dict[str, Any] = {}
    if client := env.str("GOOGLE_CLIENT_ID", default=""):
        google = {"client_id": client, "secret": env.str("GOOGLE_CLIENT_SECRET", default="")}
        providers["google"] = {
            "APPS": [google],
            "SCOPE": ["openid", "email", "profile"],
            "OAUTH_PKCE_ENABLED": True,
        }
    if server := env.str("OIDC_SERVER_URL", default=""):
        client = env.str("OIDC_CLIENT_ID", default="")
        if not client:
            raise ImproperlyConfigured("OIDC_SERVER_URL needs OIDC_CLIENT_ID.")
        oidc = {
            "provider_id": "oidc",
            "name": env.str("OIDC_NAME", default="Single sign-on"),
            "client_id": client,
            "secret": env.str("OIDC_CLIENT_SECRET", default=""),
            "settings": {"server_url": server, "oauth_pkce_enabled": True},
        }
        providers["openid_connect"] = {"APPS": [oidc]}
    return providers
