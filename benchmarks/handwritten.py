"""The networks of `benchmarks/lowered.py` as a PyTorch user writes them by hand: plain modules, nothing of netspec.

Layers are registered in the order in which they run, so that weights can be copied from the module that netspec builds
by their order. As there, a final softmax is applied at inference and left to the loss in training.
"""

# ruff: noqa: D102 - what `forward` does is told once, at its class
from __future__ import annotations

import torch
from torch import Tensor, nn


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut (He et al. 2015): `(B, C, H, W) -> (B, c, H / stride, W / stride)`."""

    def __init__(self, inputs: int, c: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, c, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(c)
        self.conv2 = nn.Conv2d(c, c, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(c)
        self.relu = nn.ReLU()
        self.shortcut = None
        if stride != 1 or inputs != c:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, c, 1, stride, bias=False), nn.BatchNorm2d(c))

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        out: Tensor = self.relu(y + (x if self.shortcut is None else self.shortcut(x)))
        return out


class Bottleneck(nn.Module):
    """1x1 down to c maps, 3x3, 1x1 up to 4c, and a shortcut: `(B, C, H, W) -> (B, 4c, H / stride, W / stride)`."""

    def __init__(self, inputs: int, c: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, c, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(c)
        self.conv2 = nn.Conv2d(c, c, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(c)
        self.conv3 = nn.Conv2d(c, 4 * c, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * c)
        self.relu = nn.ReLU()
        self.shortcut = None
        if stride != 1 or inputs != 4 * c:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, 4 * c, 1, stride, bias=False), nn.BatchNorm2d(4 * c))

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        out: Tensor = self.relu(y + (x if self.shortcut is None else self.shortcut(x)))
        return out


class ResNet(nn.Module):
    """ResNet for 1,000 classes: `(B, 3, 224, 224) -> (B, 1000)`; `counts` are the blocks of each of the four stages."""

    def __init__(self, block: type[BasicBlock] | type[Bottleneck], counts: tuple[int, ...]) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        widening, channels, blocks = 4 if block is Bottleneck else 1, 64, []
        for stage, count in enumerate(counts):
            for number in range(count):
                c = 64 * 2**stage
                blocks.append(block(channels, c, 2 if stage and not number else 1))
                channels = widening * c
        self.blocks = nn.Sequential(*blocks)
        self.gap = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, 1000)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.gap(self.blocks(x))
        logits: Tensor = self.fc(torch.flatten(x, 1))
        return logits


class VGG16(nn.Module):
    """Configuration D with batch normalisation and dropout, for CIFAR-10: `(B, 3, 32, 32) -> (B, 10)`."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for c, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
            for _ in range(count):
                layers += [nn.Conv2d(channels, c, 3, padding=1), nn.BatchNorm2d(c), nn.ReLU()]
                channels = c
            layers += [nn.MaxPool2d(2), nn.Dropout(0.2)]
        self.features = nn.Sequential(*layers)
        hidden = [nn.Linear(512, 512), nn.ReLU(), nn.Dropout(0.2), nn.Linear(512, 512), nn.ReLU(), nn.Dropout(0.2)]
        self.classifier = nn.Sequential(*hidden, nn.Linear(512, 10))

    def forward(self, x: Tensor) -> Tensor:
        x = torch.flatten(self.features(x), 1)
        logits: Tensor = self.classifier(x)
        return logits if self.training else logits.softmax(1)


def separable(channels: int, c: int, stride: int) -> nn.Sequential:
    """A depthwise 3x3 convolution and a 1x1 one to c maps."""
    depthwise = nn.Conv2d(channels, channels, 3, stride, padding=1, groups=channels, bias=False)
    pointwise = nn.Conv2d(channels, c, 1, bias=False)
    return nn.Sequential(depthwise, nn.BatchNorm2d(channels), nn.ReLU(), pointwise, nn.BatchNorm2d(c), nn.ReLU())


