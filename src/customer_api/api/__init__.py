"""The HTTP edge: translates requests to commands and entities to answers; decides nothing."""
