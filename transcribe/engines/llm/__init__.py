"""Language models that write: llama.cpp in a process of its own, or a server on this machine."""
