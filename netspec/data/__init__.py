"""Images with their labels: readers of published layouts, how they fit a network, and how they are augmented."""
