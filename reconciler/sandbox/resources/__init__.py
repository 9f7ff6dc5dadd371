"""One file a resource: what stands here is what the sandbox serves."""
