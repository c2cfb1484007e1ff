"""One approval flow for every slice above: who asks, who decides, in which order."""
