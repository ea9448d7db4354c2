"""Copy the course, notebooks and their solutions, out of the package into a folder to work in."""

import json
import os
import re
from pathlib import Path

from mmsr_lite.arguments import checked
from mmsr_lite.course.stored import stored_file
from mmsr_lite.data.storage import atomic
from mmsr_lite.errors import MMSRError

PATTERNS = ("*.ipynb", "README.md", "TEACHING.md", "solutions/*.ipynb")
REPOSITORY_LINK = re.compile(
    r"\[([^\]]+)\]\((?:\.\./)+((?:mmsr_lite|benchmarks|assets|docs|notebooks|CONTRIBUTING)[\w./-]*)\)"
)


@checked()
def copy_notebooks(folder: str | os.PathLike) -> list[Path]:
    """Copy the notebooks 00 to 14, their solutions and the teaching guide into a folder.

    Notebooks write the runs that they train to `runs/` beside them. A link to a file of the repository becomes the path
    of that file.

    Args:
        folder: The folder to copy to; it is made when it is not there.

    Returns:
        The files that were written.

    Raises:
        MMSRError: A file of the course is there already: nothing is overwritten, since it may hold your answers.

    Example:
        >>> import tempfile
        >>> len([path for path in copy_notebooks(tempfile.mkdtemp()) if path.parent.name != "solutions"])
        17
    """
    source, target = stored_file("notebooks"), Path(folder)
    names = [path.relative_to(source) for pattern in PATTERNS for path in sorted(source.glob(pattern))]
    existing = [str(name) for name in names if (target / name).exists()]
    if existing:
        raise MMSRError(
            f"{str(target)!r} holds {existing[0]!r} already, perhaps with your answers; name another folder"
        )
    for name in names:
        text = (source / name).read_text(encoding="utf-8")
        if name.suffix == ".ipynb":
            notebook = json.loads(text)
            for cell in notebook["cells"]:
                if cell["cell_type"] == "markdown":
                    cell["source"] = without_repository_links("".join(cell["source"]))
            text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
        else:
            text = without_repository_links(text)
        with atomic(target / name) as place:
            place.write_text(text, encoding="utf-8")
    return [target / name for name in names]


def without_repository_links(markdown: str) -> str:
    """Replace links to files of the repository, which are broken in a copy, by the files' paths.

    Args:
        markdown: the text of a cell.

    Returns:
        The text.

    Example:
        >>> without_repository_links("[the gate](../mmsr_lite/nn/gate.py), [next](01_data.ipynb)")
        'the gate (`mmsr_lite/nn/gate.py`), [next](01_data.ipynb)'
    """
    return REPOSITORY_LINK.sub(r"\1 (`\2`)", markdown)
