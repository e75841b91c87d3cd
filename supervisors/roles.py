"""The admin of roles, with the fields that say what a role sees."""

from collections.abc import Iterable

from django.contrib import admin
from django.contrib.auth.models import Group
from django.template.loader import render_to_string

from access.admin.people import GroupAdmin
from customers.masking import visible_schema_and_mask
from foundation.admin import display
from schema_builder.models import FieldDefinition

from .role_visibility import role_visibility

admin.site.unregister(Group)


@admin.register(Group)
class LimitedRoleAdmin(GroupAdmin):
    @display(description="Fields this role sees")
    def fields_seen(self, group):
        return render_to_string("supervisors/roles/_fields.html", {"sight": group.sight})

    def get_fields(self, request, obj=None):
        fields = super().get_fields(request, obj)
        if obj is None:
            return fields
        if not hasattr(obj, "sight"):
            # What is hidden from the viewer is not told of others either.
            obj.sight = role_visibility(obj, visible_schema_and_mask(request.user)[0].fields)
        return (*fields, "fields_seen")

    def get_readonly_fields(self, request, obj=None):
        return (*super().get_readonly_fields(request, obj), "fields_seen")

    def get_deleted_objects(self, objs, request):
        """What is named by labels and fields stays: those would be open to more people."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return deleted, counts, lacking, [*protected, *describe_role_limits(objs)]


def describe_role_limits(roles: Iterable[Group]) -> list[str]:
    """A line for each field that says what one of the roles sees. One query."""
    fields = FieldDefinition.objects.exclude(role_visibility={}).order_by("sort_order", "id")
    said = list(fields)
    return [
        f'Field "{field.label}" says what {role} sees'
        for role in roles
        for field in said
        if str(role.pk) in field.role_visibility
    ]
