"""Graph to facts: one file a question."""
