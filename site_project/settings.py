"""Settings of the site, read from the environment (see .env.example for every variable).

Nothing here is a business rule. Values marked *correctness* are asserted by ``site_project.checks``
or by a test: do not change them without reading docs/architecture.md.
"""

from oscar.defaults import *  # noqa: F403  Oscar's defaults first: placed later they would overwrite ours.

from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import SimpleLazyObject

from site_project.deployment import code_digest
from site_project.environment import Environment, demo_defaults
from site_project.settings_accounts import *  # noqa: F403
from site_project.settings_caches import caches
from site_project.settings_content import *  # noqa: F403
from site_project.settings_dashboard import with_our_pages
from site_project.settings_imports import *  # noqa: F403
from site_project.settings_logs import logging_config
from site_project.settings_media import media_storages
from site_project.settings_orders import *  # noqa: F403
from site_project.settings_privacy import *  # noqa: F403
from site_project.settings_schedule import *  # noqa: F403
from site_project.settings_social import social_providers

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment(BASE_DIR / ".env")
#: Where the site writes all files but media: the embedded database, mail, collected static files.
VAR_DIR = BASE_DIR / env.str("VAR_DIR", default="var")

# --- The site -------------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
SITE_URL = env.url("SITE_URL", default="http://127.0.0.1:8000")
STRIPE_SECRET_KEY = env.secret("STRIPE_SECRET_KEY")
#: Off: the shop shows its products but takes no payments.
SALES = env.bool("SALES", default=True)
#: Opt-in to the stand-in for Stripe while DEBUG is off.
DEMO_GATEWAY = env.bool("DEMO_GATEWAY", default=False)
# The rule of commerce.demonstration, for settings that are read once.
IS_DEMO = not STRIPE_SECRET_KEY and (DEBUG or DEMO_GATEWAY)
#: The folder of the demo shop, and its defaults of variables, which name a fictitious company.
DEMO = env.str("DEMO", default="")
DEMO_DEFAULTS = demo_defaults(BASE_DIR / "demo", DEMO) if IS_DEMO else {}
SITE_NAME = env.str("SITE_NAME", default=DEMO_DEFAULTS.get("SITE_NAME", "Shop"))
ORDER_NUMBER_PREFIX = env.str(
    "ORDER_NUMBER_PREFIX", default=DEMO_DEFAULTS.get("ORDER_NUMBER_PREFIX", "")
)
HAS_OWN_NAME = bool(env.str("SITE_NAME", default=""))
SECRET_KEY = env.secret_key("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.secrets("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[]) or [
    urlsplit(SITE_URL).hostname or "",
    "localhost",
]
CSRF_TRUSTED_ORIGINS = [SITE_URL]
SITE_ID = 1

IS_HTTPS = SITE_URL.startswith("https://")
#: Prefix of every cookie name. Browsers accept such cookies from this host only, over https.
COOKIE_PREFIX = "__Host-" if IS_HTTPS else ""
ROOT_URLCONF = "site_project.urls"
WSGI_APPLICATION = "site_project.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Applications ---------------------------------------------------------------------------------

INSTALLED_APPS = [
    "site_project.apps.SiteConfig",
    "home",
    "commerce",
    "checkout_app.apps.CheckoutConfig",
    "demo_gateway",
    "demo",
    # Wagtail
    "wagtail.contrib.frontend_cache",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.embeds",
    "wagtail.sites",
    "site_project.apps.PeopleConfig",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    # Oscar: our forks replace its apps of the same label.
    "site_project.apps.ShopConfig",
    "commerce.forks.analytics.apps.AnalyticsConfig",
    "commerce.forks.address.apps.AddressConfig",
    "commerce.forks.shipping.apps.ShippingConfig",
    "commerce.forks.catalogue.apps.CatalogueConfig",
    "oscar.apps.catalogue.reviews.apps.CatalogueReviewsConfig",
    "commerce.forks.communication.apps.CommunicationConfig",
    "commerce.forks.partner.apps.PartnerConfig",
    "commerce.forks.basket.apps.BasketConfig",
    "oscar.apps.payment.apps.PaymentConfig",
    "commerce.forks.offer.apps.OfferConfig",
    "commerce.forks.order.apps.OrderConfig",
    "commerce.forks.customer.apps.CustomerConfig",
    "commerce.forks.search.apps.SearchConfig",
    "commerce.forks.voucher.apps.VoucherConfig",
    "commerce.forks.wishlists.apps.WishlistsConfig",
    "commerce.forks.dashboard.apps.DashboardConfig",
    "oscar.apps.dashboard.reports.apps.ReportsDashboardConfig",
    "commerce.forks.dashboard.users.apps.UsersDashboardConfig",
    "commerce.forks.dashboard.orders.apps.OrdersDashboardConfig",
    "commerce.forks.dashboard.catalogue.apps.CatalogueDashboardConfig",
    "commerce.forks.dashboard.offers.apps.OffersDashboardConfig",
    "commerce.forks.dashboard.partners.apps.PartnersDashboardConfig",
    "oscar.apps.dashboard.pages.apps.PagesDashboardConfig",
    "oscar.apps.dashboard.ranges.apps.RangesDashboardConfig",
    "oscar.apps.dashboard.reviews.apps.ReviewsDashboardConfig",
    "commerce.forks.dashboard.vouchers.apps.VouchersDashboardConfig",
    "oscar.apps.dashboard.communications.apps.CommunicationsDashboardConfig",
    "oscar.apps.dashboard.shipping.apps.ShippingDashboardConfig",
    "widget_tweaks",
    "haystack",
    "treebeard",
    "django_tables2",
    # Accounts, tasks, the rest
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.openid_connect",
    "django_tasks",
    "django_tasks_db",
    "csp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sites",
    "django.contrib.sitemaps",
    "django.contrib.flatpages",
    "django.contrib.humanize",
]

