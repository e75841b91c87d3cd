"""The smallest valid row of each kind; a test writes every value it asserts."""

import factory
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from factory.django import DjangoModelFactory

from access.models import ApiToken
from customers.models import (
    AttributeValue,
    ChannelIdentity,
    Customer,
    CustomerAlias,
    CustomerLabel,
)
from foundation.public_ids import new_public_id
from foundation.text import folded
from jobs.models import Job
from labels.models import Label
from schema_builder.editing import create_field
from schema_builder.models import ChannelType, FieldDefinition


def field_of(key):
    return FieldDefinition.objects.get(key=key)


class UserFactory(DjangoModelFactory):
    class Meta:
        model = get_user_model()
        skip_postgeneration_save = True

    username = factory.Sequence("user-{}".format)

    @factory.post_generation
    def role(user, create, name):
        if name:
            user.groups.add(Group.objects.get(name=name))


class TokenFactory(DjangoModelFactory):
    """Makes (token, secret)."""

    class Meta:
        model = ApiToken

    name = factory.Sequence("system {}".format)
    role = "Integration (read/write)"

    @classmethod
    def _create(cls, model_class, role, **values):
        return model_class.objects.issue(group=Group.objects.get(name=role), **values)


class LabelFactory(DjangoModelFactory):
    class Meta:
        model = Label

    name = factory.Sequence("Label {}".format)


class FieldFactory(DjangoModelFactory):
    """A field of the schema; `serves` names its channel types."""

    class Meta:
        model = FieldDefinition

    key = factory.Sequence("field{}".format)
    label = factory.LazyAttribute(lambda field: field.key)
    type = "string"
    serves = ()

    @classmethod
    def _create(cls, model_class, serves, **values):
        channel_types = list(ChannelType.objects.filter(name__in=serves))
        return create_field(channel_types=channel_types, **values)


class CustomerFactory(DjangoModelFactory):
    class Meta:
        model = Customer

    first_name = factory.Sequence("Customer {}".format)
    folded_name = factory.LazyAttribute(lambda customer: folded(customer.first_name))


class IdentityFactory(DjangoModelFactory):
    """An identifier of a customer, in the field with the key `of`."""

    class Meta:
        model = ChannelIdentity
        exclude = ["of"]

    of = "phoneNumber"
    customer = factory.SubFactory(CustomerFactory)
    field = factory.LazyAttribute(lambda identity: field_of(identity.of))
    value = factory.Sequence("+92300{:07}".format)
    match_key = factory.LazyAttribute(
        lambda identity: identity.field.field_type.match_key(identity.value).key
    )
    near_key = factory.LazyAttribute(
        lambda identity: identity.field.field_type.near_key(identity.match_key)
    )
    is_anonymous = factory.LazyAttribute(lambda identity: identity.customer.is_anonymous)


class ValueFactory(DjangoModelFactory):
    class Meta:
        model = AttributeValue
        exclude = ["stored"]

    customer = factory.SubFactory(CustomerFactory)
    field = factory.SubFactory(FieldFactory)
    text = "text"
    stored = factory.LazyAttribute(
        lambda value: value.field.field_type.clean(value.text, value.field)
    )
    folded = factory.LazyAttribute(lambda value: value.stored.folded)
    number = factory.LazyAttribute(lambda value: value.stored.number)
    timestamp = factory.LazyAttribute(lambda value: value.stored.timestamp)
    near_key = factory.LazyAttribute(lambda value: value.stored.near_key)


class WornLabelFactory(DjangoModelFactory):
    class Meta:
        model = CustomerLabel

    customer = factory.SubFactory(CustomerFactory)
    label = factory.SubFactory(LabelFactory)


class JobFactory(DjangoModelFactory):
    class Meta:
        model = Job

    kind = "customers.change"
    title = "Change 1 customer"


class AliasFactory(DjangoModelFactory):
    class Meta:
        model = CustomerAlias

    customer = factory.SubFactory(CustomerFactory)
    public_id = factory.LazyFunction(new_public_id)
