"""One rule for every API view: it names the permission of each method, or nobody gets in."""

from rest_framework.permissions import BasePermission

from access.denials import PermissionMissing


class RequiredPermission(BasePermission):
    """Asks the caller for `view.required_permissions[method]`; an unlisted method is refused.

    OPTIONS describes nothing but methods, so any authenticated caller may ask.
    """

    def has_permission(self, request, view):
        if not request.user or not request.user.is_authenticated:
            return False
        if request.method == "OPTIONS" or request.method not in view.allowed_methods:
            # The latter is answered 405, which tells more than 403.
            return True
        method = "GET" if request.method == "HEAD" else request.method
        required = getattr(view, "required_permissions", {}).get(method)
        if required is None or request.user.has_perm(required):
            return required is not None
        # REST framework refuses with it.
        self.message = str(PermissionMissing(required))
        return False