# Forks change behaviour, never the schema: only Oscar's own migrations run.
MIGRATION_MODULES = {
    label: f"oscar.apps.{label}.migrations"
    for label in (
        "address", "analytics", "basket", "catalogue", "communication", "customer",
        "offer", "order", "partner", "shipping", "voucher", "wishlists",
    )
}  # fmt: skip

MIDDLEWARE = [
    "site_project.health.HealthMiddleware",
    "commerce.clock.ShopClockMiddleware",
    "commerce.page_cache.middleware.PageCacheMiddleware",
    "commerce.shop_settings.middleware.ShopTermsMiddleware",
    "commerce.audit.private_paths.PrivatePathsMiddleware",
    # Before every middleware that responds itself: redirects, errors and files get the policy too.
    "site_project.middleware.ContentSecurityPolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "home.middleware.OneHopMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "site_project.middleware.AuthenticationMiddleware",
    "site_project.body_limits.BodyLimitMiddleware",
    "commerce.permissions.middleware.StaffAccessMiddleware",
    "commerce.documents.spreadsheets.NeutralCellsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    # After every middleware that refuses a view in process_view: it resumes suspended requests.
    "commerce.accounts.staff_gate.StaffGateMiddleware",
    "commerce.storefront.basket_middleware.BasketMiddleware",
    "home.middleware.PagesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
                "oscar.core.context_processors.metadata",
                "commerce.shop_settings.context_processors.shop",
                "checkout_app.context_processors.payment",
            ],
        },
    },
]

# --- Database: SQLite unless DATABASE_URL says otherwise --------------------------------------------

DATABASES = {"default": env.database("DATABASE_URL", default=f"sqlite:///{VAR_DIR}/db.sqlite3")}

# Writers open their own transactions (durable, retried).
DATABASES["default"]["ATOMIC_REQUESTS"] = False  # correctness

# --- Cache, sessions, tasks -------------------------------------------------------------------------

REDIS_URL = env.redis("REDIS_URL", password=env.secret("REDIS_PASSWORD"))
#: Opt-in to a Redis on another host without a password.
REDIS_WITHOUT_PASSWORD = env.bool("REDIS_WITHOUT_PASSWORD", default=False)
CACHES = caches(REDIS_URL, is_debug=DEBUG)
if REDIS_URL:
    SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

# --- Pages that are the same for everybody (docs/page_cache.md) -------------------------------------

PAGE_CACHE = env.bool("PAGE_CACHE", default=not DEBUG)
PAGE_CACHE_FOLDER = VAR_DIR / "pages"
#: Seconds after which a page is rendered again even if no change was seen.
PAGE_CACHE_SECONDS = env.int("PAGE_CACHE_SECONDS", default=900)
#: Storage of versions and pages: this machine's files, or Redis for several machines.
PAGE_VERSIONS = PAGE_STORE = "redis" if REDIS_URL else "file"
#: The name of the running code. Pages rendered by other code are not served.
DEPLOYMENT = env.str("DEPLOYMENT", default="") or SimpleLazyObject(lambda: code_digest(BASE_DIR))
#: Seconds for which a cache in front of the site may store a page, and the URL that purges it.
CDN_SECONDS = env.int("CDN_SECONDS", default=0)
CDN_PURGE_URL = env.str("CDN_PURGE_URL", default="")
WAGTAILFRONTENDCACHE = {}
if CDN_PURGE_URL:
    WAGTAILFRONTENDCACHE["default"] = {
        "BACKEND": "wagtail.contrib.frontend_cache.backends.HTTPBackend",
        "LOCATION": CDN_PURGE_URL,
    }

