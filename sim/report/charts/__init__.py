"""Pictures of figures, as PNG or SVG: one module per chart."""
