from django.apps import AppConfig


class AgentsConfig(AppConfig):
    """The pages of agents."""

    name = "agents"
