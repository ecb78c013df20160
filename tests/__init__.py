"""The tests of netspec, laid out as the package is."""
