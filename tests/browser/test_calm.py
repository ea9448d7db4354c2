"""What an edit changes flashes once, and nothing moves that did not change."""

import re

import pytest

from mmsr_lite.views.page import static

pytestmark = pytest.mark.browser
# so that a slow machine sees the flash, too: it stands still until `flash.finish()`
HOLD = """() => {
  const begin = Element.prototype.animate;
  Element.prototype.animate = function (...how) {
    const one = begin.apply(this, how);
    if (this.matches(".flash")) { one.pause(); window.flash = one; }
    return one;
  };
}"""
ROUTES = """(edges) => {
  const paths = [...document.querySelectorAll("path.edge")];
  return edges.map((edge) => paths.find(({ index }) => index === edge).getAttribute("d"));
}"""
FLASHING = "all => all.map((one) => one.getAttribute('d')).join('')"


def named(record) -> dict[tuple, int]:
    """(type and number of the neighbour, of the centre) -> the edge."""
    key = lambda n: (record["nodes"][n]["type"], record["nodes"][n]["id"])  # noqa: E731
    return {(key(one), key(two)): edge for edge, (one, two, _) in enumerate(record["edges"])}


def test_edges_that_an_edit_makes_or_changes_flash_once_and_with_less_motion_none_does(live, explorer):
    page, before = live(explorer), explorer.record
    page.evaluate(HOLD)
    least = float(re.search(r"FLASH_FROM = ([\d.]+)", static("msgraph.js"))[1])
    page.click("[aria-label^='Remove the chosen item (']")
    count = len(before["history"]) - 1
    page.wait_for_function("(n) => document.querySelectorAll('g.step').length === n", arg=count)
    was, now = named(before), named(explorer.record)
    layer, path, phase = (explorer.selection[name] for name in ("layer", "path", "phase"))
    old, new = (one["layers"][layer]["attention"][path][phase]["weights"] for one in (before, explorer.record))
    changed = set()
    for key, edge in now.items():
        pair = (old[was[key]] if key in was else None, new[edge])
        moved = None not in pair and abs(pair[0] - pair[1]) > least
        if key[0] != key[1] and (key not in was or moved):
            changed.add(edge)
    routes, flashing = page.evaluate(ROUTES, sorted(changed)), page.eval_on_selector_all(".flash path", FLASHING)
    assert routes and all(route in flashing for route in routes)
    assert len(flashing) == sum(map(len, routes))  # these, each once, and no other
    page.evaluate("() => new Promise((done) => { window.flash.finish(); requestAnimationFrame(done); })")
    assert page.locator(".flash").count() == 0
    page.emulate_media(reduced_motion="reduce")
    page.click("text=undo")
    page.wait_for_function("(n) => document.querySelectorAll('g.step').length === n", arg=count + 1)
    assert page.locator(".flash").count() == 0


def test_nothing_jumps_while_the_stages_are_walked(live, explorer):
    page = live(explorer)
    tops = """() => [".bar", ".builder", ".scroll", ".rail", ".answers", ".bench", ".explorer > .body > .panel"]
      .map((mark) => document.querySelector(mark).getBoundingClientRect().y + scrollY)"""
    before = page.evaluate(tops)
    for _ in explorer.record["stages"]:
        page.click("[aria-label='Next stage']")
        assert page.evaluate(tops) == before
