"""Language models that write: in process through llama.cpp, or behind a server on this machine."""
