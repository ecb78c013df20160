"""One epoch of a training by other loops than netspec's: by hand, per sample, Lightning's Trainer, Keras 3 on torch.

Each function trains on the same images for an epoch and gives the images a second of its steps alone, without what
comes before the first and after the last. All take a torch module but Keras, which has networks of its own.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset, TensorDataset

RATE = 0.001
PAD = 4


@dataclass(frozen=True, slots=True)
class Images:
    """Pixels, uint8 (N, C, H, W), labels, int64 (N,), and the batch, mean and deviation that they are trained with."""

    pixels: Tensor
    labels: Tensor
    batch: int
    mean: Tensor
    std: Tensor

    def normal(self, images: Tensor) -> Tensor:
        """Bytes (B, C, H, W) as numbers about nought."""
        return (images.float() / 255 - self.mean) / self.std


def by_hand(module: nn.Module, images: Images) -> float:
    """The least that trains: images in memory, picked by a permutation; no figures but a sum of losses."""
    device = images.pixels.device
    optimizer = torch.optim.Adam(module.parameters(), lr=RATE, fused=True)
    module.train()
    total = torch.zeros((), device=device)
    _wait(device)
    start = time.perf_counter()
    for at in torch.randperm(len(images.labels), device=device).split(images.batch):
        loss = cross_entropy(module(images.normal(images.pixels[at])), images.labels[at])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        total += loss.detach()
    _wait(device)
    return len(images.labels) / (time.perf_counter() - start)


class Samples(Dataset[tuple[Tensor, int]]):
    """One image at a time: from bytes to a picture, cropped out of a padded one, flipped by chance, normalised."""

    def __init__(self, images: Images) -> None:
        self.arrays = images.pixels.cpu().permute(0, 2, 3, 1).contiguous().numpy()
        self.labels = images.labels.tolist()
        self.mean, self.std = images.mean.cpu()[0], images.std.cpu()[0]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, place: int) -> tuple[Tensor, int]:
        array = self.arrays[place]
        size = array.shape[0]
        picture = ImageOps.expand(Image.fromarray(array.squeeze()), PAD)
        left, top = torch.randint(2 * PAD + 1, (2,)).tolist()
        picture = picture.crop((left, top, left + size, top + size))
        if torch.rand(1).item() < 0.5:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        bytes_ = torch.from_numpy(np.array(picture).reshape(size, size, -1)).permute(2, 0, 1)
        return (bytes_.contiguous().float().div(255) - self.mean) / self.std, self.labels[place]


def per_sample(module: nn.Module, images: Images, workers: int) -> float:
    """As torchvision's examples do: each image augmented on its own as a picture of PIL, put together by a loader."""
    device = images.pixels.device
    optimizer = torch.optim.Adam(module.parameters(), lr=RATE, fused=True)
    module.train()
    loader = DataLoader(Samples(images), images.batch, shuffle=True, num_workers=workers)
    start = time.perf_counter()
    for batch, labels in loader:
        loss = cross_entropy(module(batch.to(device)), labels.to(device))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    _wait(device)
    return len(images.labels) / (time.perf_counter() - start)


def lightning(module: nn.Module, images: Images) -> float:
    """Lightning's Trainer without logger, bar and checkpoints. Raises ImportError where it is not installed."""
    import lightning

    class Module(lightning.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.module = module

        def training_step(self, batch: list[Tensor], place: int) -> Tensor:
            pixels, labels = batch
            return cross_entropy(self.module(images.normal(pixels)), labels)

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), lr=RATE, fused=True)

    class Watch(lightning.Callback):  # type: ignore[misc]
        start = seconds = 0.0

        def on_train_epoch_start(self, *_: Any) -> None:
            self.start = time.perf_counter()

        def on_train_epoch_end(self, *_: Any) -> None:
            _wait(images.pixels.device)
            self.seconds = time.perf_counter() - self.start

    watch = Watch()
    off = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        accelerator = "cpu" if images.pixels.device.type == "cpu" else "gpu"
        trainer = lightning.Trainer(max_epochs=1, accelerator=accelerator, devices=1, callbacks=[watch], **off)
        loader = DataLoader(TensorDataset(images.pixels, images.labels), images.batch, shuffle=True)
        trainer.fit(Module(), loader)
    return len(images.labels) / watch.seconds


def keras(network: str, images: Images) -> float:
    """Keras 3's `fit` on torch. Raises ImportError where it is not installed."""
    os.environ["KERAS_BACKEND"] = "torch"
    import keras

    class Watch(keras.callbacks.Callback):  # type: ignore[misc]
        start = seconds = 0.0

        def on_epoch_begin(self, *_: Any) -> None:
            self.start = time.perf_counter()

        def on_epoch_end(self, *_: Any) -> None:
            self.seconds = time.perf_counter() - self.start

    keras.config.set_image_data_format("channels_first")
    model, watch = KERAS[network](keras), Watch()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(RATE), loss, jit_compile=False)
    numbers, labels = images.normal(images.pixels).cpu().numpy(), images.labels.cpu().numpy()
    model.fit(numbers, labels, batch_size=images.batch, epochs=1, verbose=0, callbacks=[watch])
    return len(images.labels) / watch.seconds


def _keras_lenet5(k: Any) -> Any:
    layers, relu = k.layers, {"activation": "relu"}
    body = [layers.Conv2D(6, 5, **relu), layers.MaxPooling2D(), layers.Conv2D(16, 5, **relu), layers.MaxPooling2D()]
    dense = [layers.Dense(120, **relu), layers.Dense(84, **relu), layers.Dense(10)]
    return k.Sequential([k.Input((1, 32, 32)), *body, layers.Flatten(), *dense])


def _keras_resnet20(k: Any) -> Any:
    layers = k.layers

    def normalised(x: Any, c: int, stride: int = 1) -> Any:
        x = layers.ZeroPadding2D(1)(x)
        return layers.BatchNormalization(axis=1)(layers.Conv2D(c, 3, stride, use_bias=False)(x))

    image = k.Input((3, 32, 32))
    x = layers.ReLU()(normalised(image, 16))
    for c in (16, 32, 64):
        for number in range(3):
            stride = 2 if c > 16 and number == 0 else 1
            branch = normalised(layers.ReLU()(normalised(x, c, stride)), c)
            if stride == 2:  # no weights: every other pixel, channels of nought behind
                x = layers.AveragePooling2D(1, 2)(x)
                x = layers.Concatenate(axis=1)([x, layers.Rescaling(0.0)(x)])
            x = layers.ReLU()(layers.Add()([x, branch]))
    return k.Model(image, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


KERAS: dict[str, Callable[[Any], Any]] = {"lenet5_tutorial": _keras_lenet5, "resnet20": _keras_resnet20}


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
