"""Create, change and delete one customer: validation, rows, writing."""
