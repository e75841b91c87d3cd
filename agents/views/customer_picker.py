"""Another customer, picked with the find box."""

from django.http import HttpRequest

from agents.rows import CustomerRow, customer_rows
from customers.lists.search import cleaned_query, find, found_page
from customers.masking import visible_schema_and_mask
from foundation.text import hostile_characters

MOST_ROWS = 8


def found_besides(request: HttpRequest, query: str, *besides: str) -> list[CustomerRow]:
    """The best of whom `query` may mean, but for those who are known already."""
    query = cleaned_query(query)
    if not query or hostile_characters(query):
        return []
    schema, mask = visible_schema_and_mask(request.user)
    hits = [hit for hit in find(query, schema, mask) if hit.public_id not in besides]
    page = found_page(hits, order="", offset=0, limit=MOST_ROWS, schema=schema, mask=mask)
    return customer_rows(page["docs"], schema=schema, hits=hits, query=query, viewer=request.user)


def clean_param(given, name: str, length: int = 200) -> str:
    """A short text of a form; nothing where it holds what no database takes."""
    text = given.get(name, "")[:length].strip()
    return "" if hostile_characters(text) else text
