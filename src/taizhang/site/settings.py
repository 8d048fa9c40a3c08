"""Django settings. The installation's own choices come from `environment.py`; nothing else is read from outside."""

import os
from datetime import timedelta

from csp.constants import NONE, SELF

from taizhang.engine import server
from taizhang.site.environment import ROOT, parse_database_url, read_environment

ENVIRONMENT = read_environment()
DATA_DIR = ENVIRONMENT.data_dir
KEY_FILE = ENVIRONMENT.key_file
PROGRAMMES_DIR = ROOT / "programmes"
PRODUCTION = ENVIRONMENT.production
DEMO = (DATA_DIR / "demo.json").exists()  # `./taizhang demo` writes it; the frame then says that everybody is invented

DEBUG = False
SECRET_KEY = os.environ.get("TAIZHANG_SECRET_KEY") or server.secret(DATA_DIR, "django-secret")
ALLOWED_HOSTS = [host for host in os.environ.get("TAIZHANG_HOSTS", "").split(",") if host] or ["*"]

APP_ROLE = "taizhang_app"
_url = ENVIRONMENT.database_url or server.running_url(DATA_DIR)
try:
    _database = parse_database_url(_url or "postgresql:///not-started")
except ValueError:  # the system check taizhang.E001 says it in words
    _database = parse_database_url("postgresql:///wrong-url")
# Requests and jobs never run as the owner: row-level security binds the application role only.
AS_OWNER = os.environ.get("TAIZHANG_AS_OWNER") == "1"
if not AS_OWNER:
    _database["OPTIONS"] = {**_database["OPTIONS"], "options": f"-c role={APP_ROLE}"}  # type: ignore[dict-item]
DATABASES = {"default": {**_database, "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "csp",
    "axes",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "taizhang.engine",
    "taizhang.protection",
    "taizhang.divisions",
    "taizhang.accounts",
    "taizhang.ledger",
    "taizhang.release",
    "taizhang.intake",
    "taizhang.review",
    "taizhang.collecting",
    "taizhang.phone",
    "taizhang.comparison",
    "taizhang.statistics",
    "taizhang.statistics.boards",
    "taizhang.statistics.bulletins",
    "taizhang.statistics.targets",
    "taizhang.site",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "taizhang.site.middleware.SmallMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "taizhang.site.middleware.SecurityHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "taizhang.accounts.middleware.SignInMiddleware",
    "taizhang.accounts.middleware.SessionLimitsMiddleware",
    "taizhang.accounts.middleware.PermissionsMiddleware",
    "taizhang.accounts.middleware.ActingAsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "taizhang.site.middleware.DomainErrorMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "taizhang.site.urls"
WSGI_APPLICATION = "taizhang.site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "taizhang.site.context.frame",
            ],
            "builtins": ["taizhang.site.templatetags.words"],
        },
    }
]
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"  # each room's job functions stand in <room>/jobs.py
JOBS_ACTING_FOR_OWNER = "taizhang.accounts.acting.acting_as_owner"
INTAKE_SUBMIT = "taizhang.review.actions.submit"  # review is a higher floor than intake
INTAKE_WITHDRAW = "taizhang.review.actions.withdraw"
BATCH_PAGES = "taizhang.intake.pages.of_batches"  # intake is a higher floor than the ledger's timeline
MIGRATION_MODULES: dict[str, str] = {}
PGHISTORY_CONTEXT_FIELD = None
PGHISTORY_OBJ_FIELD = None

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "taizhang.accounts.passwords.ThreeClassesValidator"},
    {"NAME": "taizhang.accounts.passwords.PlaceNameValidator"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "/"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
# The account is locked, wherever the guesses come from. Not the address: a whole office shares one, and five slips of
# its clerks must not
# shut it out; against guessing many names from one address there is LOGIN_FAILURES_PER_ADDRESS. So axes.W006 is
# silenced below.
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # else anybody could keep a colleague out for ever
LOGIN_FAILURES_PER_ADDRESS = 100  # within AXES_COOLOFF_TIME
PASSWORD_AGE = timedelta(days=90)  # None: no forced renewal (ASVS style)
AXES_LOCKOUT_CALLABLE = "taizhang.accounts.views.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_SENSITIVE_PARAMETERS = ["username", "password"]
AXES_VERBOSE = False
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_DISABLE_ACCESS_LOG = True  # the audit chain keeps sign-ins

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_IDLE = timedelta(minutes=15)
SESSION_ABSOLUTE = timedelta(hours=12)
SESSION_COOKIE_AGE = int(SESSION_ABSOLUTE.total_seconds())
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "taizhang.site.middleware.csrf_refused"
if PRODUCTION:  # the demo runs over plain http on loopback
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
STATIC_URL = "/static/"
STATICFILES_DIRS = [("rules", ROOT / "src" / "taizhang" / "rules" / "browser")]
WHITENOISE_USE_FINDERS = True  # straight from the packages: no collectstatic, so no STATIC_ROOT
WHITENOISE_AUTOREFRESH = False
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1 * 1024 * 1024
FILE_UPLOAD_TEMP_DIR = None
UPLOAD_LIMIT_BYTES = 100 * 1024 * 1024
SILENCED_SYSTEM_CHECKS: list[str] = ["axes.W006"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # Django's own report of a fault quotes the exception, which may quote a person; ours (site.middleware) does not.
    "loggers": {"django.request": {"level": "CRITICAL", "handlers": [], "propagate": False}},
}
