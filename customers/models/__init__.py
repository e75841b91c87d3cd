from .conversation import Conversation
from .customer import Customer, CustomerAlias, CustomerLabel
from .duplicate import DuplicatePair, DuplicateRule, DuplicateScan, NotSamePerson
from .figure import Figure, HiddenChecklist
from .identity import ChannelIdentity
from .operation import Operation, OperationCustomer, RowChange
from .preference import AgentSetting, UserPreference
from .saved_filter import ColumnChoice, SavedFilter
from .value import AttributeValue

__all__ = [
    "AgentSetting",
    "AttributeValue",
    "ChannelIdentity",
    "ColumnChoice",
    "Conversation",
    "Customer",
    "CustomerAlias",
    "CustomerLabel",
    "DuplicatePair",
    "DuplicateRule",
    "DuplicateScan",
    "Figure",
    "HiddenChecklist",
    "NotSamePerson",
    "Operation",
    "OperationCustomer",
    "RowChange",
    "SavedFilter",
    "UserPreference",
]
