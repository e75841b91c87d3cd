"""What a change of the schema means for customers: impact, affected customers, publishing, rollback."""
