"""Image registries: what they say about an image, read by the OCI distribution protocol."""
