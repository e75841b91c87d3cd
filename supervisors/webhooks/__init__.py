"""Subscriptions of webhooks and their deliveries."""
