"""The pages for people: home, library, episode, signing in."""
