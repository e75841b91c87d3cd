"""What the contract and files call the attributes of a field definition (contract 2)."""

WIRE_NAMES = {
    "key": "key",
    "label": "label",
    "description": "description",
    "type": "type",
    "length": "length",
    "min_value": "min",
    "max_value": "max",
    "pattern": "pattern",
    "options": "options",
    "is_required": "isRequired",
    "default_value": "defaultValue",
    "is_pii": "isPii",
    "mask_start": "maskStart",
    "mask_end": "maskEnd",
    "role_visibility": "roleVisibility",
    "is_searchable": "isSearchAble",
    "is_channel_identifier": "isChannelIdentifier",
    "channel_types": "channelTypes",
    "section": "section",
    "is_active": "isActive",
}
