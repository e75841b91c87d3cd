"""One module for each task of an agent."""
