"""Price sheets, one per provider, and what a controller asks for: data, read by sim.manifests.reading."""
