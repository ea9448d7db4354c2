"""What stays of a page when something in it changes: elements are kept by key, and only what differs is written."""

from collections import Counter

import pytest

from benchmarks.page_latency import a_page
from mmsr_lite.explain.session import Session
from mmsr_lite.views.page import static

pytestmark = pytest.mark.browser
BUTTONS = {"move": "[aria-label^='Move the chosen item earlier']", "remove": "[aria-label^='Remove the chosen item (']"}
READ = """() => {
  const sorted = (style) => style.split(";").map((part) => part.trim()).sort().join(";");
  const written = ({ name, value }) => `${name}=${name === "style" ? sorted(value) : value}`;
  const looks = (one) => [...one.attributes].filter(({ name }) => name !== "tabindex").map(written).sort();
  const text = (one) => (one.children.length ? "" : one.textContent);
  const tell = (one) => [one.tagName, ...looks(one), text(one)];
  const shown = ".stage *, .panel *, .answers td, .answers td *, .rail *, .bench *";
  return [...document.querySelectorAll(shown)].filter((one) => !one.closest(".next")).map((one) => tell(one).join(" "));
}"""  # what is shown, in any order of attributes; the next item's card says what rank there was before the undo
REMEMBER = "() => { window.before = new Set(document.querySelectorAll('.explorer *')); }"
FRESH = "(mark) => [...document.querySelectorAll(mark)].filter((one) => !window.before.has(one)).length"


@pytest.fixture
def opened(visit, explorer, tmp_path):
    """The live page of the explorer."""
    explorer.save_html(tmp_path / "live.html", live=True)
    page = visit(tmp_path / "live.html")
    page.emulate_media(reduced_motion="reduce")
    return page


def edges(record) -> set:
    """The edges of a record by the names of their ends."""
    name = [(node["type"], node["id"]) for node in record["nodes"]]
    return {(name[source], name[centre]) for source, centre, _ in record["edges"]}


def nodes(record) -> set:
    return {(node["type"], node["id"]) for node in record["nodes"]}


@pytest.mark.parametrize("edit", [{"do": "move", "position": 2, "to": 1}, {"do": "remove", "position": 2}])
def test_an_edit_makes_the_elements_of_new_nodes_and_edges_alone(opened, made, edit):
    page, session = opened, Session(*made, 3)
    before = session.record
    page.click("g.step >> nth=1")
    everything = page.locator(".explorer *").count()
    page.evaluate(REMEMBER)
    page.click(
        f"[aria-label^='{'Move the chosen item earlier' if edit['do'] == 'move' else 'Remove the chosen item'}']"
    )
    session.do(edit)
    page.wait_for_function("() => !document.querySelector('[aria-label^=\"undo\"]').disabled")
    after = session.record
    assert page.locator("path.edge").count() == len(after["edges"])
    assert page.evaluate(FRESH, "g.step") == 0
    assert page.evaluate(FRESH, "g.node") == len(nodes(after) - nodes(before))
    assert page.evaluate(FRESH, "path.edge") == len(edges(after) - edges(before))
    assert page.evaluate(FRESH, "rect.cell") == 0
    assert page.evaluate(FRESH, ".explorer *") < everything / 10


@pytest.mark.parametrize(
    "mark", ["g.node >> nth=2 >> .shape", "g.step >> nth=3", ".layer input >> nth=1", ".phase input >> nth=1"]
)
def test_a_choice_makes_no_element_of_the_graph_and_of_the_gates(opened, mark):
    page = opened
    page.evaluate(REMEMBER)
    page.locator(mark).dispatch_event("click")
    page.wait_for_timeout(100)
    assert page.evaluate(FRESH, ".stage *") == 0
    assert page.evaluate(FRESH, ".heats *, .rail *, .answers *, .bench *, .builder *") == 0


