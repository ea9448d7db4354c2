// Where everything of the picture stands: a pure function of a record and a width. Python's figures/msgraph_layout.py has
// the same `spread`, `layout` and `curve` for stills; a test compares them.

const NARROW = 560; // pixels below which names of lanes and the next item take less room: a phone

// Nearest places to `wanted` (ascending) that are `gap` apart and within [low, high]: isotonic regression, which pools
// neighbours that touch into blocks.
function spread(wanted, gap, low, high) {
  const blocks = []; // [sum of where its members want the block to begin, how many members]
  wanted.forEach((x, i) => {
    let [total, size] = [x - i * gap, 1];
    while (blocks.length && blocks.at(-1)[0] / blocks.at(-1)[1] >= total / size) {
      const [totalBefore, sizeBefore] = blocks.pop();
      total += totalBefore;
      size += sizeBefore;
    }
    blocks.push([total, size]);
  });
  const last = Math.max(low, high - (wanted.length - 1) * gap);
  const begins = blocks.flatMap(([total, size]) => Array(size).fill(total / size));
  return begins.map((x, i) => between(low, x, last) + i * gap);
}

// Places of the strip, the lanes and the nodes. `least` is the room that a picture keeps: see room.js.
export function layout(record, width, unit = 1, least = null) {
  const isNarrow = width < NARROW * unit;
  const length = Math.max(record.history.length, 1);
  const gutter = (isNarrow ? 54 : 116) * unit;
  const ahead = (isNarrow ? 100 : 132) * unit;
  const column = between(44 * unit, (width - gutter - ahead) / length, 150 * unit);
  const end = gutter + length * column;
  const at = (position) => gutter + (position - 0.5) * column;
  const box = Math.min(54 * unit, column - 8 * unit);
  const titles = column >= 62 * unit; // the strip has room for titles

  const order = record.node_types.map((_, type) => type).slice(1);
  order.splice(Math.ceil(order.length / 2), 0, 0); // the lane of items in the middle
  const wanted = record.nodes.map((node) => at(mean(node.positions)));
  const nodes = [];
  const lanes = [];
  const head = Math.max((titles ? 66 : 34) * unit + box, least?.head ?? 0);
  const far = least ? 1.5 : 0.75; // columns that a node may stand from its time before its lane gets another row
  let y = head;
  order.forEach((type, lane) => {
    const radius = type === 0 ? Math.min(27 * unit, column / 2 - 6 * unit) : 17 * unit;
    const gap = 2 * radius + (type === 0 ? 12 : 18) * unit; // for rings, and for shapes wider than a square
    const pad = 38 * unit + radius;
    const rowHeight = 2 * radius + 22 * unit;
    const byTime = (a, b) => wanted[a] - wanted[b] || a - b;
    const members = record.nodes.map((_, n) => n).filter((n) => record.nodes[n].type === type).sort(byTime);
    let rows = (least?.rows[type] ?? 1) - 1;
    let fits = false;
    while (rows < 4 && !fits) { // as few rows as keep nodes near their time
      rows += 1;
      for (let row = 0; row < rows; row++) {
        const mine = members.filter((_, i) => i % rows === row);
        const low = gutter + radius + 4 * unit;
        const places = spread(mine.map((n) => wanted[n]), gap, low, end - radius);
        mine.forEach((n, i) => {
          nodes[n] = { x: places[i], y: y + pad + row * rowHeight, radius, lane };
        });
      }
      fits = members.every((n) => Math.abs(nodes[n].x - wanted[n]) <= far * column);
    }
    const height = 2 * pad + (rows - 1) * rowHeight;
    members.sort((a, b) => nodes[a].x - nodes[b].x || a - b);
    lanes.push({ type, y, height, members, rows });
    y += height + 12 * unit;
  });
  const height = Math.max(y, least?.height ?? 0);
  return { unit, gutter, ahead, column, at, end, box, titles, nodes, lanes, head, width: end + ahead, height, widest: Math.max(end + ahead, least?.width ?? 0) };
}

