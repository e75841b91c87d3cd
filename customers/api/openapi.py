"""How the customer endpoints look in the OpenAPI description."""

from typing import Any

TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
PUBLIC_ID = {"type": "string", "pattern": "^[0-9a-f]{24}$"}

# The other keys are those of the schema: lists of texts for channel identifiers, true and false
# for booleans, text for the rest.
FIELDS: dict[str, Any] = {
    "firstName": TEXT,
    "phoneNumber": TEXTS,
    "isAnonymous": {"type": "boolean"},
    "labels": {"type": "array", "items": PUBLIC_ID},
}
LABEL_TERMS = {
    "labelReason": {**TEXT, "description": "Why the labels are put on.", "writeOnly": True},
    "labelUntil": {
        **TEXT,
        "description": "When they come off: a date, or a moment in ISO 8601.",
        "writeOnly": True,
    },
}
CUSTOMER_BODY = {
    "type": "object",
    "properties": {**FIELDS, **LABEL_TERMS},
    "additionalProperties": True,
}
CUSTOMER: dict[str, Any] = {
    "type": "object",
    "required": ["_id", "__v", *FIELDS],
    "properties": {
        "_id": PUBLIC_ID,
        **FIELDS,
        "labelNames": TEXTS,
        "priority": {"type": "integer", "minimum": 1, "maximum": 10},
        "__v": {"type": "integer"},
        "createdAt": {"type": "string", "format": "date-time"},
        "updatedAt": {"type": "string", "format": "date-time"},
        "createdBy": TEXT,
        "updatedBy": TEXT,
    },
    "additionalProperties": True,
}


WRITTEN_CUSTOMER = {
    **CUSTOMER,
    "properties": {
        **CUSTOMER["properties"],
        "otherHolders": {
            "type": "array",
            "items": PUBLIC_ID,
            "description": "Other identified customers with one of these identifiers, if any.",
        },
    },
}


def page_schema(item: dict[str, Any]) -> dict[str, Any]:
    """The contract's envelope around a list."""
    return {
        "type": "object",
        "required": ["docs", "totalDocs", "limit", "offset"],
        "properties": {
            "docs": {"type": "array", "items": item},
            "totalDocs": {"type": "integer"},
            "limit": {"type": "integer"},
            "offset": {"type": "integer"},
        },
    }


CUSTOMER_PAGE = page_schema(CUSTOMER)
CUSTOMER_PAGE["properties"]["nextCursor"] = {
    **TEXT,
    "nullable": True,
    "description": "Given as `after`, it answers the next page; null on the last one.",
}
SUGGESTION = {
    "type": "object",
    "properties": {
        "customerId": PUBLIC_ID,
        "rule": TEXT,
        "score": {"type": "integer"},
        "reason": TEXT,
    },
}
DO_NOT_CONTACT = {
    "type": "object",
    "properties": {
        "applies": {
            "type": "boolean",
            "description": "Whether a label forbids to contact them on this channel type.",
        },
        "labels": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "label": TEXT,
                    "channels": {**TEXTS, "description": 'Channel types; "*" stands for all.'},
                },
            },
        },
    },
}
IDENTIFICATION = {
    "type": "object",
    "required": ["customer", "customerSuggestions", "identification"],
    "properties": {
        "customer": CUSTOMER,
        "customerSuggestions": {"type": "array", "items": CUSTOMER},
        "identification": {
            "type": "object",
            "properties": {
                "outcome": {
                    "enum": ["matched", "anonymous", "ambiguous", "created", "placeholder"]
                },
                "matchedBy": {
                    "type": "object",
                    "nullable": True,
                    "properties": {"field": TEXT, "identifier": TEXT, "rule": TEXT},
                },
                "suggestions": {"type": "array", "items": SUGGESTION},
                "priority": {
                    "type": "object",
                    "properties": {
                        "value": {"type": "integer"},
                        "label": {"type": "string", "nullable": True},
                    },
                },
                "doNotContact": DO_NOT_CONTACT,
                "reason": {**TEXT, "description": "Why the identifier was not stored."},
            },
        },
    },
}
LIST_OR_IDENTIFICATION = {"oneOf": [CUSTOMER_PAGE, IDENTIFICATION]}
HOW_MANY = {
    "type": "object",
    "properties": {
        "customers": {"type": "integer", "description": "How many customers this concerned."}
    },
}
PREFERENCE = {
    "type": "object",
    "properties": {
        "_id": PUBLIC_ID,
        "user_Id": TEXT,
        "pageSize": {"type": "integer", "nullable": True},
        "columns": {"type": "array", "items": {"type": "object"}},
        "sortOption": {"type": "array", "items": {"type": "object"}},
    },
}
PREFERENCES = {"type": "object", "properties": {"docs": {"type": "array", "items": PREFERENCE}}}
SETTINGS = {"type": "object", "additionalProperties": True}

