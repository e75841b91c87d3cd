from django.contrib import admin
from django.urls import include, path

from customers.admin import bench, home
from customers.api.urls import beyond
from foundation import adminviews

from . import apidocs, health

contract = [
    path("", include("customers.api.urls")),
    path("", include("schema_builder.api.urls")),
]

urlpatterns = [
    path("cim-customer/", include((contract, "contract"))),
    path("api/", include((beyond, "api"))),
    path("api/schema/", apidocs.DescriptionView.as_view(), name="schema"),
    path("api/docs/", apidocs.DocsView.as_view(url_name="schema"), name="docs"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("admin/login/", adminviews.log_in, name="admin-login"),
    path("admin/search/", adminviews.search, name="admin-search"),
    path("admin/bench/", admin.site.admin_view(bench.bench), name="admin-bench"),
    path("admin/checklist/", admin.site.admin_view(home.hide), name="admin-checklist"),
    path("admin/schema/", include("customers.builder.urls")),
    path("admin/", admin.site.urls),
    path("", include("customers.urls")),
]

handler400 = "cxcustomers.errors.bad_request"
handler403 = "cxcustomers.errors.permission_denied"
handler404 = "cxcustomers.errors.not_found"
handler500 = "cxcustomers.errors.server_error"
