from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from agents.views import customers

app_name = "customers"
urlpatterns = [
    path("", include("agents.views.urls")),
    path("", customers.customer_list, name="customer-list"),
    path("login", customers.AgentLogInView.as_view(), name="login"),
    path("logout", login_not_required(LogoutView.as_view()), name="logout"),
    path("customers/new", customers.customer_create, name="customer-create"),
    path("customers/<public_id:public_id>", customers.customer_detail, name="customer-detail"),
    path("customers/<public_id:public_id>/edit", customers.customer_edit, name="customer-edit"),
    path("customers/<public_id:public_id>/labels", customers.label_add, name="customer-label-add"),
    path(
        "customers/<public_id:public_id>/labels/<public_id:label_id>/remove",
        customers.label_remove,
        name="customer-label-remove",
    ),
]
