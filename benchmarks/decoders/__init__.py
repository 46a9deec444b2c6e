"""Ways to decode a picture: what each costs, and whether verdicts stay."""
