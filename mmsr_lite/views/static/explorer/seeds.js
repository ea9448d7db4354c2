// Other seeds: below each explanation a quiet sentence, how many models that differ in their seed alone say the same. The
// record says it (`draft.seeds`); the engine of a page counts when it is first asked, which takes about as long as the other
// models take to run. So the lines are filled after the record itself was painted; until then they hold the old sentences.

const SAID_OF = ["first by flow", "larger order", "larger beta"];

function makeSeedLines(desk) {
  const { picture } = desk;
  const lines = new Map(SAID_OF.map((about) => [about, html(null, "p", { key: about, class: "seeds", "data-seeds": about, hidden: true })]));
  let told = null; // the record that was asked

  function paint() {
    const { record } = picture;
    if (record === told) return;
    told = record;
    if (!record.draft || !("seeds" in record.draft)) {
      fill([]);
      return;
    }
    for (const line of lines.values()) put(line, { "aria-busy": true });
    requestAnimationFrame(() => setTimeout(() => told === record && fill(record.draft.seeds)));
  }

  function fill(agreements) {
    for (const [about, line] of lines) {
      const own = agreements.find((one) => one.about === about);
      put(line, { "aria-busy": null, hidden: !own });
      patch(line, () => own && sayAgreement(picture, line, own));
    }
  }
  return { paint, lineOf: (about) => lines.get(about), destroy: () => { told = null; } };
}

// "4 of 5 models say so: ..."; what a seed is shows where the number is pointed at.
function sayAgreement(picture, line, { count: number, of, sentence }) {
  const models = `${number} of ${of} models`;
  term(picture, line, "seed", models);
  say(line, clean(sentence, 500).slice(models.length));
}
