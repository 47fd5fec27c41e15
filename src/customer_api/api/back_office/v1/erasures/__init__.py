"""The resource types `erasure-previews` and `erasure-receipts`."""
