from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "access"
    verbose_name = "Access"
    rights = {
        "Integrations": {
            "access.view_apitoken": "See the API tokens of your systems",
            "access.add_apitoken": "Create API tokens",
            "access.change_apitoken": "Revoke API tokens",
        },
        "Administration": {
            "auth.view_user": "See who has an account",
            "auth.add_user": "Create accounts",
            "auth.change_user": "Change accounts, set passwords, unlock, and see the log-ins",
            "auth.delete_user": "Delete accounts",
            "auth.view_group": "See the roles",
            "auth.add_group": "Create roles",
            "auth.change_group": "Change what roles may do",
            "auth.delete_group": "Delete roles",
        },
    }

    def ready(self):
        # Models are there only now.
        from .verbose_names import rename  # noqa: PLC0415

        rename()
