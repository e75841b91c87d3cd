from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from access.denials import PermissionMissing
from customers.masking import visible_schema_and_mask
from customers.models import UserPreference
from customers.permissions import VIEW
from customers.preferences import (
    default_id,
    keep_preference,
    merge_setting,
    preference_document,
    preference_of,
    setting_of,
)
from foundation.api_writes import answered_before_commit

from . import openapi
from .parameters import body_object

ANYBODYS = "customers.change_userpreference"
USER = OpenApiParameter("user_Id", str, required=True)


class UserPreferenceSerializer(serializers.Serializer):
    """What the client sends; unknown keys are its own business (contract 9)."""

    user_Id = serializers.CharField(max_length=150)
    pageSize = serializers.IntegerField(
        source="page_size", required=False, allow_null=True, min_value=1, max_value=200
    )
    columns = serializers.ListField(child=serializers.DictField(), max_length=200)
    sortOption = serializers.ListField(
        source="sort_option", child=serializers.DictField(), required=False, max_length=10
    )


def check_user(caller, user_id: str) -> str:
    """Users touch what is their own; supervisors anybody's (contract 13.14)."""
    if len(user_id) > 150:
        raise ValidationError({"user_Id": "Ensure this field has no more than 150 characters."})
    # A number is an id: somebody may be called like the id of somebody else.
    own = user_id == caller.user_id or (
        user_id == caller.get_username() and not user_id.isdecimal()
    )
    if not own and not caller.has_perm(ANYBODYS):
        raise PermissionMissing(ANYBODYS, "see or change settings of other users")
    return user_id


def user_of_query(request) -> str:
    user_id = request.query_params.get("user_Id")
    if not user_id:
        raise ValidationError({"user_Id": "This parameter is required."})
    return check_user(request.user, user_id)


def checked_preference(request) -> tuple[str, dict]:
    """(user id, values) of a preference body."""
    serializer = UserPreferenceSerializer(data=body_object(request))
    serializer.is_valid(raise_exception=True)
    values = dict(serializer.validated_data)
    return check_user(request.user, values.pop("user_Id")), values


class UserPreferencesView(APIView):
    """The columns a user chose for the customer list."""

    required_permissions = {"GET": VIEW, "POST": VIEW}

    @extend_schema(
        operation_id="userPreference_list", parameters=[USER], responses={200: openapi.PREFERENCES}
    )
    def get(self, request):
        schema, _ = visible_schema_and_mask(request.user)
        return Response({"docs": [preference_of(user_of_query(request), schema)]})

    @extend_schema(request=UserPreferenceSerializer, responses={201: openapi.PREFERENCE})
    @answered_before_commit
    def post(self, request):
        user_id, values = checked_preference(request)
        return Response(preference_document(keep_preference(user_id, values)), 201)


class UserPreferenceView(APIView):
    required_permissions = {"PUT": VIEW}

    @extend_schema(request=UserPreferenceSerializer, responses={200: openapi.PREFERENCE})
    @answered_before_commit
    def put(self, request, public_id):
        user_id, values = checked_preference(request)
        if public_id != default_id(user_id):
            get_object_or_404(UserPreference, public_id=public_id, user_id=user_id)
        return Response(preference_document(keep_preference(user_id, values)))


class AgentSettingsView(APIView):
    """Theme and language of a user."""

    required_permissions = {"GET": VIEW}

    @extend_schema(parameters=[USER], responses={200: openapi.SETTINGS})
    def get(self, request):
        return Response(setting_of(user_of_query(request)))


class AgentSettingView(APIView):
    required_permissions = {"PUT": VIEW}

    @extend_schema(
        request={"application/json": openapi.SETTINGS}, responses={200: openapi.SETTINGS}
    )
    @answered_before_commit
    def put(self, request, user_id):
        user_id = check_user(request.user, user_id)
        return Response(merge_setting(user_id, body_object(request)))
