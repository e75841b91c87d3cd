"""What every app stands on: public ids, text rules, the admin theme. No models, no Django app."""
