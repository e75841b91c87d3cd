"""The home page of the administration."""
