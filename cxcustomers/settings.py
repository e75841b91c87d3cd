"""All settings, flat. Every environment variable is read here or in `environment`, once.

A checkout runs as it is on embedded SQLite; a value that cannot work stops the start.
"""

from ipaddress import ip_network
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from .environment import (
    WAITS,
    database,
    env,
    prepared_statements,
    secret,
    secret_key,
    whole_numbers,
)
from .theme import UNFOLD as UNFOLD  # the looks of the admin are a room of their own

UNSET_KEY = "unset-until-manage-py-up-writes-one-to-the-data-directory"
BASE_DIR = Path(__file__).resolve().parent.parent
# Folder for what this installation writes: the embedded database and the secret key. Default: `var` in
# the checkout.
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))

# Core

# Show tracebacks to callers: for development alone.
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = secret_key(DATA_DIR)
if not SECRET_KEY:
    # Commands such as `check` and `makemigrations` need a key; nobody is served with this one.
    SECRET_KEY = UNSET_KEY
# Former keys: signatures made with them are accepted while keys are changed.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Host names under which the product answers.
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
ROOT_URLCONF = "cxcustomers.urls"
WSGI_APPLICATION = "cxcustomers.wsgi.django"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS = [
    # An index of the lookup carries columns on PostgreSQL; SQLite ignores them.
    "models.W040",
    # Who may frame a page is said by frame-ancestors, which knows more than X-Frame-Options.
    "security.W002",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_HANDLERS = ["cxcustomers.upload_handlers.PageUploadHandler"]
# Routes that take a file, and bytes of it.
UPLOADS = {"admin:customers_customer_import": 20 * 1024 * 1024}

# Threads of each server process by kind of request; each has a database connection of its own.
SERVER_THREADS = whole_numbers("SERVER_THREADS", {"lookup": 2, "page": 3, "write": 3})
# Seconds that the body of a request may take; a long one also has to keep up a minimum rate.
REQUEST_BODY_SECONDS = env.int("REQUEST_BODY_SECONDS", default=10)

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.inlines",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "axes",
    "corsheaders",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "cxcustomers",
    "access",
    "jobs",
    "labels",
    "schema_builder",
    "webhooks",
    "customers",
    "schema_changes",
    "agents",
    "supervisors",
    "demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "cxcustomers.middleware.RequestGuardMiddleware",
    "cxcustomers.middleware.ResponseHeadersMiddleware",
    # What follows serves people with a session; what holds a credential turns off here.
    "cxcustomers.credential_middleware.CredentialMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "agents.middleware.EmbedMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Widgets of our own have their templates among the others.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Database

DATABASES = {"default": database(DATA_DIR)}
# Whether a connection keeps its settings: through PgBouncer in transaction mode it does not.
# Default: as `DATABASE_PREPARED_STATEMENTS`.
DATABASE_SESSIONS = env.bool("DATABASE_SESSIONS", default=prepared_statements())
# Seconds by kind of work (LOOKUP, PAGE, WRITE, JOB): waiting for a lock, running one statement, idle
# in a transaction; docs/operations.md has the defaults.
DATABASE_WAITS = {
    kind: whole_numbers(f"DATABASE_WAITS_{kind.upper()}", dict(zip(WAITS, seconds, strict=True)))
    for kind, seconds in {
        "lookup": (2, 5, 10),
        "page": (5, 20, 30),
        "write": (5, 30, 60),
        "job": (10, 600, 120),
    }.items()
}

# Log-in

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "customers:login"
LOGIN_REDIRECT_URL = "customers:customer-list"
LOGOUT_REDIRECT_URL = "customers:login"
SESSION_COOKIE_AGE = 8 * 60 * 60
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_HANDLER = "access.lockout.LockoutHandler"
AXES_CLIENT_IP_CALLABLE = "access.client_address.client_address"
# Networks of trusted reverse proxies: their X-Forwarded-For names the client.
try:
    PROXY_ADDRESSES = [ip_network(text) for text in env.list("PROXY_ADDRESSES", default=[])]
except ValueError as error:
    raise ImproperlyConfigured(f"PROXY_ADDRESSES: {error}.") from None
# Believe X-Forwarded-Proto of the proxy that ends TLS.
BEHIND_TLS_PROXY = env.bool("BEHIND_TLS_PROXY", default=False)
# Failed log-ins within 15 minutes, with any accounts, that lock an address; 0 sets no limit. Behind a
# proxy that is not in `PROXY_ADDRESSES` all clients would share one address. Default: `50`, or 0 there.
LOG_IN_FAILURES_PER_ADDRESS = env.int(
    "LOG_IN_FAILURES_PER_ADDRESS", default=0 if BEHIND_TLS_PROXY and not PROXY_ADDRESSES else 50
)
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
# Failures are kept after the log-in that follows them, the newest thousand of each account.
AXES_ENABLE_ACCESS_FAILURE_LOG = True
# access.admin shows its records, in our theme and to those who manage users.
AXES_ENABLE_ADMIN = False
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"

# Groups of permissions in the order of role pages; each app labels its own permissions.
RIGHT_GROUPS = [
    "Customers",
    "Personal data",
    "Labels",
    "Schema",
    "Integrations",
    "Administration",
]

# API credentials

# Networks of a gateway that authenticates callers itself: its requests that carry the secret are
# trusted with the role that it states.
try:
    GATEWAY_ADDRESSES = [ip_network(text) for text in env.list("GATEWAY_ADDRESSES", default=[])]
except ValueError as error:
    raise ImproperlyConfigured(f"GATEWAY_ADDRESSES: {error}.") from None
# What the gateway sends as X-Gateway-Secret: 32 characters or more.
GATEWAY_SECRET = secret("GATEWAY_SECRET")
# Names of roles as the gateway states them, and our roles.
GATEWAY_ROLES = env.dict(
    "GATEWAY_ROLES",
    default={"agent": "Agent", "supervisor": "Supervisor", "admin": "Administrator"},
)
if GATEWAY_ADDRESSES and len(GATEWAY_SECRET) < 32:
    raise ImproperlyConfigured("GATEWAY_SECRET: needs at least 32 characters.")
# For a demo on loopback: every caller from this machine is an administrator.
OPEN_MODE = env.bool("OPEN_MODE", default=False)
# What a token marked "sees personal data" may do beyond its role.
PII_PERMISSION = "customers.view_pii"
# Seconds a process may go on trusting a token or role it has read.
CREDENTIAL_CACHE_SECONDS = 10

# Webhooks

try:
    # Networks of your own that webhooks may call, on any port.
    WEBHOOK_NETWORKS = [ip_network(text) for text in env.list("WEBHOOK_NETWORKS", default=[])]
    # Ports that webhooks may call elsewhere.
    WEBHOOK_PORTS = [int(text) for text in env.list("WEBHOOK_PORTS", default=["80", "443"])]
except ValueError as error:
    raise ImproperlyConfigured(f"WEBHOOK_NETWORKS, WEBHOOK_PORTS: {error}.") from None

# Browser clients

# Origins of browser clients of the API, such as the Agent Desk.
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_ALLOW_METHODS = ["GET", "POST", "PUT", "DELETE", "OPTIONS"]
CORS_ALLOW_HEADERS = ["authorization", "content-type", "if-match"]
CORS_URLS_REGEX = r"^/(cim-customer|api)/"

# Security

# Public addresses of the product behind a proxy, such as `https://cx.example.org`.
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# True where the public address is https; the run on loopback is http.
HTTPS = env.bool("HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
if BEHIND_TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"

# Language and time

LANGUAGE_CODE = "en-us"
USE_I18N = True
FORMAT_MODULE_PATH = ["cxcustomers.formats"]
TIME_ZONE = "UTC"
USE_TZ = True

# Static files

STATIC_URL = "static/"
# Folder into which `collectstatic` gathers the static files for an image; a checkout needs none.
STATIC_ROOT = env.str("STATIC_ROOT", default="") or None
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]
WHITENOISE_USE_FINDERS = STATIC_ROOT is None

# REST framework

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "access.authentication.GatewayAuthentication",
        "access.authentication.TokenAuthentication",
        "access.authentication.SessionAuthentication",
        "access.authentication.OpenModeAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["cxcustomers.permissions.RequiredPermission"],
    "DEFAULT_PARSER_CLASSES": ["cxcustomers.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["cxcustomers.renderers.FastJSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "cxcustomers.exception_handlers.handle_exception",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "TEST_REQUEST_RENDERER_CLASSES": ["cxcustomers.renderers.FastJSONRenderer"],
}

SPECTACULAR_SETTINGS = {
    "TITLE": "cxcustomers",
    "DESCRIPTION": "Customers of a contact centre: identification, profiles, schema and labels.",
    "VERSION": "0.1.0",
    "SERVE_PERMISSIONS": ["cxcustomers.permissions.RequiredPermission"],
    "SERVE_INCLUDE_SCHEMA": False,
    "AUTHENTICATION_WHITELIST": [
        "access.authentication.TokenAuthentication",
        "access.authentication.SessionAuthentication",
        "access.authentication.GatewayAuthentication",
    ],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "cxcustomers.apidocs.add_errors",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# Customers

# Keys of a customer body that are no fields of the schema (contract 13.9).
RESERVED_FIELD_KEYS = [
    "_id",
    "__v",
    "createdAt",
    "updatedAt",
    "createdBy",
    "updatedBy",
    "labelNames",
    "labelReason",
    "labelUntil",
    "otherHolders",
    "priority",
]
# Region of a number written without country code, where its channel type names none.
DEFAULT_PHONE_REGION = env.str("DEFAULT_PHONE_REGION", default="")
# Days after which anonymous customers without conversations and edits are removed; 0 keeps them.
UNUSED_CUSTOMER_DAYS = max(0, env.int("UNUSED_CUSTOMER_DAYS", default=60))
# Origins that may show the agent pages in a frame, such as the Agent Desk.
FRAME_ANCESTORS = env.list("FRAME_ANCESTORS", default=[])

# Logging

# Least level of what is logged. Default: `WARNING`.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
}
