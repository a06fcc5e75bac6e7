"""pharmaner inside other libraries; each needs an extra of its own."""
