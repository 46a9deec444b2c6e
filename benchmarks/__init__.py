"""How fast the site is, measured beside the bare network and any other server."""
