"""Models as folders: the shipped ones, what their manifests say, and their presets."""
