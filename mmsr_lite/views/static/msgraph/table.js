// The picture as a table: a row for each node.

function fillTable(picture) {
  const { numbers } = picture;
  patch(numbers, () => {
    html(numbers, "summary", {}, "The picture as a table");
    if (numbers.open) writeTable(picture, html(numbers, "div", { tabindex: 0 }));
  });
}

function writeTable(picture, parent) {
  const { record, state } = picture;
  const head = ["node", "type", "positions", "β hohe", "β heho", "attends most to", "attention"];
  const { weights } = attentionAt(record, state);
  const addRow = grid(parent, head);
  record.nodes.forEach(({ positions }, n) => {
    const best = heaviest(record, weights, (_, centre) => centre === n);
    const most = best === null ? "–" : nameOf(picture, record.edges[best][0]);
    const beta = betaOf(picture, n);
    const cells = [typeOf(picture, n), positions.join(", "), three(beta?.[0]), three(beta?.[1]), most, three(weights[best])];
    const named = (cell) => {
      say(cell, nameOf(picture, n));
      const meaning = codeMeaning(record, n);
      if (meaning) html(cell, "small", { class: "meaning" }, meaning);
    };
    addRow(nameOf(picture, n), cells, { write: named });
  });
}
