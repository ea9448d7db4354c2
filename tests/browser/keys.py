"""The explorer's states reached by keys alone, alike in a live page, in JupyterLab, Notebook 7 and Voila."""

MAIN = ".explorer > .body > .stage"  # the first pane
FIND = """(mark) => {
  const [kind, name] = mark.split("=", 2);
  if (kind !== "label") return [...document.querySelectorAll(mark)];
  const labels = [...document.querySelectorAll(".explorer label")];
  const label = labels.find((one) => one.firstChild.textContent.trim() === name);
  return [label.querySelector("select, input")];
}"""
SIDE = f"""(mark) => {{
  const found = ({FIND})(mark), here = document.activeElement;
  if (found.includes(here)) return 0;
  return here.compareDocumentPosition(found[0]) & Node.DOCUMENT_POSITION_PRECEDING ? -1 : 1;
}}"""  # where it lies from the focus: 0 here, -1 before, 1 after


def reach(page, mark: str) -> None:
    """Press Tab, or Shift and Tab, until what `mark` selects has the focus; "label=NAME" is a control by its name."""
    for _ in range(150):
        side = page.evaluate(SIDE, mark)
        if side == 0:
            return
        page.keyboard.press("Tab" if side > 0 else "Shift+Tab")
    raise AssertionError(f"no key reaches {mark}")


def press(page, mark: str, *keys: str) -> None:
    """Reach it, then press keys; none: Enter."""
    reach(page, mark)
    for key in keys or ("Enter",):
        page.keyboard.press(key)


def drive(page) -> None:
    """Tour, zoom, full screen, an edit, undo and redo, two panes, a forced gate, the changed run: by keys alone."""
    items = lambda: page.locator(f"{MAIN} g.step").count()  # noqa: E731
    until = page.wait_for_function
    count = "(n) => document.querySelectorAll('.explorer > .body > .stage g.step').length === n"
    before = items()
    if page.is_visible(".folds"):  # a phone
        for number in (1, 2):
            press(page, f".folds button:nth-child({number})")

    press(page, ".explorer .tour-button")
    assert page.inner_text(".tour").startswith("1 of 6")
    page.keyboard.press("ArrowRight"), page.keyboard.press("ArrowRight")
    assert page.inner_text(".tour").startswith("3 of 6")
    page.keyboard.press("Escape")
    assert page.locator(".tour").count() == 0
    assert page.evaluate(SIDE, ".explorer .tour-button") == 0  # the focus is where it was

    wide = lambda: page.locator(f"{MAIN} g.node").first.bounding_box()["width"]  # noqa: E731
    width = wide()
    press(page, ".explorer [aria-label='Zoom in']")
    assert wide() > 1.2 * width
    press(page, ".explorer [aria-label='Zoom out']")
    press(page, ".explorer [aria-label='Full screen']")
    until("() => document.fullscreenElement?.classList.contains('explorer')")
    press(page, ".explorer [aria-label='Full screen']")
    until("() => document.fullscreenElement === null")

    press(page, f"{MAIN} g.step", "Delete")
    until(count, arg=before - 1)
    press(page, "label=beside", "ArrowDown")
    page.wait_for_selector(".pane g.node")
    assert page.inner_text("[data-sentence='beside']") and page.locator(".explorer.two").count() == 1
    press(page, "label=beside", "ArrowUp")
    until("() => !document.querySelector('.explorer.two')")
    page.keyboard.press("Control+z")
    until(count, arg=before)
    page.keyboard.press("Control+y")
    until(count, arg=before - 1)
    page.keyboard.press("Control+z")
    until(count, arg=before)

    press(page, f"{MAIN} g.node", "ArrowRight", "Enter")
    until("(mark) => document.activeElement.matches(mark)", arg=f"{MAIN} g.node.chosen")
    press(page, "label=repeats", "Control+a", "3", "Tab")
    press(page, "label=change", "f")  # force the gate
    press(page, "label=to", "ArrowDown", "ArrowUp")
    press(page, ".bench .form button.main")
    page.wait_for_selector(".bench .band")
    assert "All gates are forced to hohe" in page.inner_text(".bench .verdict")
    press(page, ".bench .result input", "ArrowRight")
    page.wait_for_selector(".banner", state="visible")
    press(page, ".banner button")
    page.wait_for_selector(".banner", state="hidden")
    assert items() == before
