"""Runs beside each other: what each holds of every arm, how arms changed, and the gate on it."""
