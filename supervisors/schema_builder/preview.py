"""The draft as a role would see it on the agent pages: real templates, made-up values."""

from collections.abc import Iterable

from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from access.actors import Actor, role_named
from agents.profile import FieldRow, Section
from agents.rows import avatar_of
from customers.forms import CustomerForm
from customers.masking import FieldAccess, visible_to
from customers.system_fields import BUILT_IN
from schema_builder.documents import FieldDocument, field_of
from schema_builder.models import FieldDefinition
from schema_builder.permissions import VIEW
from schema_builder.schema import Schema, assembled, current_schema

from .decorators import builder
from .visible_schema import visible_draft

# It stands in a frame of the builder; apart from that it is a page for agents.
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self';"
    " form-action 'none'; script-src 'self'; style-src 'self'; frame-ancestors 'self'"
)
SAMPLE_NAME = "Amina Yusuf"
MANY = 100_000_000


@builder(VIEW)
def preview(request: HttpRequest) -> HttpResponse:
    """Profile and form of somebody, by the draft, for the role that `?role=` names."""
    roles = list(Group.objects.order_by("name"))
    chosen = next((one for one in roles if str(one.pk) == request.GET.get("role")), None)
    actor = role_actor(chosen.name) if chosen else role_actor("Agent")
    schema = visible_to(actor, schema_of(visible_draft(request.user).fields))
    mask = FieldAccess(actor)
    context = {
        "identities": [
            sample_row(field, mask) for field in schema.identifier_fields if mask.shows(field)
        ],
        "sections": sample_sections(schema, mask),
        "form": CustomerForm(schema=schema, mask=mask),
        "is_form": request.GET.get("view") == "form",
        "name": SAMPLE_NAME,
        "avatar": avatar_of(SAMPLE_NAME, "0" * 24),
        # Nothing of it can be edited.
        "perms": {},
    }
    response = render(request, "supervisors/schema_builder/preview.html", context)
    response.headers["Content-Security-Policy"] = POLICY
    return response


def role_actor(role_name: str) -> Actor:
    """Somebody who has this role and no other."""
    role = role_named(role_name)
    if role is None:
        return Actor("preview", "preview")
    return Actor("preview", "preview", role.permissions, frozenset({role.pk}))


def schema_of(documents: Iterable[FieldDocument]) -> Schema:
    """The schema as it would be; fields that are new have keys that nothing is stored under."""
    known = {one.public_id: one for one in FieldDefinition.objects.all()}
    channels = current_schema().channel_types
    fields, served_by = [], {}
    for place, document in enumerate(documents):
        if document["is_active"]:
            field = field_of(document, known.get(document["id"]))
            field.pk = field.pk or MANY + place
            fields.append(field)
            served_by[field.pk] = [
                channels[name] for name in document["channel_types"] if name in channels
            ]
    return assembled("draft", tuple(fields), served_by)


def sample_row(field: FieldDefinition, mask: FieldAccess) -> FieldRow:
    handle = field.field_type.handle if field.is_channel_identifier else ""
    text = mask(field, handle or field.field_type.examples(field))
    return FieldRow(
        field, field.field_type.icon, text, mask.hides(field), is_locked=mask.locks(field)
    )


def sample_sections(schema: Schema, mask: FieldAccess) -> list[Section]:
    sections: dict[str, Section] = {}
    for field in schema.fields:
        if not field.is_channel_identifier and field.key not in BUILT_IN:
            section = sections.setdefault(field.section, Section(field.section))
            section.filled.append(sample_row(field, mask))
    return list(sections.values())