def test_an_edit_is_answered_in_the_task_of_the_click_and_the_lens_follows_after_the_frame(opened):
    page = opened
    page.click("g.step >> nth=1")
    steps = page.locator("g.step").count()
    told = page.evaluate(
        """async (mark) => {
          const read = () => [document.querySelectorAll("g.step").length, document.querySelector(".panel").ariaBusy];
          document.querySelector(mark).click();
          await null;  // what the click left to do in its own task
          const found = [read()];
          await new Promise((done) => new MutationObserver(done).observe(document.querySelector(".panel"),
            { attributeFilter: ["aria-busy"] }));
          return [...found, read()];
        }""",
        BUTTONS["remove"],
    )
    assert told == [[steps - 1, "true"], [steps - 1, None]]


EDIT = """async ([mark, scrolls]) => {
  const edges = () => {
    const { left, right } = document.querySelector(".scroll").getBoundingClientRect();
    return [...document.querySelectorAll("path.edge")].map((one) => {
      const { left: from, right: to } = one.getBoundingClientRect();
      return [one.getAttribute("d"), one.style.opacity, one.getAttribute("class"), to > left && from < right];
    });
  };
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  await frame();
  document.querySelector(mark).click();
  await null;  // what the click left to do in its own task
  if (scrolls) document.querySelector(".scroll").dispatchEvent(new Event("scroll"));
  const first = edges();
  await frame();
  await frame();
  const last = edges();
  const differ = first.filter((edge, i) => String(edge) !== String(last[i]));
  const seen = first.filter((edge, i) => edge[3] || last[i][3]);
  return [differ.length, differ.filter((edge) => edge[3]).length, seen.length, first.length];
}"""


@pytest.fixture
def long(visit, tmp_path):
    """The live page of a history of 50, four fifths of which are out of sight in a narrow window."""
    (tmp_path / "long.html").write_text(a_page(50, 1, users=1), encoding="utf-8")
    page = visit(tmp_path / "long.html", size=(800, 800))
    page.click("g.step >> nth=40")
    return page


@pytest.mark.parametrize("button", BUTTONS.values(), ids=BUTTONS)
def test_edges_in_sight_are_painted_before_the_first_frame_and_the_others_after_it(long, button):
    differ, differ_in_sight, seen, every = long.evaluate(EDIT, [button, False])
    assert differ > 0 and differ_in_sight == 0 and 0 < seen < every


def test_whoever_scrolls_before_that_sees_all_edges_as_they_are(long):
    assert long.evaluate(EDIT, [BUTTONS["remove"], True])[0] == 0


def test_a_picture_that_is_saved_before_that_has_all_edges_as_they_are(long):
    saved = """async (mark) => {
      const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      const files = [];
      HTMLAnchorElement.prototype.click = function () { files.push(this.href); };
      document.querySelector(mark).click();
      await null;
      const buttons = [...document.querySelectorAll(".share-bar button")];
      const save = () => buttons.find((one) => one.textContent === "SVG").click();
      save();
      await frame();
      await frame();
      document.querySelectorAll(".flash").forEach((one) => one.remove());
      save();
      const routes = (file) => decodeURIComponent(file).match(/ d="[^"]*"/g).sort().join();
      return [files.length, new Set(files.map(routes)).size];
    }"""
    long.emulate_media(reduced_motion="reduce")
    assert long.evaluate(saved, BUTTONS["remove"]) == [2, 1]


@pytest.mark.parametrize("height, is_seen", [(300, False), (2400, True)])
def test_the_answer_is_written_in_the_task_of_the_click_where_it_is_in_sight_and_else_after_the_frame(
    opened, height, is_seen
):
    page = opened
    page.set_viewport_size({"width": 1280, "height": height})
    page.click("g.step >> nth=1")
    page.evaluate("() => scrollTo(0, 0)")
    page.wait_for_timeout(100)
    first, is_busy, last, still_busy = page.evaluate(
        """async (mark) => {
          const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
          const answer = document.querySelector(".answers");
          const values = () => [...answer.querySelectorAll("td[data-value]")].map((one) => one.dataset.value).join();
          document.querySelector(mark).click();
          await null;
          const first = [values(), answer.ariaBusy === "true"];
          await frame();
          await frame();
          return [...first, values(), answer.ariaBusy === "true"];
        }""",
        BUTTONS["remove"],
    )
    assert (first == last) == is_seen and is_busy == (not is_seen) and not still_busy


