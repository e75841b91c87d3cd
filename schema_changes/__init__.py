"""Changes of the schema and the values of customers: impact, affected customers, publishing, rollback."""
