"""The OpenAPI description, and the page that shows it."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from .renderers import FastJSONRenderer

MAY_READ = {"GET": "customers.view_customer"}

VALIDATION_ERROR = {
    "type": "object",
    "properties": {
        "statusCode": {"type": "integer", "enum": [400]},
        "msg": {
            "type": "object",
            "properties": {
                "error": {
                    "type": "object",
                    "properties": {
                        "attribute": {"type": "string"},
                        "validation": {"type": "string"},
                    },
                }
            },
        },
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}
OTHER_ERROR = {
    "type": "object",
    "properties": {
        "error": {"type": "object", "properties": {"msg": {"type": "string"}}},
        "msg": {"type": "string"},
    },
}
ERRORS = {
    "400": "Something in the request is wrong; every problem is listed.",
    "401": "Credentials are missing or not valid.",
    "403": "The credentials are good but do not allow this.",
    "404": "There is no such thing.",
    "409": "What is stored does not allow this now.",
}


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = "access.authentication.TokenAuthentication"
    name = "apiToken"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer"}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "access.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema):
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class GatewayScheme(OpenApiAuthenticationExtension):
    target_class = "access.authentication.GatewayAuthentication"
    name = "gateway"

    def get_security_definition(self, auto_schema):
        return {"type": "apiKey", "in": "header", "name": "X-Gateway-Secret"}


def add_errors(result: dict[str, Any], generator, request, public) -> dict[str, Any]:
    """Name the errors that every operation can answer, once, as components."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {}).update(
        {"ValidationError": VALIDATION_ERROR, "Error": OTHER_ERROR}
    )
    for operations in result["paths"].values():
        for operation in operations.values():
            for status, description in ERRORS.items():
                name = "ValidationError" if status == "400" else "Error"
                schema = {"$ref": f"#/components/schemas/{name}"}
                operation["responses"][status] = {
                    "description": description,
                    "content": {"application/json": {"schema": schema}},
                }
    return result


class JSONErrors:
    """Answers errors and OPTIONS as JSON, as all other endpoints do, where a view renders else."""

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        if response.exception or request.method == "OPTIONS":
            response.accepted_renderer = FastJSONRenderer()
            response.accepted_media_type = FastJSONRenderer.media_type
        return response


class DescriptionView(JSONErrors, SpectacularAPIView):
    required_permissions = MAY_READ


class DocsView(JSONErrors, SpectacularSwaggerSplitView):
    required_permissions = MAY_READ
