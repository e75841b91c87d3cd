from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Jobs"
    rights = {
        "Administration": {
            "jobs.view_job": "See the background jobs of others",
            "jobs.change_job": "Cancel and undo the background jobs of others",
        },
    }

    def ready(self):
        # Each app keeps what runs in the background in a module of that name.
        autodiscover_modules("background")
