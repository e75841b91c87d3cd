"""The pages on which agents and supervisors put customers right."""
