"""Bodies of the contract that many tests compare with."""

SYSTEM_KEYS = ["_id", "createdAt", "updatedAt", "createdBy", "updatedBy"]


def invalid(**problems):
    """The body of a 400: the first problem for the client, all of them for integrators."""
    attribute, messages = next(iter(problems.items()))
    return {
        "statusCode": 400,
        "msg": {"error": {"attribute": attribute, "validation": f" {messages[0]}"}},
        "errors": problems,
    }


def refused(message):
    """The body of every other error."""
    return {"error": {"msg": message}, "msg": message}


def lacking(sentence, action="do this"):
    """The message to a caller who lacks the permission that apps describe by `sentence`."""
    return (
        f"You do not have permission to {action}."
        f" Ask an administrator for the permission “{sentence}”."
    )


def without(document, *keys):
    return {key: value for key, value in document.items() if key not in keys}


def fields_of(document):
    """A customer without what the server alone decides."""
    return without(document, *SYSTEM_KEYS)
