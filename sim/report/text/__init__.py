"""What the terminal shows: one module per command."""