MOMENT = {"type": "string", "format": "date-time"}
CONVERSATION = {
    "type": "object",
    "properties": {
        "conversationId": TEXT,
        "customerId": PUBLIC_ID,
        "channelType": TEXT,
        "identifier": TEXT,
        "direction": {"enum": ["inbound", "outbound"]},
        "openedAt": MOMENT,
        "closedAt": {**MOMENT, "nullable": True},
        "lastActivityAt": MOMENT,
    },
}
IDENTITIES = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"field": TEXT, "identifier": TEXT, "reason": TEXT},
    },
}
NULLABLE_ID = {**PUBLIC_ID, "nullable": True}
MOVED = {"type": "object", "additionalProperties": {"type": "integer"}}
DROPPED_LABELS = {
    "type": "array",
    "description": "Labels that exclude one that was kept.",
    "items": {"type": "object", "properties": {"label": TEXT, "kept": TEXT}},
}
RELINKED = {
    "type": "object",
    "properties": {
        "source": PUBLIC_ID,
        "target": PUBLIC_ID,
        "operation": NULLABLE_ID,
        "movedConversations": TEXTS,
        "addedIdentities": IDENTITIES,
        "droppedIdentities": IDENTITIES,
        "droppedLabels": DROPPED_LABELS,
        "droppedValues": {
            "type": "array",
            "description": "Values of the deleted customer where the target has another one.",
            "items": {
                "type": "object",
                "properties": {"field": TEXT, "value": TEXT, "reason": TEXT},
            },
        },
        "deletedCustomer": NULLABLE_ID,
    },
}
MERGED = {
    "type": "object",
    "properties": {
        "survivor": PUBLIC_ID,
        "merged": {"type": "array", "items": PUBLIC_ID},
        "operation": NULLABLE_ID,
        "moved": MOVED,
        "droppedLabels": DROPPED_LABELS,
        "hiddenDiffer": {
            "type": "boolean",
            "description": "Values that the caller may not see differ: the survivor's stay.",
        },
        "customer": CUSTOMER,
    },
}
SPLIT = {
    "type": "object",
    "properties": {
        "source": PUBLIC_ID,
        "customer": PUBLIC_ID,
        "operation": NULLABLE_ID,
        "moved": MOVED,
    },
}
OPERATION = {
    "type": "object",
    "properties": {
        "_id": PUBLIC_ID,
        "kind": {
            "enum": [
                "edit",
                "relink",
                "merge",
                "split",
                "claim",
                "release",
                "bulk",
                "delete",
                "absorb",
                "import",
                "undo",
            ]
        },
        "actor": TEXT,
        "reason": TEXT,
        "at": MOMENT,
        "undoneBy": NULLABLE_ID,
        "job": NULLABLE_ID,
        "customers": {"type": "array", "items": PUBLIC_ID},
        "changes": {"type": "array", "items": {"type": "object"}},
    },
}
UNDONE = {
    "type": "object",
    "properties": {
        "operation": PUBLIC_ID,
        "left": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"what": TEXT, "reason": TEXT, "operation": NULLABLE_ID},
            },
        },
    },
}
DUPLICATE = {
    "type": "object",
    "properties": {
        "customers": {"type": "array", "items": PUBLIC_ID},
        "score": {"type": "integer"},
        "reasons": {
            "type": "array",
            "items": {"type": "object", "properties": {"rule": TEXT, "reason": TEXT}},
        },
        "foundAt": MOMENT,
    },
}
OPERATION_ID = {"type": "object", "properties": {"operation": NULLABLE_ID}}
CLAIMED = {
    "type": "object",
    "properties": {
        "operation": NULLABLE_ID,
        "formerOwners": {"type": "array", "items": PUBLIC_ID},
    },
}
BULK = {
    "type": "object",
    "properties": {
        "operation": NULLABLE_ID,
        "changed": {"type": "integer"},
        "unchanged": {"type": "array", "items": PUBLIC_ID},
    },
}
NULLABLE_MOMENT = {**MOMENT, "nullable": True}
JOB = {
    "type": "object",
    "properties": {
        "_id": PUBLIC_ID,
        "kind": TEXT,
        "title": TEXT,
        "status": {"enum": ["queued", "running", "done", "failed", "cancelled"]},
        "total": {"type": "integer"},
        "done": {"type": "integer"},
        "result": {"type": "object"},
        "problem": TEXT,
        "createdBy": TEXT,
        "createdAt": MOMENT,
        "startedAt": NULLABLE_MOMENT,
        "finishedAt": NULLABLE_MOMENT,
    },
}
