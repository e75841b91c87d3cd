from django.apps import AppConfig


class SupervisorsConfig(AppConfig):
    """The administration: pages of supervisors."""

    name = "supervisors"
