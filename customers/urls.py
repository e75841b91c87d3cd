from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from . import views

app_name = "customers"
urlpatterns = [
    path("", include("customers.desk.urls")),
    path("", views.customer_list, name="customer-list"),
    path("login", views.LogIn.as_view(), name="login"),
    path("logout", login_not_required(LogoutView.as_view()), name="logout"),
    path("customers/new", views.customer_create, name="customer-create"),
    path("customers/<public_id:public_id>", views.customer_detail, name="customer-detail"),
    path("customers/<public_id:public_id>/edit", views.customer_edit, name="customer-edit"),
    path("customers/<public_id:public_id>/labels", views.label_add, name="customer-label-add"),
    path(
        "customers/<public_id:public_id>/labels/<public_id:label_id>/remove",
        views.label_remove,
        name="customer-label-remove",
    ),
]
