"""How dates and numbers are written; Django's own formats fill in the rest."""
