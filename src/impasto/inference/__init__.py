"""Painting with exported graphs: engines, the stylizer and the style codes it works with. No torch."""
