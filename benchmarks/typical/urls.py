from django.urls import path

from .views import LookupView

urlpatterns = [path("cim-customer/customers", LookupView.as_view())]
