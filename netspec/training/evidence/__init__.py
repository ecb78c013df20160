"""What a training leaves for people to see: curves, a report, its state, and how runs compare."""
