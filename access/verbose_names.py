"""What the apps of others are called here: roles, log-ins, in the words of supervisors.

Migrations and checks keep seeing the names that those apps gave.
"""

from django.apps import apps

APPS = ("auth", "axes")
MODELS = {
    "auth.user": ("account", "accounts"),
    "auth.group": ("role", "roles"),
    "axes.accesslog": ("log-in", "log-ins"),
    "axes.accessfailurelog": ("failed log-in", "failed log-ins"),
    "axes.accessattempt": ("lock-out", "lock-outs"),
}
RECORD = {
    "username": "account",
    "ip_address": "address",
    "user_agent": "browser",
    "attempt_time": "when",
}
FIELDS = {
    "auth.user": {
        "is_staff": "may use the administration",
        "is_active": "active",
        "groups": "roles",
        "last_login": "last log-in",
        "date_joined": "created",
        "email": "e-mail",
    },
    "axes.accesslog": RECORD | {"logout_time": "logged out"},
    "axes.accessfailurelog": RECORD | {"locked_out": "locked out"},
    "axes.accessattempt": RECORD | {"failures_since_start": "failures"},
}


def rename() -> None:
    for label in APPS:
        apps.get_app_config(label).verbose_name = "Access"
    for name, (one, many) in MODELS.items():
        options = apps.get_model(name)._meta
        options.verbose_name, options.verbose_name_plural = one, many
    for name, fields in FIELDS.items():
        for field, words in fields.items():
            apps.get_model(name)._meta.get_field(field).verbose_name = words
