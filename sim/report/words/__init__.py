"""Values in words, shared by terminal, charts and pages: what is drawn and printed says the same."""
