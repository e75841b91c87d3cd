"""Get Customer By Channel Identifier: from a channel type and an identifier to a customer."""
