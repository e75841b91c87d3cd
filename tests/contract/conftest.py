import pytest

from schema_builder.editing import change_field, delete_field
from schema_builder.models import ChannelType
from tests.support.factories import FieldFactory, field_of


@pytest.fixture
def sample_schema(db):
    """The fields of the published sample bodies."""
    for key in ("email", "whatsapp", "facebook", "instagram", "twitter", "telegram", "viber"):
        delete_field(field_of(key))
    voice = ChannelType.objects.filter(name="CX_VOICE")
    change_field(field_of("voice"), may_clear_pii=False, channel_types=list(voice))
    FieldFactory(key="email", label="E-mail", type="email")
    FieldFactory(key="age", label="Age", type="number")
    FieldFactory(key="vip", label="VIP", type="boolean")
