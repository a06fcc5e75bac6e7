"""Emissions to mentions, with numpy alone."""
