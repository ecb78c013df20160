"""Random changes of images, a batch at a time on its device; `netspec.data.augment` makes chains of them.

Every change is a record of the recipe's arguments. Its random numbers come from `Draws`, and what they do to the images
is a pure function of them.
"""
