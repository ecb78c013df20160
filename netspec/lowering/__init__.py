"""From a Graph to PyTorch: the plan of a module, its Python source, and the module itself.

`plan.plan` says without torch which classes, attributes and steps there are; `source.source` writes them as a
stand-alone file; `build.build`, which is `netspec.build`, runs that very source. Only what makes modules loads torch.
"""