TASK_QUEUE = env.choice("TASK_QUEUE", ("database", "redis", "immediate"), default="database")
TASK_BACKENDS = {
    "database": {"BACKEND": "django_tasks_db.DatabaseBackend"},
    "redis": {"BACKEND": "django_tasks_rq.RQBackend"},
    "immediate": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"},
}
TASKS = {"default": TASK_BACKENDS[TASK_QUEUE]}
if TASK_QUEUE == "redis":
    if not REDIS_URL:
        raise ImproperlyConfigured("TASK_QUEUE=redis needs REDIS_URL.")
    INSTALLED_APPS += ["django_rq"]
    # JSON as the cache (site_project.cache_values): rq's default is pickle.
    RQ_QUEUES = {"default": {"URL": REDIS_URL, "SERIALIZER": "rq.serializers.JSONSerializer"}}
    RQ = {"JOB_CLASS": "django_tasks_rq.Job"}

# --- Mail: files in var/mail unless EMAIL_URL says otherwise ------------------------------------------

EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    vars().update(env.email(EMAIL_URL, password=env.secret("EMAIL_PASSWORD")))
    EMAIL_TIMEOUT = 15
else:
    EMAIL_BACKEND = "commerce.mail.outbox.ReadableFileBackend"
    EMAIL_FILE_PATH = VAR_DIR / "mail"
#: Opt-in to mail in files in production.
MAIL_TO_FILES = env.bool("MAIL_TO_FILES", default=False)
#: Whether a sender is set. Mail servers would reject the default one.
HAS_OWN_SENDER = bool(env.str("DEFAULT_FROM_EMAIL", default=""))
DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL",
    default=f"{SITE_NAME} <{DEMO_DEFAULTS.get('SENDER', 'shop@shop.example')}>",
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
#: Receives urgent notices. Empty: nobody does.
STAFF_EMAIL = env.str("STAFF_EMAIL", default="")
OSCAR_FROM_EMAIL = DEFAULT_FROM_EMAIL
MAIL_ATTEMPTS = 6

# --- People -----------------------------------------------------------------------------------------

AUTH_USER_MODEL = "commerce.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "customer:summary"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_HTTPS
SOCIALACCOUNT_PROVIDERS = social_providers(env)
#: Whether staff need a second factor. Only a shop that takes no real money may switch it off.
STAFF_SECOND_FACTOR = env.bool("STAFF_SECOND_FACTOR", default=not IS_DEMO)
#: Hours, and idle minutes, after which staff must sign in again; 0 is never.
STAFF_SESSION_HOURS = env.int("STAFF_SESSION_HOURS", default=8)
STAFF_IDLE_MINUTES = env.int("STAFF_IDLE_MINUTES", default=60)
#: Refunds of an order above this total, in the shop's currency, require a recent sign-in.
REFUND_REAUTH_OVER = env.decimal("REFUND_REAUTH_OVER", default="100.00")
#: Account mails per day that strangers can trigger: per recipient, and per IP address.
ACCOUNT_MAILS_PER_RECIPIENT = env.int("ACCOUNT_MAILS_PER_RECIPIENT", default=12)
ACCOUNT_MAILS_PER_IP = env.int("ACCOUNT_MAILS_PER_IP", default=60)
# allauth's limits are counted in the database, which all processes share (commerce.accounts.throttle_store).
CACHES["throttles"] = {
    "BACKEND": "django.core.cache.backends.db.DatabaseCache",
    "LOCATION": "commerce_throttlecache",
    "OPTIONS": {"MAX_ENTRIES": 200_000},
}

#: Whether imports may load photographs from private networks, such as a server at home.
IMPORT_PRIVATE_ADDRESSES = env.bool("IMPORT_PRIVATE_ADDRESSES", default=False)

# --- Shop -------------------------------------------------------------------------------------------

