"""What each layer of the loss network holds: of a style, and of a photo."""

from __future__ import annotations

from impasto.image.resize import resize
from impasto.image.sheet import labelled_grid
from impasto.studies.figure import CELL
from impasto.studies.findings import Findings, Row
from impasto.studies.laboratory import Job, Laboratory

__all__ = ["layers_content", "layers_style"]

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1", "relu5_3")
CONTENT_LAYERS = ("relu1_2", "relu2_2", "relu3_2", "relu4_2", "relu5_2")  # Gatys et al. 2016, figure 1


def layers_style(lab: Laboratory) -> Findings:
    """Noise optimised until one layer's Gram matrix is the style's, for one layer after the other."""
    from impasto.studies.measures import color_distance, gram_distances

    layers = lab.layers(STYLE_LAYERS, lab.styles)
    network = lab.network(lab.settings())
    jobs = [
        # The style lends its shape; of its content nothing is asked.
        Job(
            layer,
            style,
            style,
            lab.settings(
                init="noise", content_layer=(layer,), content_weight=0.0, style_layer=(layer,), unbalanced=True
            ),
        )
        for style in lab.styles
        for layer in layers
    ]
    painted = lab.paint(jobs)
    rows: list[Row] = []
    for one in painted:
        apart = gram_distances(one.picture, one.job.style.pixels, network, layers)
        rows.append(
            {
                "style": one.job.style.name,
                "layer": one.job.what,
                "sees, px": network.receptive_field_of(one.job.what),
                "steps": one.steps,
                "processor s": one.seconds,
                **{f"Gram {layer}": apart[layer] for layer in layers},
                "colours, levels": color_distance(one.picture, one.job.style.pixels),
            }
        )
    pictures = [one.picture for one in painted]
    per_style = [pictures[start : start + len(layers)] for start in range(0, len(pictures), len(layers))]
    return Findings(
        rows,
        labelled_grid([style.name for style in lab.styles], layers, per_style, side=CELL),
        [
            "Each picture was noise, and was optimised until the Gram matrix of one layer alone was the style's.",
            "A row tells how far its picture is from the style at every layer (relative Gram loss, |G − G'|² / |G'|²)",
            "and in its colours (mean distance of the histograms, in levels of 255).",
        ],
    )


def layers_content(lab: Laboratory) -> Findings:
    """The photo rebuilt from noise, from its features at one layer alone, for one layer after the other."""
    from impasto.studies.measures import color_distance, psnr, ssim

    layers = lab.layers(CONTENT_LAYERS, lab.contents)
    network = lab.network(lab.settings())
    jobs = [
        # A style of weight 0 has to be there; the photo itself adds no layer to compute.
        Job(
            layer,
            content,
            content,
            lab.settings(init="noise", content_layer=(layer,), style_layer=(layer,), style_weight=0.0),
        )
        for content in lab.contents
        for layer in layers
    ]
    painted = lab.paint(jobs)
    rows: list[Row] = []
    for one in painted:
        photo = resize(one.job.content.pixels, *one.picture.shape[:2])
        rows.append(
            {
                "photo": one.job.content.name,
                "layer": one.job.what,
                "sees, px": network.receptive_field_of(one.job.what),
                "stride, px": network.stride_of(one.job.what),
                "steps": one.steps,
                "processor s": one.seconds,
                "loss, start": one.trace[0]["objective"],
                "loss, end": one.trace[-1]["objective"],
                "PSNR, dB": psnr(one.picture, photo),
                "SSIM": ssim(one.picture, photo),
                "colours, levels": color_distance(one.picture, photo),
            }
        )
    grid = []
    for number, content in enumerate(lab.contents):
        rebuilt = [one.picture for one in painted[number * len(layers) : (number + 1) * len(layers)]]
        grid.append([resize(content.pixels, *rebuilt[0].shape[:2]), *rebuilt])
    return Findings(
        rows,
        labelled_grid([content.name for content in lab.contents], ["photo", *layers], grid, side=CELL),
        [
            "Each picture was noise, and was optimised until the features of one layer alone were the photo's.",
            "Losses are relative to that of a picture in the photo's mean colour; PSNR, SSIM and colours (mean",
            "distance of the histograms, in levels of 255) compare the pixels with the photo's.",
        ],
    )
