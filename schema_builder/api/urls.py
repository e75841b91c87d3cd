from django.urls import path

from . import views

urlpatterns = [
    path("attributeTypes", views.AttributeTypesView.as_view(), name="attribute-types"),
    path("customerSchema", views.CustomerSchemaView.as_view(), name="customer-schema"),
    path(
        "customerSchemaOrder",
        views.CustomerSchemaOrderView.as_view(),
        name="customer-schema-order",
    ),
]