def test_edges_without_a_weight_are_one_path_of_each_relation(opened, made):
    page, record = opened, Session(*made, 3).record
    for phase in (0, 1):
        page.locator(".phase input").nth(phase).dispatch_event("click")
        weights = record["layers"][0]["attention"]["hohe"][phase]["weights"]
        bare = [edge for edge, weight in zip(record["edges"], weights, strict=True) if weight is None]
        others = [relation for source, centre, relation in bare if source != centre]
        seen = page.eval_on_selector_all(
            "path.rest", "all => all.map((one) => ((one.getAttribute('d') ?? '').match(/M/g) ?? []).length)"
        )
        assert others and seen == [others.count(relation) for relation in range(len(record["relations"]))]
        hidden = "all => all.filter((one) => getComputedStyle(one).display === 'none').length"
        assert page.eval_on_selector_all("path.edge", hidden) == len(bare)


def test_after_an_undo_the_page_reads_as_it_did_before(opened):
    """Elements that are kept and those that are made anew give one page: nothing of an edit stays behind."""
    page = opened
    page.click("g.step >> nth=1")
    page.wait_for_timeout(100)
    before = page.evaluate(READ)
    for number in range(3):
        page.click(
            ["[aria-label^='Move the chosen item earlier']", "[aria-label^='Remove the chosen item']"][number % 2]
        )
        page.wait_for_timeout(150)
    for _ in range(3):
        page.click("[aria-label^='undo']")
        page.wait_for_timeout(150)
    page.click("g.step >> nth=1")
    page.wait_for_timeout(100)
    if page.get_attribute("g.step >> nth=1", "aria-pressed") == "false":
        page.click("g.step >> nth=1")
        page.wait_for_timeout(100)
    after = page.evaluate(READ)
    assert (Counter(after) - Counter(before), Counter(before) - Counter(after)) == ({}, {})
    assert after == before


@pytest.fixture
def elements(chromium):
    """An empty page with the functions that make and patch elements."""
    page = chromium.new_page()
    page.set_content("<div id=place></div>")
    page.add_script_tag(content=static("msgraph/elements.js") + "\nconst place = document.getElementById('place');")
    yield page
    page.close()


def test_children_are_kept_by_key_and_brought_into_order(elements):
    found = elements.evaluate(
        """() => {
          const write = (keys) => patch(place, () => keys.forEach((key) => html(place, "p", { key, title: key }, key)));
          write(["a", "b", "c"]);
          const [a, b, c] = place.children;
          write(["c", "d", "a"]);
          const now = [...place.children];
          return [place.textContent, now[0] === c, now[2] === a, now.includes(b)];
        }"""
    )
    assert found == ["cda", True, True, False]


def test_what_is_not_put_again_goes_and_what_others_put_stays(elements):
    found = elements.evaluate(
        """() => {
          const write = (attributes) => patch(place, () => html(place, "p", { key: 1, ...attributes }));
          write({ title: "one", lang: "de", style: { color: "red", width: "9px" } });
          const one = place.firstChild;
          put(one, { class: "chosen" });
          write({ lang: "en", style: { width: "9px" } });
          return [place.firstChild === one, one.title, one.lang, one.className, one.style.color, one.style.width];
        }"""
    )
    assert found == [True, "", "en", "chosen", "", "9px"]


def test_a_kept_element_listens_with_the_last_function_alone(elements):
    found = elements.evaluate(
        """() => {
          const heard = [];
          const write = (name) => patch(place, () => html(place, "p", { on: { click: () => heard.push(name) } }));
          ["first", "second"].forEach(write);
          place.firstChild.click();
          return heard;
        }"""
    )
    assert found == ["second"]


