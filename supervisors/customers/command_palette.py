"""What the command palette of the admin offers about customers."""

from django.urls import reverse
from django.utils.http import urlencode

from customers.permissions import VIEW
from foundation.admin import SearchResult


def customer_search(request, search_term: str) -> list[SearchResult]:
    """A way to the customers that match; never the matches, which may be many and personal."""
    if not request.user.has_perm(VIEW):
        return []
    return [
        SearchResult(
            title=f"Find “{search_term}” among the customers",
            description="Customers",
            link=f"{reverse('admin:customers_customer_changelist')}?{urlencode({'q': search_term})}",
            icon="person_search",
        )
    ]
