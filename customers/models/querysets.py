"""Named reads of customers."""

from django.db import connections, models

from customers.documents import DOCUMENT_COLUMNS, document_annotations


class CustomerQuerySet(models.QuerySet):
    def documents(self, *columns: str) -> models.QuerySet:
        """Rows for `customers.documents.document`, everything read in this one statement.

        `columns` come after those of the document.
        """
        annotated = self.annotate(**document_annotations(connections[self.db].vendor))
        return annotated.values_list(*DOCUMENT_COLUMNS, *columns)

    def known_as(self, public_id: str) -> "CustomerQuerySet":
        """The customer with this id, or the survivor of the merge that took it; two queries."""
        own = self.filter(public_id=public_id)
        return own if own.exists() else self.filter(aliases__public_id=public_id)

    def newest_first(self) -> "CustomerQuerySet":
        return self.order_by("-id")
