"""The pages for people: home, library, watched folders, episode, signing in."""
