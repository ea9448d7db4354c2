// A model in the page: its weights, codes and items, as Python's explain/page_model.py wrote them.
// Python joins the files of this folder into one function whose result is `engine`; views/page.py has their order.

// ---- weights: 16-bit floats and whole numbers in base64 ---------------------------------------------------------------

const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

function floatOf(half) { // IEEE 754, 16 bits: sign, 5 bits of exponent, 10 of fraction
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function matrixOf({ shape: [rows, columns], data }) {
  const bytes = bytesOf(data);
  const halves = new DataView(bytes.buffer);
  const values = Float64Array.from({ length: rows * columns }, (_, i) => floatOf(halves.getUint16(2 * i, true)));
  return { rows, columns, values };
}

// Every matrix in a tree of weights.
function weightsOf(tree) {
  if (tree === null || typeof tree !== "object") return tree;
  if (Array.isArray(tree)) return tree.map(weightsOf);
  if (typeof tree.data === "string") return matrixOf(tree);
  return Object.fromEntries(Object.entries(tree).map(([name, part]) => [name, weightsOf(part)]));
}

// ---- the catalogue of one model: items, their titles and codes; it may hold a part of the data set's items ------------

class Model {
  constructor(data, own) {
    Object.assign(this, { data, card: own.card, settings: own.settings, nodeTypes: own.node_types });
    this.weights = weightsOf(own.weights);
    this.modalities = own.node_types.slice(1);
    this.layers = this.weights.layers.length;
    this.kept = data.kept; // items by row, or null where a row is an item
    this.places = this.kept && new Map(this.kept.map((item, row) => [item, row]));
    this.rows = data.items.title.length;
    this.numItems = data.dataset.items;
    this.codes = own.codes.map(({ k, data: text }) => ({ k, values: new Uint16Array(bytesOf(text).buffer) }));
    this.rowOfItem = (item) => (this.places ? this.places.get(item) : item);
    this.table = this.makeTable();
  }

  // (rows, D): what the state is compared with.
  makeTable() {
    const { items, features } = this.weights;
    const values = Float64Array.from(items.values);
    if (features) add(values, 1, features.values);
    const table = { rows: items.rows, columns: items.columns, values };
    for (let row = 0; this.settings.cosine && row < table.rows; row++) {
      const vector = rowOf(table, row);
      const factor = Math.sqrt(this.settings.cosine) / Math.max(norm(vector), 1e-12);
      vector.forEach((value, i) => { vector[i] = value * factor; });
    }
    return table;
  }

  itemAt(row) { return this.kept ? this.kept[row] : row; }

  hasItem(item) { return isWhole(item) && item >= 1 && (this.places ? this.places.has(item) : item < this.rows); }

  titleOf(item) { return this.data.items.title[this.rowOfItem(item)]; }

  codesOf(modality, item) {
    const { k, values } = this.codes[modality];
    const row = this.rowOfItem(item);
    return [...values.subarray(row * k, (row + 1) * k)].filter((code) => code > 0);
  }

  // The items that have a modality.
  itemsWith(modality) {
    this.having ??= new Map();
    if (!this.having.has(modality)) {
      const all = range(this.rows).map((row) => this.itemAt(row));
      this.having.set(modality, all.filter((item) => this.codesOf(modality, item).length));
    }
    return this.having.get(modality);
  }
}
