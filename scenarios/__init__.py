"""Shipped scenarios: a folder each, with manifests and a scenario.yaml."""
