"""All settings; every value that differs between machines comes from env."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from detector_site import APP_VERSION as APP_VERSION
from detector_site.celery_settings import celery_settings
from detector_site.env import Environment
from detector_site.service_urls import (
    cache_from_url,
    database_from_url,
    email_from_url,
    media_storage_from_url,
)
from operations.logs import logging_config, start_sentry

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment.load(BASE_DIR / ".env")

# --- Safety -------------------------------------------------------------------------
DEBUG = env.boolean("DEBUG", default=False)
# Without a key each process gets its own: enough for commands such as training. A
# server refuses to start so, because sessions would not outlive it (checks.py).
SECRET_KEY_IS_SET = bool(env.text("SECRET_KEY"))
SECRET_KEY = env.text("SECRET_KEY", default=secrets.token_urlsafe(50))
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.items("CSRF_TRUSTED_ORIGINS", default=[])
# How many proxies stand in front of the site and are believed: the visitor's address
# (rate limits) and scheme are then taken from X-Forwarded-For and X-Forwarded-Proto.
TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXY_COUNT", default=0)
HTTPS_ONLY = env.boolean("HTTPS_ONLY", default=not DEBUG)

SECURE_SSL_REDIRECT = HTTPS_ONLY
# Load balancers ask for the health of a machine over plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^health$"]
SECURE_HSTS_SECONDS = (
    env.integer("HSTS_SECONDS", default=30 * 24 * 3600) if HTTPS_ONLY else 0
)
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = HTTPS_ONLY
CSRF_COOKIE_SECURE = HTTPS_ONLY
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
# Whether sub-domains (W005) and the browsers' preload list (W021) are bound to HTTPS
# too concerns more than this site: it is the owner's decision.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Applications -------------------------------------------------------------------
INSTALLED_APPS = [
    "detector_site.apps.DetectorSiteConfig",
    "accounts",
    "classifier",
    "operations",
    "mltrain",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "knox",
    "ninja",
    "csp",
    "whitenoise.runserver_nostatic",
    "django.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "detector_site.apps.CollectedStaticConfig",
]

MIDDLEWARE = [
    "operations.request_ids.RequestIdMiddleware",
    "operations.metrics.MetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "detector_site.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.StaffMfaMiddleware",
    "classifier.rate_headers.RateLimitMiddleware",
    "classifier.middleware.UploadLimitMiddleware",
]

ROOT_URLCONF = "detector_site.urls"
WSGI_APPLICATION = "detector_site.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "detector_site.context_processors.site",
            ],
        },
    },
]

# Our templates/django/forms/field.html draws every form field.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Services -----------------------------------------------------------------------
DATABASES = {
    "default": database_from_url(
        env.text("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")
    )
}
# Rate limits count in the cache, so all workers must share it. The database is the one
# thing they always share; Redis is faster and is for more than one machine.
CACHES = {"default": cache_from_url(env.text("CACHE_URL", default="database://"))}
if "Redis" in CACHES["default"]["BACKEND"]:
    # Read from Redis, kept in the database: log-ins outlive a lost cache.
    SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
_EMAIL_URL = env.text("EMAIL_URL", default="console://")
for _name, _value in email_from_url(_EMAIL_URL).items():
    globals()[_name] = _value
MAIL_LEAVES = not _EMAIL_URL.startswith("console:")
# Batches, re-scoring, mail and webhooks are a worker's where there is a broker. Without
# one the site does them itself, and needs nothing but its own process.
for _name, _value in celery_settings(env).items():
    globals()[_name] = _value
if globals()["CELERY_BROKER_URL"] and "smtp" in globals()["EMAIL_BACKEND"]:
    QUEUED_EMAIL_BACKEND = globals()["EMAIL_BACKEND"]
    EMAIL_BACKEND = "accounts.queued_mail.EmailBackend"
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", default="detector@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
ADMIN_EMAIL = env.text("ADMIN_EMAIL")
ADMINS = [("Administrator", ADMIN_EMAIL)] if ADMIN_EMAIL else []
EMAIL_SUBJECT_PREFIX = "[AI Image Detector] "
# Where the site finds itself, for the nightly check and in mail to the administrator.
SITE_URL = env.text("SITE_URL", default="http://127.0.0.1:8000")

# --- Files --------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=BASE_DIR / "staticfiles")
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = env.path("MEDIA_ROOT", default=BASE_DIR / "media")
# When set, the web server sends the files (X-Accel-Redirect) after the owner check.
MEDIA_ACCEL_PREFIX = env.text("MEDIA_ACCEL_PREFIX")
_STATIC_BACKEND = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
    if DEBUG
    else "whitenoise.storage.CompressedManifestStaticFilesStorage"
)
# Several machines share a bucket instead of a folder; nginx cannot send from there.
MEDIA_STORAGE = media_storage_from_url(env.text("MEDIA_STORAGE_URL"))
if "s3" in MEDIA_STORAGE["BACKEND"]:
    MEDIA_ACCEL_PREFIX = ""
STORAGES = {
    "default": MEDIA_STORAGE,
    "staticfiles": {"BACKEND": _STATIC_BACKEND},
}
# Source maps are for debuggers; compressing them takes longer than all the rest.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (
    *("jpg", "jpeg", "png", "gif", "webp", "zip", "gz", "br", "woff", "woff2"),
    "map",
)
FILE_UPLOAD_PERMISSIONS = 0o640
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o750

# --- The detector -------------------------------------------------------------------
DETECTOR_BUNDLE = env.path(
    "DETECTOR_BUNDLE", default=BASE_DIR / "classifier" / "bundles" / "default"
)
DETECTOR_ENGINE = env.choice("DETECTOR_ENGINE", "auto", ("auto", "onnx", "keras"))
# gunicorn's processes share the cores.
WEB_CONCURRENCY = env.integer("WEB_CONCURRENCY", default=2, minimum=1)
# How many pictures a process judges at once (0 is its share of the cores), how many
# wait, and on how many threads the network runs for one (0 is two, or the only core).
DETECTOR_CONCURRENCY = env.integer("DETECTOR_CONCURRENCY", default=0)
DETECTOR_QUEUE = env.integer("DETECTOR_QUEUE", default=16)
DETECTOR_THREADS = env.integer("DETECTOR_THREADS", default=0)
_encoder = env.text("DETECTOR_ENCODER")
DETECTOR_ENCODER = Path(_encoder).expanduser() if _encoder else None
_trust_anchors = env.text("C2PA_TRUST_ANCHORS")
C2PA_TRUST_ANCHORS = Path(_trust_anchors).expanduser() if _trust_anchors else None
MAX_UPLOAD_BYTES = env.integer("MAX_UPLOAD_BYTES", default=20 * 1024**2, minimum=1)
# All files of a batch together; they are on disk while it is judged.
MAX_BATCH_BYTES = env.integer(
    "MAX_BATCH_BYTES", default=20 * MAX_UPLOAD_BYTES, minimum=1
)
MAX_IMAGE_PIXELS = env.integer("MAX_IMAGE_PIXELS", default=50_000_000, minimum=1)
# Visitors may give the https address of a picture, which the site then fetches.
FETCH_BY_ADDRESS = env.boolean("FETCH_BY_ADDRESS", default=True)
# Uploads stay in memory, where the detector needs them: a temporary file would leave a
# copy of the picture on disk. `UploadLimitMiddleware` refuses larger bodies unread, and
# lets batches alone go to temporary files.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = MAX_UPLOAD_BYTES + 64 * 1024
THROTTLE_ANON = env.rate("THROTTLE_ANON", default="30/min")
THROTTLE_USER = env.rate("THROTTLE_USER", default="120/min")
THROTTLE_TOKEN = env.rate("THROTTLE_TOKEN", default="60/min")
# Pictures a day for each account; staff change it for single people in the admin.
DAILY_QUOTA = env.integer("DAILY_QUOTA", default=1000)

# --- Receipts -----------------------------------------------------------------------
# Without a key there are no receipts: none is made up, or nobody could check them.
RECEIPT_SIGNING_KEY = env.key("RECEIPT_SIGNING_KEY")
RECEIPT_RETIRED_KEYS = env.keys("RECEIPT_RETIRED_KEYS")

# --- Retention ----------------------------------------------------------------------
# In days; 0 keeps something for as long as its owner does. `manage.py purge` enforces
# them, and the page “Your data” shows them.
RETENTION_ANONYMOUS_DAYS = env.integer("RETENTION_ANONYMOUS_DAYS", default=90)
RETENTION_RESULTS_DAYS = env.integer("RETENTION_RESULTS_DAYS", default=0)
RETENTION_ORIGINALS_DAYS = env.integer("RETENTION_ORIGINALS_DAYS", default=90)
RETENTION_EVIDENCE_DAYS = env.integer("RETENTION_EVIDENCE_DAYS", default=365)

# --- Accounts -----------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "signup": "accounts.forms.SignupForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
    "add_email": "accounts.forms.ChangeEmailForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
}
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_USERNAME_MIN_LENGTH = 3
# Where mail only goes to the log, nobody could follow the link.
ACCOUNT_EMAIL_VERIFICATION = env.choice(
    "EMAIL_VERIFICATION",
    "mandatory" if MAIL_LEAVES else "none",
    ("none", "optional", "mandatory"),
)
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
# A new address waits beside the old one until its link is followed.
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# The old address hears of changes of address, password and second factor.
ACCOUNT_EMAIL_NOTIFICATIONS = MAIL_LEAVES
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS_ONLY else "http"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/300s/key",
    "signup": "20/m/ip",
    "download_all": "6/h/user",
}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT

# Networks without a public address that webhooks may be sent to all the same.
WEBHOOK_ALLOWED_NETWORKS = env.items("WEBHOOK_ALLOWED_NETWORKS", default=[])
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# allauth lets only verified people lock an account; without mail there are none.
MFA_ALLOW_UNVERIFIED_EMAIL = ACCOUNT_EMAIL_VERIFICATION == "none"
MFA_TOTP_ISSUER = "AI Image Detector"
# The clock of a phone may be half a minute off.
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "accounts.mfa_forms.AuthenticateForm",
    "reauthenticate": "accounts.mfa_forms.ReauthenticateForm",
    "activate_totp": "accounts.mfa_forms.ActivateTOTPForm",
    "add_webauthn": "accounts.mfa_forms.AddPasskeyForm",
    "edit_webauthn": "accounts.mfa_forms.RenamePasskeyForm",
}
STAFF_MFA = env.boolean("STAFF_MFA", default=False)

KNOX_TOKEN_MODEL = "accounts.ApiToken"  # noqa: S105 - the name of a model
# Knox's own token table stays uncreated: accounts.ApiToken takes its place.
MIGRATION_MODULES = {"knox": None}
REST_KNOX = {
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_TTL": None,
    # Secret scanners find a token that was committed by mistake.
    "TOKEN_PREFIX": "aid_",
}

# --- APIs ---------------------------------------------------------------------------
NINJA_NUM_PROXIES = TRUSTED_PROXY_COUNT
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.auth.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "accounts.permissions.HasScope",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.throttling.HistoryThrottle"],
    "EXCEPTION_HANDLER": "accounts.api.errors_with_code",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "NUM_PROXIES": TRUSTED_PROXY_COUNT,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "AI image detector: history",
    "DESCRIPTION": "Your submissions: list, look at, delete, and appeal.",
    "VERSION": APP_VERSION,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SERVE_INCLUDE_SCHEMA": False,
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {"Label": "classifier.models.Verdict"},
    # The choices are told by each field; a name for each list of them is no help.
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}

# --- Languages and time -------------------------------------------------------------
LANGUAGE_CODE = "en"
# Each in its own words, for the switch at the foot of a page.
LANGUAGES = [("en", "English"), ("ar", "العربية")]
LOCALE_PATHS = [BASE_DIR / "locale"]
# Dates and numbers: 24 November 2026, and digits as in the API in both languages.
FORMAT_MODULE_PATH = "detector_site.formats"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = HTTPS_ONLY
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True

# --- Operations ---------------------------------------------------------------------
LOGGING = logging_config(
    level=env.text("LOG_LEVEL", "INFO").upper(),
    form=env.choice("LOG_FORMAT", "line", ("line", "json")),
)
METRICS_TOKEN = env.text("METRICS_TOKEN")
SENTRY_DSN = env.text("SENTRY_DSN")
if SENTRY_DSN:
    start_sentry(dsn=SENTRY_DSN, release=APP_VERSION)
