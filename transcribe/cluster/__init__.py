"""Many machines: certificates, a scheduler, workers, and a batch whose recordings are recognised on them."""
