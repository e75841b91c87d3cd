"""The pages on which a file is imported."""
