// Keys: one node and one item are in the order of the Tab key, arrows walk from there.

function roving(picture, n) {
  const { drawn } = picture;
  const { group } = drawn.nodes[n] ?? drawn.nodes[0]; // what was held may be of a longer record
  if (picture.reached === group) return;
  if (picture.reached) put(picture.reached, { tabindex: -1 }); // of an element with the focus this lays out the page at once
  put(group, { tabindex: 0 });
  picture.reached = group;
}

// Along the strip, and down into the graph.
function strideAlong(picture, event, i, pick) {
  const { key } = event;
  if (event.altKey || !/^(Arrow(Left|Right|Down)|Enter| |Escape)$/.test(key)) return;
  const { steps, nodes } = picture.drawn;
  if (key === "ArrowLeft") steps[i - 1]?.focus();
  else if (key === "ArrowRight") steps[i + 1]?.focus();
  else if (key === "ArrowDown") nodes[picture.record.history[i].node].group.focus();
  else if (key === "Escape") picture.choose({ position: null });
  else pick();
  event.preventDefault();
}

// Along a lane, and to what is nearest in the lane above or below.
function walk(picture, event, n) {
  const { place, drawn } = picture;
  const { lane, x } = place.nodes[n];
  const mates = place.lanes[lane].members;
  const spot = mates.indexOf(n);
  const distance = (other) => Math.abs(place.nodes[other].x - x);
  const nearestIn = (lanes) => {
    const members = lanes.find((one) => one.members.length)?.members ?? [];
    return members.length ? members.reduce((a, b) => (distance(b) < distance(a) ? b : a)) : undefined;
  };
  const goals = {
    ArrowLeft: () => mates[spot - 1],
    ArrowRight: () => mates[spot + 1],
    Home: () => mates[0],
    End: () => mates.at(-1),
    ArrowUp: () => nearestIn(place.lanes.slice(0, lane).reverse()),
    ArrowDown: () => nearestIn(place.lanes.slice(lane + 1)),
  };
  if (event.ctrlKey || event.metaKey) return; // those are of undo and redo
  if (event.key in goals) drawn.nodes[goals[event.key]() ?? n].group.focus();
  else if (event.key === "Enter" || event.key === " ") picture.choose({ node: n });
  else if (event.key === "Escape") picture.choose({ node: null });
  else return;
  event.preventDefault();
  event.stopPropagation();
}
