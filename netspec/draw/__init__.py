"""The graph as pictures: what is drawn is worked out as frozen geometry first, and written as SVG then."""
