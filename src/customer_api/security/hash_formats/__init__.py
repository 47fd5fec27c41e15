"""The forms in which systems write hashes of passwords, one module each."""
