from importlib import import_module

import pytest
from django.apps import apps

from customers.models import AttributeValue, ChannelIdentity
from customers.profiles.lifecycle import create_customer
from tests.support.factories import FieldFactory
from tests.support.operations import SAM

pytestmark = pytest.mark.django_db

fill = import_module("customers.migrations.0012_near_keys").fill


def near_keys():
    identities = ChannelIdentity.objects.order_by("id").values_list("match_key", "near_key")
    values = AttributeValue.objects.order_by("id").values_list("folded", "near_key")
    return [*identities, *values]


def test_rows_from_before_get_the_keys_that_are_written_now():
    FieldFactory(key="billing", type="email")
    FieldFactory(key="note")
    body = {
        "firstName": "Amina",
        "phoneNumber": ["+551187654321", "+5215512345678", "+541123456789", "+923001234567"],
        "email": ["A.B+c@googlemail.com", "a.b@example.com"],
        "web": ["+551187654321"],
        "billing": "X.y@gmail.com",
        "note": "x.y@gmail.com",
    }
    create_customer(body, caller=SAM)
    written = near_keys()
    for model in (ChannelIdentity, AttributeValue):
        model.objects.update(near_key=None)

    fill(apps, None)

    assert near_keys() == written
    assert len([near for _, near in written if near]) == 5
