"""The command `netspec`: one thin file a command."""
