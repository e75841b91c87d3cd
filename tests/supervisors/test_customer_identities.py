import pytest

from customers.models import ChannelIdentity
from customers.models.identity import Trust
from tests.support.factories import CustomerFactory, IdentityFactory
from tests.support.staff import sent, staff

pytestmark = pytest.mark.django_db

LIST = "/admin/customers/customer/"


def url_of(customer, page="change"):
    return f"{LIST}{customer.pk}/{page}/"


def test_identity_is_marked_by_a_supervisor():
    customer = CustomerFactory()
    identity = IdentityFactory(customer=customer)
    client = staff("Supervisor")

    client.post(
        url_of(customer),
        sent(
            client,
            url_of(customer),
            **{"identities-0-is_shared": "on", "identities-0-trust": Trust.VERIFIED},
        ),
    )

    identity.refresh_from_db()
    assert (identity.is_shared, identity.is_retired, identity.trust) == (True, False, "verified")
    assert identity.verified_by == client.user.get_username()
    assert identity.verified_at is not None
    customer.refresh_from_db()
    assert customer.version == 1


def test_identity_loses_its_verification():
    customer = CustomerFactory()
    IdentityFactory(customer=customer, trust=Trust.VERIFIED, verified_by="sam")
    client = staff("Supervisor")

    client.post(
        url_of(customer),
        sent(client, url_of(customer), **{"identities-0-trust": Trust.SELF_ASSERTED}),
    )

    identity = ChannelIdentity.objects.get()
    assert (identity.trust, identity.verified_at, identity.verified_by) == (
        "self_asserted",
        None,
        "",
    )


@pytest.mark.parametrize("mark", ["is_shared", "is_retired"])
def test_identity_of_an_anonymous_customer_stays_decisive(mark):
    customer = CustomerFactory(first_name="Jane Doe", is_anonymous=True)
    identity = IdentityFactory(customer=customer)
    client = staff("Supervisor")

    response = client.post(
        url_of(customer), sent(client, url_of(customer), **{f"identities-0-{mark}": "on"})
    )

    assert response.status_code == 200
    assert b"it is anonymous" in response.content
    identity.refresh_from_db()
    assert not getattr(identity, mark)


def test_identity_marked_and_removed_at_once_is_removed():
    customer = CustomerFactory()
    IdentityFactory(customer=customer)
    client = staff("Supervisor")

    response = client.post(
        url_of(customer),
        sent(client, url_of(customer), phoneNumber="", **{"identities-0-is_shared": "on"}),
    )

    assert response.status_code == 302
    assert not ChannelIdentity.objects.exists()
