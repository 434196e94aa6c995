"""Designs side by side: what each costs, how fast it is, what fails with one part of it."""
