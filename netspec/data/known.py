"""The sets that netspec knows by name: `KNOWN` is the one table.

Sizes and digests are those that the publishers, torchvision and tensorflow-datasets print.
"""

from __future__ import annotations

from netspec.records import frozen

DIGITS = tuple("0123456789")
CLOTHES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
STL10 = ("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck")
VOC = (
    "aeroplane",
    "bicycle",
    "bird",
    "boat",
    "bottle",
    "bus",
    "car",
    "cat",
    "chair",
    "cow",
    "diningtable",
    "dog",
    "horse",
    "motorbike",
    "person",
    "pottedplant",
    "sheep",
    "sofa",
    "train",
    "tvmonitor",
)


@frozen
class Remote:
    """A file that a publisher offers, at the first of `urls` that answers; `digest` is `sha256:…` or `md5:…`."""

    urls: tuple[str, ...]
    size: int
    digest: str

    @property
    def name(self) -> str:
        """What it is called on disk: the end of its address."""
        return self.urls[0].rpartition("/")[2]


@frozen
class Known:
    """A set that is known by name.

    `layout` is a row of `netspec.data.layouts.LAYOUTS`; `folders` are names under which others keep it, beside its own;
    `unpacked` is the most bytes that its archives may hold, 0 where its files are no archives; `inner` is an archive
    within the archive that holds the images; `page` is where people read about it and ask for it.
    """

    name: str
    about: str
    layout: str
    page: str
    folders: tuple[str, ...] = ()
    files: tuple[Remote, ...] = ()
    classes: tuple[str, ...] = ()
    unpacked: int = 0
    inner: str = ""
    shipped: str = ""


def _four(urls: tuple[str, ...], *facts: tuple[str, int, str]) -> tuple[Remote, ...]:
    """The four files of a set like MNIST, from (name, bytes, sha256)."""
    return tuple(Remote(tuple(url + name for url in urls), size, f"sha256:{digest}") for name, size, digest in facts)


