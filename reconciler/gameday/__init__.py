"""Game days: manifests that change with time, played against an account, and scored by how people answered."""
