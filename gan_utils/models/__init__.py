"""Builders of networks. Each takes a seed and touches no global state.

The same seed gives the same weights. Parts that many share are in `parts`, the
networks of the classic tutorials in `classics`; the others can be had from here.
"""

from gan_utils.models.classifier import build_classifier
from gan_utils.models.conditional import (
    build_conditional_generator,
    build_plane_discriminator,
    build_projection_discriminator,
)
from gan_utils.models.convolutional import (
    build_channelwise_discriminator,
    build_discriminator,
    build_generator,
    build_mapped_generator,
    build_reading_discriminator,
    build_stencil_generator,
    build_strided_discriminator,
)
from gan_utils.models.parts import (
    batch_norm,
    build_layers,
    initialize,
    inputs_of,
    kinds,
    latent_dim,
    settle_batch_norm,
)

__all__ = [
    "batch_norm",
    "build_channelwise_discriminator",
    "build_classifier",
    "build_conditional_generator",
    "build_discriminator",
    "build_generator",
    "build_layers",
    "build_mapped_generator",
    "build_plane_discriminator",
    "build_projection_discriminator",
    "build_reading_discriminator",
    "build_stencil_generator",
    "build_strided_discriminator",
    "initialize",
    "inputs_of",
    "kinds",
    "latent_dim",
    "settle_batch_norm",
]
