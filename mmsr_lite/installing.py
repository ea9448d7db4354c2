"""How the project and what it needs are installed here, for messages that say what to do."""

from pathlib import Path


def command_for(extra: str) -> str:
    """The command that installs an extra of the project here.

    Args:
        extra: the name of the extra, such as "lab".

    Returns:
        The command; in the project's folder it installs from there, with the versions that were tested.

    Example:
        >>> command_for("lab").startswith("pip install") and "[lab]" in command_for("lab")
        True
    """
    return f"{install_command()} {name_for_pip(extra)}"


def _in_checkout() -> bool:
    """Whether this runs from the project's folder, and not from an installed wheel."""
    return (Path(__file__).parents[1] / "constraints.txt").is_file()


def install_command() -> str:
    """The command that installs a package here; in the project's folder, with the versions that were tested.

    Returns:
        The command, which wants the name of a package behind it.

    Example:
        >>> install_command().startswith("pip install")
        True
    """
    if _in_checkout():
        return "pip install --constraint constraints.txt"
    return "pip install"


def name_for_pip(extra: str = "") -> str:
    """The name of the project for pip, perhaps with an extra.

    Args:
        extra: the name of the extra; default: none.

    Returns:
        The name, or the project's folder where this runs from there.

    Example:
        >>> "[lab]" in name_for_pip("lab")
        True
    """
    brackets = f"[{extra}]" if extra else ""
    if _in_checkout():
        return f"--editable '.{brackets}'  (in the project's folder)"
    return f"'mmsr-lite{brackets}'"
