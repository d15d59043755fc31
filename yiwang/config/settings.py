"""Django's settings, derived from :mod:`yiwang.config.environment`. Nothing here is set by hand per node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from .environment import environment, secret_from_file
from .logs import configuration as LOGGING_CONFIGURATION

try:
    SECRET_KEY = environment.secret_key or secret_from_file(environment.data_dir / "keys" / "session.key", 32)
except OSError as error:
    raise ImproperlyConfigured(
        f"The data directory {environment.data_dir} cannot be used: {error.strerror}. "
        "Set YIWANG_DATA_DIR to a directory that this user may write to."
    ) from error
DEBUG = environment.debug
ALLOWED_HOSTS = [host.strip() for host in environment.hosts.split(",") if host.strip()]
CSRF_TRUSTED_ORIGINS = [environment.origin]

# The rooms, floor by floor from the ground up. The order of floors and rooms is a contract that CI checks (.importlinter).
ROOMS = [
    "yiwang.foundation.crypto",
    "yiwang.foundation.orgs",
    "yiwang.foundation.accounts",
    "yiwang.foundation.access",
    "yiwang.foundation.events",
    "yiwang.foundation.ledger",
    "yiwang.foundation.drafts",
    "yiwang.foundation.standards",
    "yiwang.foundation.files",
    "yiwang.foundation.search",
    "yiwang.foundation.rules",
    "yiwang.foundation.forms",
    "yiwang.foundation.messages",
    "yiwang.foundation.cases",
    "yiwang.foundation.establishment",
    "yiwang.foundation.seals",
    "yiwang.foundation.ratings",
    "yiwang.foundation.mandates",
    "yiwang.foundation.licences",
    "yiwang.foundation.desk",
    "yiwang.data.engine",
    "yiwang.data.catalogue",
    "yiwang.data.registries",
    "yiwang.data.pipelines",
    "yiwang.data.protection",
    "yiwang.data.sharing",
    "yiwang.data.opendata",
    "yiwang.data.objections",
    "yiwang.services.items",
    "yiwang.services.applications",
    "yiwang.services.portal",
    "yiwang.packs",
]
ROOMS = [room for room in ROOMS if (Path(__file__).parents[2] / room.replace(".", "/") / "apps.py").exists()]

INSTALLED_APPS = [
    "yiwang.web",
    *ROOMS,
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.headless",
    "django_tasks",
    "django_tasks_db",
    "django_cotton.apps.SimpleAppConfig",
]

MIDDLEWARE = [
    "yiwang.config.metrics.measure",
    "yiwang.web.middleware.request_log",
    "yiwang.config.middleware.body_limit",
    "django.middleware.security.SecurityMiddleware",
    "yiwang.web.middleware.content_security_policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "yiwang.foundation.access.middleware.actor",
    "yiwang.config.middleware.methods",
    "yiwang.config.middleware.readable",
    "yiwang.config.middleware.not_kept",
    "django.contrib.messages.middleware.MessageMiddleware",
    "yiwang.config.middleware.sign_in_first",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "yiwang.web.middleware.refusals",
]

ROOT_URLCONF = "yiwang.config.urls"
WSGI_APPLICATION = "yiwang.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django_cotton.cotton_loader.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "builtins": ["django_cotton.templatetags.cotton", "yiwang.web.templatetags.yiwang"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "yiwang.web.context.node",
                "yiwang.foundation.access.context.actor",
            ],
        },
    }
]

# A component sees its attributes and what context processors give, never a variable that its page happens to have.
COTTON_ISOLATE_BY_DEFAULT = True

DATABASES: dict[str, Any]
if environment.sqlite:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(environment.data_dir / "yiwang.sqlite3"),
            "OPTIONS": {
                # Writers queue at BEGIN, so a read never turns into a failed write in the middle of an act.
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                # FULL: an acknowledged act survives a power cut, not only a crash.
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456;",
            },
        }
    }
else:
    DATABASES = {
        "default": dj_database_url.parse(
            environment.database_url,
            engine="yiwang.config.postgresql",
            conn_max_age=600,
            conn_health_checks=True,  # see config.postgresql: costs no round trip
        )
    }
    given_options = DATABASES["default"].get("OPTIONS", {})
    if given_options.get("prepare_threshold") == "off":  # behind a pooler: docs/operations.md
        given_options["prepare_threshold"] = None
    # A server that is gone is noticed in seconds; what the URL says after "?" comes first.
    DATABASES["default"]["OPTIONS"] = {
        "application_name": "yiwang",
        "connect_timeout": 10,
        "prepare_threshold": 5,  # times; for kernel.prepared only, other statements are sent whole
        "keepalives_idle": 60,
        "tcp_user_timeout": 30_000,
        **given_options,
    }

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = ["yiwang.foundation.accounts.backend.Backend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "yiwang.foundation.accounts.adapter.Adapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {"login_failed": "5/5m/key,30/m/ip", "login": "300/m/ip"}
ACCOUNT_FORMS = {
    "login": "yiwang.foundation.accounts.forms.LoginForm",
    "reauthenticate": "yiwang.foundation.accounts.forms.ReauthenticateForm",
    "change_password": "yiwang.foundation.accounts.forms.ChangePasswordForm",
}
ALLAUTH_TRUSTED_PROXY_COUNT = environment.proxies
HEADLESS_ONLY = False
HEADLESS_CLIENTS = ("app",)
HEADLESS_TOKEN_STRATEGY = "yiwang.foundation.accounts.tokens.TokenStrategy"  # noqa: S105  # a class
MFA_ADAPTER = "yiwang.foundation.accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not environment.secure  # browsers allow it for localhost only
MFA_FORMS = {
    "authenticate": "yiwang.foundation.accounts.forms.AuthenticateForm",
    "reauthenticate": "yiwang.foundation.accounts.forms.ReauthenticateCodeForm",
    "activate_totp": "yiwang.foundation.accounts.forms.ActivateTOTPForm",
    "add_webauthn": "yiwang.foundation.accounts.forms.AddWebAuthnForm",
    "edit_webauthn": "yiwang.foundation.accounts.forms.EditWebAuthnForm",
}

SESSION_ENGINE = "yiwang.foundation.accounts.sessions"
SESSION_COOKIE_NAME = "yiwang_session"
SESSION_COOKIE_AGE = environment.session_hours * 3600
SESSION_COOKIE_SECURE = environment.secure
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "yiwang_csrf"
CSRF_COOKIE_SECURE = environment.secure
CSRF_FAILURE_VIEW = "yiwang.config.answers.csrf_failed"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if environment.secure else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if environment.proxies else None
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # forms and JSON; files stream past this
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_HANDLERS = ["yiwang.foundation.files.uploads.SealingHandler"]  # encrypted as it comes, never past the limit

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [str(environment.data_dir / "locale")]  # compiled by `yiwang migrate`, see config.catalogues
LANGUAGE_COOKIE_NAME = "yiwang_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = environment.secure
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = str(environment.data_dir / "static")
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "yiwang.web.assets.PackageFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # uploads go through foundation.files only
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 3600
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}

# In the store: what allauth counts against guessing must be seen by every worker, wherever it runs.
# Counters of limits live here, shared by all workers; Django's own bound of 300 would drop them under a flood of addresses.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "web_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

LOGGING_CONFIG = None
LOGGING_CONFIGURATION(environment.log_level, environment.log_format)

SILENCED_SYSTEM_CHECKS = [
    "security.W005", "security.W021",  # other names under the same domain are not ours to decide about
    "security.W008",  # the proxy that ends TLS redirects; the node is not reached over plain HTTP
]  # fmt: skip
