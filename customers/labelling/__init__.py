"""Labels of customers: rules, expiry, merging of labels."""
