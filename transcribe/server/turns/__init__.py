"""Jobs in the server's folder: whose turn it is, which are under way, and who listens to them."""