OSCAR_SHOP_NAME = SITE_NAME
OSCAR_HOMEPAGE = "/"
#: Defaults of the shop settings that staff can change (commerce.shop_settings).
OSCAR_DEFAULT_CURRENCY = env.str("CURRENCY", default=DEMO_DEFAULTS.get("CURRENCY", "GBP"))
OSCAR_OFFERS_INCL_TAX = True  # Prices are shown and discounted including VAT (docs/pricing.md).
OSCAR_ALLOW_ANON_CHECKOUT = True
OSCAR_ALLOW_GUEST_CHECKOUT_WITH_ACCOUNT = True
OSCAR_ALLOW_ANON_REVIEWS = False
OSCAR_MODERATE_REVIEWS = True
OSCAR_BASKET_COOKIE_LIFETIME = 60 * 24 * 60 * 60
OSCAR_BASKET_COOKIE_SECURE = IS_HTTPS
OSCAR_BASKET_COOKIE_OPEN = f"{COOKIE_PREFIX}oscar_open_basket"
OSCAR_MAX_BASKET_QUANTITY_THRESHOLD = None  # The shop settings have the limit.
OSCAR_PRODUCTS_PER_PAGE = 24
OSCAR_EAGER_ALERTS = False
OSCAR_THUMBNAILER = "commerce.images.photos.Thumbnailer"
OSCAR_OFFER_ROUNDING_FUNCTION = "commerce.money.round_discount"
OSCAR_DELETE_IMAGE_FILES = False  # Pages may still show the photograph.
OSCAR_SAVE_SENT_EMAILS_TO_DB = True
OSCAR_SLUG_FUNCTION = "commerce.slugs.slug_of_name"
OSCAR_SLUG_ALLOW_UNICODE = WAGTAIL_ALLOW_UNICODE_SLUGS = env.bool("UNICODE_SLUGS", default=False)

# Oscar cannot be imported without it. The shop does not use Haystack.
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
HAYSTACK_SIGNAL_PROCESSOR = "haystack.signals.BaseSignalProcessor"

#: Seconds until counts are saved, outside requests. 0 is never; web processes then have no heartbeat.
COUNTER_SECONDS = 30

DELIVERY_HOME_COUNTRY = env.country("COUNTRY", default=DEMO_DEFAULTS.get("COUNTRY", "GB"))
#: The service that knows tax rates by address: a subclass of TaxProvider (docs/tax.md).
TAX_PROVIDER = env.str("TAX_PROVIDER", default="commerce.taxes.providers.TaxProvider")
#: Retention of orders and invoices: docs/privacy.md. 0 is as long as the shop's country asks.
BOOKS_YEARS = env.int("BOOKS_YEARS", default=0)
#: Countries in whose addresses the postcode may be missing, although the country has postcodes.
OPTIONAL_POSTCODES = env.list("OPTIONAL_POSTCODES", default=[])

#: Minutes for which stock stays reserved for an unpaid order.
PAYMENT_EXPIRY_MINUTES = env.int("PAYMENT_EXPIRY_MINUTES", default=30)

OSCAR_DASHBOARD_DEFAULT_ACCESS_FUNCTION = "commerce.permissions.table.menu_offers"
OSCAR_DASHBOARD_NAVIGATION = with_our_pages(OSCAR_DASHBOARD_NAVIGATION)

# --- Payment: the demo gateway or Stripe ----------------------------------------------------------------

#: Replaces Stripe in a demonstration (checkout_app.gateways.interface.StandIn).
STRIPE_STAND_IN = "demo_gateway.client.stand_in"
if IS_DEMO:
    # The demo gateway retries its events, as Stripe does.
    SCHEDULE.append((60, "demo_gateway.events.deliver_waiting_events"))
STRIPE_PUBLISHABLE_KEY = env.str("STRIPE_PUBLISHABLE_KEY", default="")
STRIPE_WEBHOOK_SECRETS = env.secrets("STRIPE_WEBHOOK_SECRETS")
#: The names of Oscar's payment sources by payment method.
GATEWAY_SOURCE_TYPES = {"card": "Stripe", "transfer": "Bank transfer"}
#: Whether customers may save cards at Stripe.
SAVED_CARDS = env.bool("SAVED_CARDS", default=True)
#: Follows the shop's name on card statements; together at most 22 characters.
STATEMENT_DESCRIPTOR_SUFFIX = env.str("STATEMENT_DESCRIPTOR_SUFFIX", default="")
#: When cards are charged: "automatic", with the order, or "manual", at dispatch.
PAYMENT_CAPTURE = env.choice("PAYMENT_CAPTURE", ["automatic", "manual"], default="automatic")