def test_texts_children_and_elements_of_others_keep_their_places(elements):
    found = elements.evaluate(
        """() => {
          const own = html(null, "b", {}, "own");
          const write = (text, isThere) => patch(place, () => {
            say(place, text);
            keep(place, own);
            const list = html(place, "ul");
            if (isThere) html(list, "li", {}, "there");
          });
          write("one ", true);
          const list = place.lastChild;
          write("two ", false);
          return [place.innerHTML, place.lastChild === list, place.children[0] === own];
        }"""
    )
    assert found == ["two <b>own</b><ul></ul>", True, True]


def test_what_is_written_again_unchanged_changes_nothing(elements):
    found = elements.evaluate(
        """() => {
          const write = () => patch(place, () => {
            const row = html(place, "div", { class: "row", style: { width: "5px" }, hidden: false });
            html(row, "i", { "data-value": 0.5 }, 3);
            say(row, " and ");
            html(row, "b", { key: "last", title: null }, "text");
          });
          write();
          const seen = new MutationObserver(() => {});
          seen.observe(place, { childList: true, subtree: true, attributes: true, characterData: true });
          write();
          return seen.takeRecords().length;
        }"""
    )
    assert found == 0


WRITTEN = """() => {
  window.written = new Set();
  const isOfOneFamily = ({ target }) => target.matches("path.edge[marker-end]"); // a node itself is of both
  const count = (list) => list.filter(isOfOneFamily).forEach(({ attributeName }) => written.add(attributeName));
  const lines = document.querySelector("path.edge").parentNode;
  new MutationObserver(count).observe(lines, { subtree: true, attributes: true });
}"""


def test_a_phase_that_was_seen_before_changes_of_its_edges_the_class_alone(opened):
    page = opened
    for phase in (1, 0):
        page.locator(".phase input").nth(phase).dispatch_event("click")
    looks = "() => [...document.querySelectorAll('path.edge:not(.unused)')].map((one) => one.outerHTML)"
    before = page.evaluate(looks)
    page.evaluate(WRITTEN)
    page.locator(".phase input").nth(1).dispatch_event("click")
    written = page.evaluate("() => new Promise((done) => setTimeout(() => done([...window.written])))")
    assert written == ["class"]
    page.locator(".phase input").nth(0).dispatch_event("click")
    assert page.evaluate(looks) == before


def test_each_edge_that_is_seen_is_as_wide_as_its_attention_says(opened):
    seen = """() => [...document.querySelectorAll("path.edge:not(.unused)")].map((one) =>
      [Number(one.getAttribute("stroke-width")), one.value, one.hasAttribute("marker-end")])"""
    for phase in (0, 1):
        opened.locator(".phase input").nth(phase).dispatch_event("click")
        edges = opened.evaluate(seen)
        assert len(edges) > 5 and {0.3 < value < 0.7 for _, value, _ in edges} == {True, False}
        for width, value, has_head in edges:
            assert width == pytest.approx(0.8 + (5 if has_head else 3) * value, abs=0.006)


def test_an_edge_that_is_picked_where_it_has_no_weight_is_seen_without_an_arrow_head(opened):
    page = opened
    page.locator(".phase input").nth(0).dispatch_event("click")
    for button in page.locator(".panel [data-to]").all():
        edge = int(button.get_attribute("data-to"))
        button.dispatch_event("click")
        look = f"""() => {{
          const path = [...document.querySelectorAll("path.edge")].find(({{ index }}) => index === {edge});
          const {{ markerEnd, display }} = getComputedStyle(path);
          return [path.value, markerEnd, display, path.getAttribute("stroke-width"), !!path.getAttribute("d")];
        }}"""
        value, head, display, width, has_way = page.evaluate(look)
        assert display == "inline" and has_way and (head == "none") == (value is None)
        if value is None:
            assert width == "0.8"
            break
    else:
        pytest.fail("no edge of the panel is of the other family")
