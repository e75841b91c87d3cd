from .conversation import Conversation
from .customer import Customer, CustomerAlias, CustomerLabel
from .duplicate import DuplicatePair, DuplicateRule, DuplicateScan, NotSamePerson
from .exported import ExportPart
from .figure import AmbiguousLookup, Figure, HiddenChecklist
from .identity import ChannelIdentity, IdentifierReading
from .imported import CustomerImport, ImportReject
from .operation import Operation, OperationCustomer, RowChange, SchemaRewrite
from .preferences import AgentSetting, ColumnChoice, SavedFilter, UserPreference
from .search_key import Respelling
from .value import AttributeValue

__all__ = [
    "AgentSetting",
    "AmbiguousLookup",
    "AttributeValue",
    "ChannelIdentity",
    "ColumnChoice",
    "Conversation",
    "Customer",
    "CustomerAlias",
    "CustomerImport",
    "CustomerLabel",
    "DuplicatePair",
    "DuplicateRule",
    "DuplicateScan",
    "ExportPart",
    "Figure",
    "HiddenChecklist",
    "IdentifierReading",
    "ImportReject",
    "NotSamePerson",
    "Operation",
    "OperationCustomer",
    "Respelling",
    "RowChange",
    "SavedFilter",
    "SchemaRewrite",
    "UserPreference",
]
