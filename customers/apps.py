from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = "Customers"
    rights = {
        "Customers": {
            "customers.view_customer": "See customers",
            "customers.add_customer": "Create customers",
            "customers.change_customer": "Change customers",
            "customers.delete_customer": "Delete customers",
            "customers.merge_customer": "Merge and split customers, decide on duplicates",
            "customers.change_in_bulk": "Change many customers at once",
            "customers.export_customer": "Export customers to a file",
            "customers.import_customer": "Import customers from a file, and take that back",
            "customers.share_savedfilter": "Share saved filters with everybody",
            "customers.view_attributevalue": "See the values of fields",
            "customers.view_channelidentity": "See channel identities",
            "customers.add_channelidentity": "Add channel identities",
            "customers.change_channelidentity": "Mark channel identities as shared or retired",
            "customers.delete_channelidentity": "Remove channel identities",
            "customers.view_conversation": "See conversations",
            "customers.relink_conversation": "Relink conversations to another customer",
            "customers.view_operation": "See what was done to customers",
            "customers.view_duplicaterule": "See the duplicate rules",
            "customers.change_duplicaterule": "Switch and weigh the duplicate rules",
        },
        "Personal data": {
            "customers.view_pii": "See personal data unmasked",
        },
        "Labels": {
            "customers.view_customerlabel": "See the labels of customers",
            "customers.add_customerlabel": "Put labels on customers",
            "customers.change_customerlabel": "Change labels of customers",
            "customers.delete_customerlabel": "Take labels off customers",
        },
        "Administration": {
            "customers.change_userpreference": "Change what others chose in their client",
        },
    }
