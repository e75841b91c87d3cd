"""Keys of the system fields, and those that are kept outside the attribute values."""

NAME_FIELD = "firstName"
ANONYMOUS_FIELD = "isAnonymous"
LABELS_FIELD = "labels"
# Fields that are no attribute value rows: columns and relations of the customer.
BUILT_IN = frozenset({NAME_FIELD, ANONYMOUS_FIELD, LABELS_FIELD})
