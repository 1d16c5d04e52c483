"""``bin/demo``: a small French company with its debtors, relances sent for real."""
