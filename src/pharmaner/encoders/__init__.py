"""Where a pre-trained encoder comes from."""
