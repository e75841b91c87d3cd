"""The admin of ignored identifiers, with the customers that have one of them."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse

from customers.identities.ignored import find_ignored_identities, remove_identities
from customers.masking import shown_name, visible_schema_and_mask
from customers.permissions import CHANGE, VIEW
from foundation.admin import action
from schema_builder.admin import IgnoredIdentifierAdmin
from schema_builder.models import IgnoredIdentifier
from schema_builder.schema import current_schema

LONGEST_KEY = 18

admin.site.unregister(IgnoredIdentifier)


@admin.register(IgnoredIdentifier)
class ListedIdentifierAdmin(IgnoredIdentifierAdmin):
    actions_list = ("check_customers",)

    def has_check_permission(self, request):
        return self.has_view_permission(request) and request.user.has_perm(VIEW)

    @action(description="Check existing customers", url_path="check", permissions=["check"])
    def check_customers(self, request):
        """List the customers that have an identifier of the list, and remove it from them."""
        if not self.has_check_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self.removed(request)
        after = key_in(request.GET.get("after", ""))
        schema, mask = visible_schema_and_mask(request.user)
        found = find_ignored_identities(current_schema(), after)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Customers with an ignored identifier",
            "rows": [
                (identity, shown_name(identity.customer.first_name, schema, mask), shown)
                for identity in found.identities
                if mask.shows(identity.field)
                for shown in [mask(identity.field, identity.value)]
            ],
            "next_after": found.next_after,
            "is_first": not after,
            "may_remove": request.user.has_perm(CHANGE),
        }
        return TemplateResponse(request, "supervisors/ignored_check.html", context)

    def removed(self, request):
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        pks = [key_in(text) for text in request.POST.getlist("identity")]
        count = remove_identities(pks, current_schema(), request.user)
        messages.success(
            request,
            f"{count} identifier{'' if count == 1 else 's'} removed. "
            "Each removal is in the history of its customer and can be undone there.",
        )
        return HttpResponseRedirect(request.get_full_path())


def key_in(text: str) -> int:
    """The key in `text`; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_KEY else 0
