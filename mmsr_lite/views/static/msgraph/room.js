// The place that a graph needs, and keeps while its history is edited: what stands below it then stays where it is.

const FEWER = 4; // items less than now, and
const MORE = 2; // items more, for which titles, radii and the overview have their place

// How many rows each lane has, where the lanes begin, how tall and how wide the picture is, for the history and for every
// history that one edit makes of it. Later edits may ask for more; what was given once is kept as long as user and width are.
function roomOf(picture, unit) {
  const { record, width, placeOf } = picture;
  const { whole = record } = placeOf; // with two panes, the nodes of both
  const of = [record.user?.index, width, unit, ...whole.node_types].join("/");
  if (picture.room?.of !== of) picture.room = { of, ...mostOf(whole, width, unit) };
  return picture.room;
}

// A place that asks for more than the room gives makes it larger.
function grow(room, { head, height, width, lanes }) {
  if (lanes.length !== room.rows.length) return; // of a trace that lacks a type
  room.head = Math.max(room.head, head);
  room.height = Math.max(room.height, height);
  room.width = Math.max(room.width, width);
  for (const { type, rows } of lanes) room.rows[type] = Math.max(rows, room.rows[type]);
}

function mostOf(record, width, unit) {
  const rows = record.node_types.map(() => 1);
  const room = { head: 0, height: 0, width: 0, rows };
  for (const one of [record, ...oneEditAway(record)]) grow(room, { ...layout(one, width, unit), height: 0 });
  const { history: { length }, node_types } = record;
  for (let near = Math.max(1, length - FEWER); near <= length + MORE; near++) { // with rows given, only the length counts
    grow(room, layout({ history: { length: near }, node_types, nodes: [] }, width, unit, room));
  }
  return room;
}

// What `layout` reads of the histories after one item is removed, after one is moved by a place, and after one is added.
function oneEditAway({ history, node_types, nodes }) {
  const edited = (by, placeOfPosition) => {
    const moved = nodes.map(({ type, positions }) => ({ type, positions: positions.map(placeOfPosition).filter(Boolean) }));
    return { history: { length: history.length + by }, node_types, nodes: moved.filter(({ positions }) => positions.length) };
  };
  const places = Array.from(history, (_, i) => i + 1);
  const removed = places.map((gone) => edited(-1, (place) => (place === gone ? null : place - (place > gone))));
  const traded = { 0: 1, 1: -1 };
  const swapped = places.slice(1).map((_, i) => edited(0, (place) => place + (traded[place - i - 1] ?? 0)));
  return [...(history.length > 1 ? removed : []), ...swapped, edited(1, (place) => place)];
}
