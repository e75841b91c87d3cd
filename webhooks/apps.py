from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "webhooks"
    verbose_name = "Access"
    rights = {
        "Integrations": {
            "webhooks.view_subscription": "See the webhooks, and what was sent to them",
            "webhooks.add_subscription": "Create webhooks",
            "webhooks.change_subscription": "Change webhooks, test them, and send again",
            "webhooks.delete_subscription": "Delete webhooks",
        },
    }
