"""The two shapes that every error of the API has (contract 0.2, 13.4)."""

from typing import Any


def validation_body(problems: dict[str, list[str]]) -> dict[str, Any]:
    """Body of a 400; the client shows attribute and validation run together, hence the space."""
    attribute, messages = next(iter(problems.items()))
    return {
        "statusCode": 400,
        "msg": {"error": {"attribute": attribute, "validation": f" {messages[0]}"}},
        "errors": problems,
    }


def error_body(message: str) -> dict[str, Any]:
    return {"error": {"msg": message}, "msg": message}