// The cubic (four points) from the source, which is attended to, to the centre, which attends.
function curve({ unit, column, nodes }, source, centre) {
  const a = nodes[source];
  const b = nodes[centre];
  if (source === centre) return loop(a, unit);
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  let c1;
  let c2;
  if (a.lane === b.lane) { // an arc: above from before, below from after
    const side = dx > 0 || (dx === 0 && dy > 0) ? -1 : 1;
    const flat = Math.abs(dy) > 1 ? 0 : a.radius * 0.45;
    const lift = side * 1.33 * Math.min((14 + 0.13 * Math.abs(dx)) * unit + flat, a.radius + 28 * unit);
    c1 = { x: a.x + dx * 0.28, y: a.y + dy * 0.28 + lift };
    c2 = { x: b.x - dx * 0.28, y: b.y - dy * 0.28 + lift };
  } else {
    const isFar = Math.abs(a.lane - b.lane) > 1; // around the lane between them
    const bend = (source < centre ? 1 : -1) * (isFar ? 0.46 * column : 6 * unit);
    c1 = { x: a.x + bend, y: a.y + dy * 0.4 };
    c2 = { x: b.x + bend, y: b.y - dy * 0.4 };
  }
  return [leave(a, c1, 6 * unit), c1, c2, leave(b, c2, 9 * unit)];
}

// The curve of a node to itself.
function loop(node, unit) {
  const turn = (angle, far) => ({
    x: node.x + Math.cos(angle) * (node.radius + far),
    y: node.y + Math.sin(angle) * (node.radius + far),
  });
  return [turn(-1.15, 5 * unit), turn(-1.2, 20 * unit), turn(-0.35, 20 * unit), turn(-0.4, 5 * unit)];
}

// The point at the edge of a node, and `room` further, in the direction of a point.
function leave(node, towards, room) {
  const far = Math.hypot(towards.x - node.x, towards.y - node.y) || 1;
  const share = (node.radius + room) / far;
  return { x: node.x + (towards.x - node.x) * share, y: node.y + (towards.y - node.y) * share };
}

// The point of a cubic at t from 0 to 1.
function along([a, b, c, d], t) {
  const s = 1 - t;
  const mix = (axis) => s ** 3 * a[axis] + 3 * s * s * t * b[axis] + 3 * s * t * t * c[axis] + t ** 3 * d[axis];
  return { x: mix("x"), y: mix("y") };
}

// A cubic as SVG writes it.
function cubic(points) {
  const letters = ["M", "C", "", ""];
  return points.map(({ x, y }, i) => `${letters[i]}${x.toFixed(1)} ${y.toFixed(1)}`).join(" ");
}

// A closed shape of unit size as SVG writes it, at (x, y) and of a size.
function outline(points, x, y, size) {
  const [a, b] = points[0];
  return `M${(x + a * size).toFixed(1)} ${(y + b * size).toFixed(1)}${aroundFrom(points, size)}`;
}

const MOST_SIZES = 50; // of a shape whose ways are kept
const ways = new WeakMap(); // corners of a shape -> size -> the way around it

// The way from the first corner around a shape, step by step; to write numbers takes long, and nodes of a size share it.
function aroundFrom(points, size) {
  if (!ways.has(points) || ways.get(points).size >= MOST_SIZES) ways.set(points, new Map());
  const known = ways.get(points);
  if (!known.has(size)) {
    const steps = points.slice(1).map(([a, b], i) => `${((a - points[i][0]) * size).toFixed(2)} ${((b - points[i][1]) * size).toFixed(2)}`);
    known.set(size, `l${steps.join(" ")}Z`);
  }
  return known.get(size);
}

// Two lines of a title, cut to the width of a column. Python's figures/msgraph.py has the same; a test compares them.
function twoLines(text, letters) {
  const lengthOf = (words) => [...words].length; // in letters
  const words = clean(text, 3 * letters).split(" ");
  let first = words.shift();
  while (words.length && lengthOf(first) + lengthOf(words[0]) < letters) first += ` ${words.shift()}`;
  return [clean(first, letters), clean(words.join(" "), letters)];
}
