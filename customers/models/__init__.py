from .conversation import Conversation
from .customer import Customer, CustomerAlias, CustomerLabel
from .identity import ChannelIdentity
from .operation import Operation, OperationCustomer, RowChange
from .preference import AgentSetting, UserPreference
from .value import AttributeValue

__all__ = [
    "AgentSetting",
    "AttributeValue",
    "ChannelIdentity",
    "Conversation",
    "Customer",
    "CustomerAlias",
    "CustomerLabel",
    "Operation",
    "OperationCustomer",
    "RowChange",
    "UserPreference",
]
