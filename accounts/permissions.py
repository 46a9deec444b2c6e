"""Scopes of tokens for the Django REST framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission

from accounts.models import ApiToken
from classifier.callers import MissingScope, Scope, require_scope

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class HasScope(BasePermission):
    """The token grants the view's `required_scope`, which is `history` by default."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """True, or `PermissionDenied` that says which scope is needed."""
        token = request.auth
        granted = token.scopes if isinstance(token, ApiToken) else None
        try:
            require_scope(granted, getattr(view, "required_scope", Scope.HISTORY))
        except MissingScope as error:
            raise PermissionDenied(error.detail, code=error.code) from error
        return True
