"""The pages of agents: find, view and edit customers, relink conversations, merge duplicates."""