class MobileNet(nn.Module):
    """MobileNet at full width: `(B, 3, 224, 224) -> (B, 1000)`."""

    def __init__(self) -> None:
        super().__init__()
        first = nn.Sequential(nn.Conv2d(3, 32, 3, 2, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU())
        layers, channels = [first], 32
        strides = {64: (1,), 128: (2, 1), 256: (2, 1), 512: (2, 1, 1, 1, 1, 1), 1024: (2, 1)}
        for c, stride in ((c, stride) for c, each in strides.items() for stride in each):
            layers.append(separable(channels, c, stride))
            channels = c
        self.features = nn.Sequential(*layers)
        self.gap = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(1024, 1000)

    def forward(self, x: Tensor) -> Tensor:
        x = self.gap(self.features(x))
        logits: Tensor = self.fc(torch.flatten(x, 1))
        return logits


class Inception(nn.Module):
    """1x1, 3x3, 5x5 and pooling side by side: `(B, C, H, W) -> (B, a + b2 + c2 + p, H, W)`."""

    def __init__(self, inputs: int, a: int, b1: int, b2: int, c1: int, c2: int, p: int) -> None:
        super().__init__()
        self.conv_1x1 = nn.Conv2d(inputs, a, 1)
        self.conv_3x3_reduce = nn.Conv2d(inputs, b1, 1)
        self.conv_3x3 = nn.Conv2d(b1, b2, 3, padding=1)
        self.conv_5x5_reduce = nn.Conv2d(inputs, c1, 1)
        self.conv_5x5 = nn.Conv2d(c1, c2, 5, padding=2)
        self.pool = nn.MaxPool2d(3, 1, padding=1)
        self.pool_proj = nn.Conv2d(inputs, p, 1)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        one = self.relu(self.conv_1x1(x))
        three = self.relu(self.conv_3x3(self.relu(self.conv_3x3_reduce(x))))
        five = self.relu(self.conv_5x5(self.relu(self.conv_5x5_reduce(x))))
        pooled = self.relu(self.pool_proj(self.pool(x)))
        return torch.cat([one, three, five, pooled], 1)


class Head(nn.Module):
    """An auxiliary classifier: `(B, C, 14, 14) -> (B, 1000)`."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(5, 3)
        self.conv = nn.Conv2d(inputs, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, 1000)
        self.relu = nn.ReLU()
        self.dropout = nn.Dropout(0.7)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.conv(self.pool(x)))
        x = self.dropout(self.relu(self.fc1(torch.flatten(x, 1))))
        logits: Tensor = self.fc2(x)
        return logits


class GoogLeNet(nn.Module):
    """Inception v1: `(B, 3, 224, 224) -> (B, 1000)` at inference, in training the logits of all three classifiers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, padding=3)
        self.conv2 = nn.Conv2d(64, 64, 1)
        self.conv3 = nn.Conv2d(64, 192, 3, padding=1)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.norm = nn.LocalResponseNorm(5)
        self.inception_3a = Inception(192, 64, 96, 128, 16, 32, 32)
        self.inception_3b = Inception(256, 128, 128, 192, 32, 96, 64)
        self.inception_4a = Inception(480, 192, 96, 208, 16, 48, 64)
        self.head1 = Head(512)
        self.inception_4b = Inception(512, 160, 112, 224, 24, 64, 64)
        self.inception_4c = Inception(512, 128, 128, 256, 24, 64, 64)
        self.inception_4d = Inception(512, 112, 144, 288, 32, 64, 64)
        self.head2 = Head(528)
        self.inception_4e = Inception(528, 256, 160, 320, 32, 128, 128)
        self.inception_5a = Inception(832, 256, 160, 320, 32, 128, 128)
        self.inception_5b = Inception(832, 384, 192, 384, 48, 128, 128)
        self.gap = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.4)
        self.fc = nn.Linear(1024, 1000)

    def forward(self, x: Tensor) -> Tensor | dict[str, Tensor]:
        x = self.norm(self.pool(self.relu(self.conv1(x))))
        x = self.relu(self.conv3(self.relu(self.conv2(x))))
        x = self.pool(self.norm(x))
        x = self.pool(self.inception_3b(self.inception_3a(x)))
        x = self.inception_4a(x)
        if self.training:
            head1 = self.head1(x)
        x = self.inception_4d(self.inception_4c(self.inception_4b(x)))
        if self.training:
            head2 = self.head2(x)
        x = self.pool(self.inception_4e(x))
        x = self.gap(self.inception_5b(self.inception_5a(x)))
        logits: Tensor = self.fc(self.dropout(torch.flatten(x, 1)))
        if self.training:
            return {"head1": head1, "head2": head2, "main": logits}
        return logits.softmax(1)


def resnet18() -> ResNet:
    """ResNet-18."""
    return ResNet(BasicBlock, (2, 2, 2, 2))


def resnet152() -> ResNet:
    """ResNet-152."""
    return ResNet(Bottleneck, (3, 8, 36, 3))