#: Account for bank transfers, as IBAN or sort code and number. Empty: no bank transfer.
TRANSFER_ACCOUNT = env.str("TRANSFER_ACCOUNT", default=DEMO_DEFAULTS.get("TRANSFER_ACCOUNT", ""))
TRANSFER_ACCOUNT_NAME = env.str("TRANSFER_ACCOUNT_NAME", default="")
#: Billing countries that may pay by bank transfer. Empty: all.
TRANSFER_COUNTRIES = env.list("TRANSFER_COUNTRIES", default=[])
#: Lowest order total for bank transfer, and days an order waits for the money.
TRANSFER_FROM = env.int("TRANSFER_FROM", default=0)
TRANSFER_DAYS = env.int("TRANSFER_DAYS", default=7)
#: The seller on invoices and credit notes.
SELLER = env.seller(name=f"{SITE_NAME} Ltd" if IS_DEMO else SITE_NAME, defaults=DEMO_DEFAULTS)
DOCUMENT_FONTS = env.list("DOCUMENT_FONTS", default=[])

# --- Wagtail (the rest is in site_project.settings_content) ---------------------------------------------

WAGTAIL_SITE_NAME = SITE_NAME
WAGTAILADMIN_BASE_URL = SITE_URL

# --- Language, time ---------------------------------------------------------------------------------------

LANGUAGE_CODE = env.str("SHOP_LANGUAGE", default=DEMO_DEFAULTS.get("SHOP_LANGUAGE", "en-gb"))
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default=DEMO_DEFAULTS.get("TIME_ZONE", "Europe/London"))
USE_I18N = True
FORMAT_MODULE_PATH = "site_project.formats"
USE_TZ = True

# --- Static files and media ---------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / env.str("STATIC_ROOT", default=str(VAR_DIR / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = BASE_DIR / env.str("MEDIA_ROOT", default="media")
HAS_OWN_MEDIA = not env.str("S3_BUCKET", default="")
STORAGES = {
    **media_storages(env, VAR_DIR / "private"),
    "staticfiles": {"BACKEND": "site_project.storage.StaticStorage"},
}
if DEBUG:
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = DEBUG

# --- Security -----------------------------------------------------------------------------------------------

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_HTTPONLY = True  # Scripts read the token from a form instead.
SESSION_COOKIE_AGE = 60 * 24 * 60 * 60
MESSAGE_STORAGE = "site_project.messages.MessageStorage"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = IS_HTTPS
# A redirect would hide that a client sends unencrypted: the webhook refuses plain http itself.
SECURE_REDIRECT_EXEMPT = [r"^webhooks/"]
# One hour at first: browsers then refuse http, and a mistake must not last a year.
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=3600 if IS_HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=False)
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
#: Personal pages, which browsers and proxies must not store.
PRIVATE_PATHS = ("/accounts/", "/admin/", "/basket/", "/checkout/", "/dashboard/")
X_FRAME_OPTIONS = "DENY"  # Wagtail allows its own previews itself.
IS_BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
if IS_BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1

#: Maximum bytes of a request, and of one file in a form that takes files.
BODY_LIMIT = 1024 * 1024
FILE_LIMITS = {
    "/admin/": 10 * 1024 * 1024,
    "/dashboard/": 10 * 1024 * 1024,
    "/dashboard/imports/": 200 * 1024 * 1024,
    "/dashboard/files/": 500 * 1024 * 1024,
    "/accounts/picture/": 5 * 1024 * 1024,
    "/accounts/profile/": 5 * 1024 * 1024,
}
#: A form with a file has other fields too.
BODY_LIMITS = {start: most * 6 // 5 for start, most in FILE_LIMITS.items()}

#: Policy of shop pages. The looser policy of staff pages is in site_project.middleware, which also
#: narrows ``script-src`` to static files, so that an upload is never run as a script.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'" if DEBUG else "{static-files}"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
if not HAS_OWN_MEDIA:
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["img-src"].append(
        env.str("S3_CUSTOM_DOMAIN", default="*")
    )

SILENCED_SYSTEM_CHECKS = [
    # The owner sets both once every host of the domain supports https (docs/deploy.md).
    "security.W005",  # SECURE_HSTS_INCLUDE_SUBDOMAINS
    "security.W021",  # SECURE_HSTS_PRELOAD
    "models.W036",  # Wagtail's conditional unique constraint; MariaDB has none, Wagtail checks in Python.
]

# --- Logs -----------------------------------------------------------------------------------------------------

LOGGING = logging_config(level=env.str("LOG_LEVEL", default="INFO"))
