"""Pictures as arrays: reading and writing files, sizes and padding, colour."""
