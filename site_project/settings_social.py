"""Services that sign customers in, each by its variables; none is configured by default."""

from django.core.exceptions import ImproperlyConfigured


def social_providers(env):
    """``SOCIALACCOUNT_PROVIDERS``: Google and one OpenID Connect provider, where they are set."""
    providers = {}
    if client := env.str("GOOGLE_CLIENT_ID", default=""):
        app = {"client_id": client, "secret": env.str("GOOGLE_CLIENT_SECRET", default="")}
        providers["google"] = {
            "APPS": [app],
            "SCOPE": ["openid", "email", "profile"],
            "OAUTH_PKCE_ENABLED": True,
        }
    if server := env.str("OIDC_SERVER_URL", default=""):
        client = env.str("OIDC_CLIENT_ID", default="")
        if not client:
            raise ImproperlyConfigured("OIDC_SERVER_URL needs OIDC_CLIENT_ID.")
        app = {
            "provider_id": "oidc",
            "name": env.str("OIDC_NAME", default="Single sign-on"),
            "client_id": client,
            "secret": env.str("OIDC_CLIENT_SECRET", default=""),
            "settings": {"server_url": server, "oauth_pkce_enabled": True},
        }
        providers["openid_connect"] = {"APPS": [app]}
    return providers
