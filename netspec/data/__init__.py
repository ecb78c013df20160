"""Data: readers of published layouts, where sets are found, and fitting a network and its images to each other."""
