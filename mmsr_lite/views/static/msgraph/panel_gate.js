// In the panel of a node: its gate, the number and how it came about.

// Whether a gate was forced: then its number is not the softmax of its logits.
function gateSaid(record, layer, n) {
  const { beta, gate_logits: logits } = record.layers[layer];
  if (!beta?.[n] || !logits?.[n]) return null;
  const most = Math.max(...logits[n]);
  const powers = logits[n].map((logit) => Math.exp(logit - most));
  const said = powers.map((power) => power / sum(powers));
  return { said, isForced: Math.abs(said[0] - beta[n][0]) > 1e-3 };
}

function fillGate(picture, n) {
  const { panel, record, state } = picture;
  if (betaOf(picture, n)) {
    const heading = html(panel, "h4", {});
    term(picture, heading, "update gate", "Gate");
    say(heading, " ");
    term(picture, heading, "beta", "β");
    say(heading, ", its own number: it weighs two paths, and is no share of early or late");
  }
  record.layers.forEach(({ beta }, layer) => {
    if (!beta?.[n]) return;
    const [hohe, heho] = beta[n];
    pair(panel, `heho ${three(heho)}`, `hohe ${three(hohe)}`, hohe, `layer ${layer + 1}`);
    splitBar(picture, panel, [heho, hohe], ["heho", "hohe"]);
  });
  if (betaOf(picture, n)) keepSeedLine(picture, "larger beta");
  const gate = record.layers[state.layer] && gateSaid(record, state.layer, n);
  if (!gate) return;
  const logits = record.layers[state.layer].gate_logits[n].map(three).join(", ");
  const [hohe, heho] = betaOf(picture, n).map(three);
  html(panel, "h4", {}, `Equations 16 and 17 · layer ${state.layer + 1}`);
  const box = html(panel, "div", { class: "formula" });
  typeset(box, "β = softmax(MLP([h_hohe ; h_heho]))");
  if (gate.isForced) {
    const said = gate.said.map(three).join(", ");
    const short = betaOf(picture, n).map((share) => String(Number(share.toFixed(3)))).join(", ");
    html(box, "div", { class: "forced" }, `forced to (${short}); the gate itself said (${said}) = softmax(${logits})`);
  } else {
    typeset(box, `= softmax(${logits}) = (${hohe}, ${heho})`);
  }
  typeset(box, `h′ = ${hohe} · h_hohe + ${heho} · h_heho`);
}
