"""Engines that could run the shipped network, each with its cost and its answers."""
