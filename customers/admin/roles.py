"""The admin of roles, with the fields that say what a role sees."""

from collections.abc import Iterable

from django.contrib import admin
from django.contrib.auth.models import Group

from access.admin.people import GroupAdmin
from schema_builder.models import FieldDefinition

admin.site.unregister(Group)


@admin.register(Group)
class LimitedRoleAdmin(GroupAdmin):
    def get_deleted_objects(self, objs, request):
        """What is named by labels and fields stays: those would be open to more people."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return deleted, counts, lacking, [*protected, *limits_of(objs)]


def limits_of(roles: Iterable[Group]) -> list[str]:
    """A line for each field that says what one of the roles sees. One query."""
    fields = FieldDefinition.objects.exclude(role_visibility={}).order_by("sort_order", "id")
    said = list(fields)
    return [
        f'Field "{field.label}" says what {role} sees'
        for role in roles
        for field in said
        if str(role.pk) in field.role_visibility
    ]
