"""The schema builder: pages on which the customer schema is drafted and published."""
