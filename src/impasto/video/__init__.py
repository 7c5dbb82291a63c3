"""Moving pictures: films from file to file, and a live camera."""
