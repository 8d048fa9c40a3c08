"""`./taizhang COMMAND`: sets Django up where a command needs it and runs the command."""

from taizhang.cli.main import main

if __name__ == "__main__":
    main()
