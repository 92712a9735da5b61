"""How one chunk is heard: decoded, doubted, asked again, and put on the recording's timeline."""
