"""From YAML and JSON to Kubernetes objects with their lines, and what the API server refuses."""
