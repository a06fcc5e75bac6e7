"""Studies over many trainings: tuning and comparing."""
