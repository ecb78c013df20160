"""Networks as other libraries write them, by hand: their names, their order of modules, their way of nesting.

Torchvision is no dependency, so these follow its layout (https://pytorch.org/vision/stable/models.html), smaller where
size makes no difference to the names: the sizes of maps are those of the input at hand.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Features(nn.Module):
    """`features` and `classifier`, as torchvision's AlexNet and VGG have them."""

    def __init__(self, features: list[nn.Module], classifier: list[nn.Module]) -> None:
        super().__init__()
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(*classifier)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.features(x), 1))


def alexnet(classes: int, flattened: int = 256) -> Features:
    """Torchvision's AlexNet: that of Krizhevsky 2014, without normalisation."""
    sizes = ((3, 64, 11, 4, 2), (64, 192, 5, 1, 2), (192, 384, 3, 1, 1), (384, 256, 3, 1, 1), (256, 256, 3, 1, 1))
    features: list[nn.Module] = []
    for number, (channels, maps, kernel, stride, pad) in enumerate(sizes):
        features += [nn.Conv2d(channels, maps, kernel, stride, pad), nn.ReLU(inplace=True)]
        features += [nn.MaxPool2d(3, 2)] * (number in (0, 1, 4))
    return Features(features, _classifier(flattened, classes, dropout_first=True))


ALEXNET = """\
param classes = 1000
input 3x67x67
64C11s4p2 - relu - MP3s2
192C5p2 - relu - MP3s2
384C3p1 - relu
256C3p1 - relu
256C3p1 - relu - MP3s2
dropout(0.5) - 4096N - relu
dropout(0.5) - 4096N - relu
dense(classes)
"""
"""The same as a spec."""


def vgg16(classes: int, flattened: int = 512) -> Features:
    """Torchvision's VGG-16, without batch normalisation."""
    features: list[nn.Module] = []
    channels = 3
    for maps, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            features += [nn.Conv2d(channels, maps, 3, padding=1), nn.ReLU(inplace=True)]
            channels = maps
        features.append(nn.MaxPool2d(2, 2))
    return Features(features, _classifier(flattened, classes, dropout_first=False))


def _classifier(flattened: int, classes: int, *, dropout_first: bool) -> list[nn.Module]:
    first, second = nn.Linear(flattened, 4096), nn.Linear(4096, 4096)
    if dropout_first:
        layers = [nn.Dropout(), first, nn.ReLU(inplace=True), nn.Dropout(), second, nn.ReLU(inplace=True)]
    else:
        layers = [first, nn.ReLU(inplace=True), nn.Dropout(), second, nn.ReLU(inplace=True), nn.Dropout()]
    return [*layers, nn.Linear(4096, classes)]


class Residual(nn.Module):
    """Torchvision's BasicBlock (two kernels) or Bottleneck (three); `downsample` is registered after all of them."""

    def __init__(self, channels: int, maps: int, stride: int, *, bottleneck: bool) -> None:
        super().__init__()
        out = maps * 4 if bottleneck else maps
        if bottleneck:
            shapes = [(channels, maps, 1, 1), (maps, maps, 3, stride), (maps, out, 1, 1)]
        else:
            shapes = [(channels, maps, 3, stride), (maps, maps, 3, 1)]
        self.depth = len(shapes)
        for number, (inside, outside, kernel, step) in enumerate(shapes, 1):
            conv = nn.Conv2d(inside, outside, kernel, step, kernel // 2, bias=False)
            setattr(self, f"conv{number}", conv)
            setattr(self, f"bn{number}", nn.BatchNorm2d(outside))
        if stride != 1 or channels != out:
            conv = nn.Conv2d(channels, out, 1, stride, bias=False)
            self.downsample: nn.Module | None = nn.Sequential(conv, nn.BatchNorm2d(out))
        else:
            self.downsample = None

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for number in range(1, self.depth + 1):
            y = getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(y))
            y = torch.relu(y) if number < self.depth else y
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """Torchvision's ResNet: `conv1`, `bn1`, `layer1` to `layer4`, `fc`."""

    def __init__(self, depths: tuple[int, int, int, int], classes: int, *, bottleneck: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        channels, out = 64, 4 if bottleneck else 1
        for stage, depth in enumerate(depths, 1):
            maps = 64 * 2 ** (stage - 1)
            blocks = []
            for number in range(depth):
                stride = 2 if stage > 1 and number == 0 else 1
                blocks.append(Residual(channels, maps, stride, bottleneck=bottleneck))
                channels = maps * out
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.fc = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for stage in range(1, 5):
            x = getattr(self, f"layer{stage}")(x)
        return self.fc(x.mean((2, 3)))


def resnet18(classes: int) -> ResNet:
    return ResNet((2, 2, 2, 2), classes, bottleneck=False)


def resnet50(classes: int) -> ResNet:
    return ResNet((3, 4, 6, 3), classes, bottleneck=True)


class MobileNet(nn.Module):
    """MobileNet as the much copied short program has it: one `model` of nested sequences, and `fc`."""

    def __init__(self, classes: int) -> None:
        super().__init__()

        def normed(channels: int, maps: int, stride: int) -> nn.Sequential:
            conv = nn.Conv2d(channels, maps, 3, stride, 1, bias=False)
            return nn.Sequential(conv, nn.BatchNorm2d(maps), nn.ReLU(inplace=True))

        def pair(channels: int, maps: int, stride: int) -> nn.Sequential:
            depthwise = nn.Conv2d(channels, channels, 3, stride, 1, groups=channels, bias=False)
            first = (depthwise, nn.BatchNorm2d(channels), nn.ReLU(inplace=True))
            second = (nn.Conv2d(channels, maps, 1, bias=False), nn.BatchNorm2d(maps), nn.ReLU(inplace=True))
            return nn.Sequential(*first, *second)

        widths = (32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
        strides = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
        pairs = [pair(*sizes) for sizes in zip(widths[:-1], widths[1:], strides, strict=True)]
        self.model = nn.Sequential(normed(3, 32, 2), *pairs, nn.AdaptiveAvgPool2d(1))
        self.fc = nn.Linear(1024, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.model(x).flatten(1))


def settled(module: nn.Module, seed: int = 0) -> nn.Module:
    """The module in evaluation with numbers of its own in every tensor, so that any two exchanged would show."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in module.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5, generator=generator)
        elif tensor.dim() > 1:
            tensor.normal_(0, (2 / tensor[0].numel()) ** 0.5, generator=generator)
        elif tensor.is_floating_point():
            tensor.uniform_(-0.5, 0.5, generator=generator)
            tensor += 1.0 * (name.endswith("weight"))
    return module.eval()
