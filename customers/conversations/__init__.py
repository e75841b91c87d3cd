"""Conversations: link them to customers, and relink them to other customers."""
