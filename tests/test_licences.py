"""SECURITY.md names every package whose licence is not a permissive one: read from what is installed here."""

import importlib.metadata as metadata
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

SECURITY = Path(__file__).parents[1] / "SECURITY.md"
PERMISSIVE = r"0?BSD(-\d-Clause)?|MIT(-0|-CMU)?|Apache|ISC|PSF|Python Software Foundation|Zlib|CC0|BSL|CNRI-Python|HPND"
PERMISSIVE += r"|Historical Permission Notice and Disclaimer"  # HPND, written out
WORDS = r"(?i)\b(licen[sc]es?|software|version|or|and|with|llvm-exception|the|open|source|iscl)\b|[\d.,()-]"


EXTRAS = ("lab", "dev", "docs")


def needed(name: str = "mmsr-lite", extras: tuple[str, ...] = EXTRAS) -> dict[str, metadata.Distribution]:
    """Every installed package that a package needs, with these extras, and what these need in turn."""
    found: dict[str, metadata.Distribution] = {}
    left: list[tuple[str, tuple[str, ...]]] = [(name, extras)]
    seen: set[tuple[str, tuple[str, ...]]] = set()
    while left:
        one = left.pop()
        if one in seen:
            continue
        seen.add(one)
        try:
            found[canonicalize_name(one[0])] = distribution = metadata.distribution(one[0])
        except metadata.PackageNotFoundError:  # of another system, or of an extra that is not installed
            continue
        for line in distribution.requires or []:
            asked = Requirement(line)
            if asked.marker is None or any(asked.marker.evaluate({"extra": extra}) for extra in ("", *one[1])):
                left.append((asked.name, tuple(sorted(asked.extras))))
    return found


def licence(about: metadata.PackageMetadata) -> str:
    """What a package says of its licence: as an expression, else by its kinds, else in its own words."""
    kinds = [kind.rpartition("::")[2].strip() for kind in about.get_all("Classifier") or [] if "License ::" in kind]
    words = (about.get("License") or "").strip().splitlines()
    return (about.get("License-Expression") or " AND ".join(kinds) or "".join(words[:1])).replace("OSI Approved", "")


def is_permissive(text: str) -> bool:
    """Whether each licence that a text names is a permissive one; none is not.

    >>> [is_permissive(text) for text in ("Apache-2.0 AND BSD-3-Clause", "MPL-2.0 AND MIT", "BSD License", "")]
    [True, False, True, False]
    """
    left = re.sub(WORDS, " ", re.sub(rf"\b({PERMISSIVE})\b", " ", text))
    return bool(text.strip()) and not left.strip()


def named(section: str) -> set[str]:
    """The packages of which SECURITY.md says that their licence is not permissive, or says less than is in them."""
    plain = re.sub(r"\(axe-core\)|`axe\.min\.js`", "", section)
    found = set(re.findall(r"`([a-z][\w-]+)`", plain))
    mpl = re.search(r"MPL 2\.0:\*\*([^\n]+)", plain)
    assert mpl is not None
    return {canonicalize_name(name) for name in found | set(re.findall(r"[a-z][\w-]+", mpl.group(1).split("and")[0]))}


@pytest.fixture(scope="module")
def section() -> str:
    return SECURITY.read_text(encoding="utf-8").partition("Their licences are permissive")[2]


def test_every_package_without_a_permissive_licence_is_named_and_no_other(section):
    packages = needed()
    assert len(packages) > 100
    others = {name for name, one in packages.items() if not is_permissive(licence(one.metadata))}
    nvidia = {name for name in others if name.startswith("nvidia-")}
    told = named(section) & packages.keys()
    assert others - nvidia == told - {name for name in told if name.startswith("nvidia-")}
    without = {"nvidia-nccl-cu13", "nvidia-nvtx"} & nvidia  # of which the page says that they are permissive in truth
    if "nvidia-nccl-cu13" in nvidia:  # the page counts those of CUDA 13; an older torch brings others
        assert f"{len(nvidia - without)} libraries `nvidia-*`" in section
