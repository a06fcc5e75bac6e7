"""Many trainings at a time: searching for a recipe."""
