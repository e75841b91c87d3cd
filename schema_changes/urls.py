from django.urls import path

from .api import CustomerFieldView

urlpatterns = [
    path(
        "customerSchema/<public_id:public_id>", CustomerFieldView.as_view(), name="customer-field"
    ),
]
