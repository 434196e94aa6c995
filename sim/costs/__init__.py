"""What a plan costs: price sheets, usage, offers, the bill line by line."""
