"""Lists of customers: filters, search, order, columns, pages."""
