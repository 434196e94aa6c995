"""How things are shown: terminal, charts, pictures, pages. It knows values, never engines."""
