from django.apps import AppConfig


class LabelsConfig(AppConfig):
    name = "labels"
    verbose_name = "Labels"
    rights = {
        "Labels": {
            "labels.view_label": "See labels",
            "labels.add_label": "Create labels",
            "labels.change_label": "Rename labels, change their colour and priority",
            "labels.delete_label": "Delete labels",
            "labels.view_labelgroup": "See groups of labels",
            "labels.add_labelgroup": "Create groups of labels",
            "labels.change_labelgroup": "Change groups of labels",
            "labels.delete_labelgroup": "Delete groups of labels",
        }
    }
