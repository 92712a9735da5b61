"""Who may ask: keys, sessions of browsers, and the gate that every request goes through."""
