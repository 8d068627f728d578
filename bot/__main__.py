"""`python -m bot` and the script `gitops-bot`."""

from bot.cli import app


def main() -> None:
    """Run the command line."""
    app(prog_name="gitops-bot")


if __name__ == "__main__":
    main()
