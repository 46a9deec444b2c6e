"""How long the parts of a prediction take, each alone."""
