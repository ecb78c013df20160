"""netspec: a compiler for convolutional networks written as their papers write them."""
