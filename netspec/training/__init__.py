"""From a network and a recipe to trained weights: what a step does, at which rate, towards which loss."""
