"""Painting many photos: from files to files, here or on a cluster, one bad file never in the way of the others."""
