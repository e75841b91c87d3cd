from django.contrib import admin
from django.urls import include, path

from customers.api.urls import beyond
from foundation import admin_views
from supervisors import identification_simulator
from supervisors.home import views

from . import apidocs, health

contract = [
    path("", include("customers.api.urls")),
    path("", include("schema_changes.urls")),
    path("", include("schema_builder.api.urls")),
]

urlpatterns = [
    path("cim-customer/", include((contract, "contract"))),
    path("api/", include((beyond, "api"))),
    path("api/schema/", apidocs.DescriptionView.as_view(), name="schema"),
    path("api/docs/", apidocs.DocsView.as_view(url_name="schema"), name="docs"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("admin/login/", admin_views.log_in, name="admin-login"),
    path("admin/search/", admin_views.search, name="admin-search"),
    path("admin/bench/", admin.site.admin_view(identification_simulator.bench), name="admin-bench"),
    path("admin/checklist/", admin.site.admin_view(views.hide), name="admin-checklist"),
    path("admin/schema/", include("supervisors.schema_builder.urls")),
    path("admin/", admin.site.urls),
    path("", include("agents.urls")),
]

handler400 = "cxcustomers.exception_handlers.bad_request"
handler403 = "cxcustomers.exception_handlers.permission_denied"
handler404 = "cxcustomers.exception_handlers.not_found"
handler500 = "cxcustomers.exception_handlers.server_error"