KNOWN: dict[str, Known] = {
    each.name: each
    for each in (
        Known(
            "mnist-mini",
            "handwritten digits, 5,000 + 1,000 images of MNIST (LeCun, Cortes, Burges; CC BY-SA 3.0)",
            "idx",
            "http://yann.lecun.com/exdb/mnist/",
            classes=DIGITS,
            shipped="mnist_mini",
        ),
        Known(
            "mnist",
            "handwritten digits (LeCun, Cortes, Burges 1998; CC BY-SA 3.0)",
            "idx",
            "http://yann.lecun.com/exdb/mnist/",
            ("MNIST/raw", "MNIST"),
            _four(
                (
                    "https://ossci-datasets.s3.amazonaws.com/mnist/",
                    "https://storage.googleapis.com/cvdf-datasets/mnist/",
                    "http://yann.lecun.com/exdb/mnist/",
                ),
                (
                    "train-images-idx3-ubyte.gz",
                    9_912_422,
                    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                ),
                (
                    "train-labels-idx1-ubyte.gz",
                    28_881,
                    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                ),
                (
                    "t10k-images-idx3-ubyte.gz",
                    1_648_877,
                    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                ),
                (
                    "t10k-labels-idx1-ubyte.gz",
                    4_542,
                    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                ),
            ),
            DIGITS,
        ),
        Known(
            "fashion-mnist",
            "articles of clothing in the format of MNIST (Xiao, Rasul, Vollgraf 2017; MIT)",
            "idx",
            "https://github.com/zalandoresearch/fashion-mnist",
            ("fashion_mnist", "FashionMNIST/raw", "FashionMNIST"),
            _four(
                ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
                (
                    "train-images-idx3-ubyte.gz",
                    26_421_880,
                    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                ),
                (
                    "train-labels-idx1-ubyte.gz",
                    29_515,
                    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                ),
                (
                    "t10k-images-idx3-ubyte.gz",
                    4_422_102,
                    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                ),
                (
                    "t10k-labels-idx1-ubyte.gz",
                    5_148,
                    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                ),
            ),
            CLOTHES,
        ),
        Known(
            "cifar10",
            "tiny photographs of 10 kinds (Krizhevsky 2009)",
            "cifar10",
            "https://www.cs.toronto.edu/~kriz/cifar.html",
            ("cifar-10-batches-bin", "cifar-10-batches-py", "cifar-10"),
            (
                Remote(
                    ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
                    170_052_171,
                    "sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                ),
            ),
            CIFAR10,
            unpacked=200_000_000,
        ),
        Known(
            "cifar100",
            "tiny photographs of 100 kinds (Krizhevsky 2009)",
            "cifar100",
            "https://www.cs.toronto.edu/~kriz/cifar.html",
            ("cifar-100-binary", "cifar-100-python", "cifar-100"),
            (
                Remote(
                    ("https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",),
                    168_513_733,
                    "sha256:58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
                ),
            ),
            unpacked=200_000_000,
        ),
        Known(
            "stl10",
            "photographs from ImageNet of 10 kinds, 96x96 (Coates, Lee, Ng 2011)",
            "stl10",
            "https://cs.stanford.edu/~acoates/stl10/",
            ("stl10_binary", "STL10"),
            (
                Remote(
                    ("http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz",),
                    2_640_397_119,
                    "sha256:f31fd99273a1acb8609c8db427cebb1de3f71de77758cdc0e22956e1289b9866",
                ),
            ),
            STL10,
            unpacked=3_300_000_000,
        ),
        Known(
            "caltech101",
            "photographs of 101 kinds (Fei-Fei, Fergus, Perona 2004)",
            "caltech101",
            "https://data.caltech.edu/records/mzrjq-6wc02",
            ("101_ObjectCategories", "caltech-101/101_ObjectCategories", "caltech101/101_ObjectCategories"),
            (
                Remote(
                    ("https://data.caltech.edu/records/mzrjq-6wc02/files/caltech-101.zip",),
                    137_414_764,
                    "md5:3138e1922a9193bfa496528edbbc45d0",
                ),
            ),
            unpacked=400_000_000,
            inner="caltech-101/101_ObjectCategories.tar.gz",
        ),
        Known(
            "imagenet",
            "photographs of 1,000 kinds, ILSVRC 2012 (Russakovsky et al. 2015)",
            "imagenet",
            "https://image-net.org/download.php",
            ("ImageNet", "ILSVRC2012", "ILSVRC", "imagenet-1k"),
        ),
        Known(
            "voc2007",
            "photographs with boxes of 20 kinds of objects (Everingham et al. 2007)",
            "voc",
            "http://host.robots.ox.ac.uk/pascal/VOC/voc2007/",
            ("VOCdevkit/VOC2007", "VOC2007"),
            (
                Remote(
                    (
                        "http://host.robots.ox.ac.uk/pascal/VOC/voc2007/VOCtrainval_06-Nov-2007.tar",
                        "http://pjreddie.com/media/files/VOCtrainval_06-Nov-2007.tar",
                    ),
                    460_032_000,
                    "sha256:7d8cd951101b0957ddfd7a530bdc8a94f06121cfc1e511bb5937e973020c7508",
                ),
                Remote(
                    (
                        "http://host.robots.ox.ac.uk/pascal/VOC/voc2007/VOCtest_06-Nov-2007.tar",
                        "http://pjreddie.com/media/files/VOCtest_06-Nov-2007.tar",
                    ),
                    451_020_800,
                    "sha256:6836888e2e01dca84577a849d339fa4f73e1e4f135d312430c4856b5609b4892",
                ),
            ),
            VOC,
            unpacked=1_200_000_000,
        ),
        Known(
            "voc2012",
            "photographs with boxes of 20 kinds of objects (Everingham et al. 2012)",
            "voc",
            "http://host.robots.ox.ac.uk/pascal/VOC/voc2012/",
            ("VOCdevkit/VOC2012", "VOC2012"),
            (
                Remote(
                    (
                        "http://host.robots.ox.ac.uk/pascal/VOC/voc2012/VOCtrainval_11-May-2012.tar",
                        "http://pjreddie.com/media/files/VOCtrainval_11-May-2012.tar",
                    ),
                    1_999_639_040,
                    "sha256:e14f763270cf193d0b5f74b169f44157a4b0c6efa708f4dd0ff78ee691763bcb",
                ),
            ),
            VOC,
            unpacked=2_500_000_000,
        ),
    )
}
"""Every set that is known by name, in the order in which they are listed."""
