"""The HTTP interfaces: OpenAI's speech API, jobs, editing, operations, and their description."""
