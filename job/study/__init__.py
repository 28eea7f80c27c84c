"""What the user declares: reading, space, search, splitters, scoring, mistakes and their remedies, schema."""
