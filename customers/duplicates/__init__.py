"""Likely duplicates: rules, evidence, the queue and the decisions about pairs."""
