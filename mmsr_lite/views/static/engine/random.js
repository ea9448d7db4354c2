// Random numbers that Python and JavaScript draw alike, and the few statistics of a what-if's band.
// The generator hashes a counter in 32 bits; Python's explain/shared_random.py is the same, and a test compares them.

const STEP = 0x9e3779b9; // 2^32 divided by the golden ratio, odd: the counter meets every 32-bit number once

function mixed(value) {
  value = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  value = Math.imul(value ^ (value >>> 15), 0x846ca68b);
  return (value ^ (value >>> 16)) >>> 0;
}

class SharedRandom {
  constructor(...seeds) {
    this.key = 0;
    this.drawn = 0;
    for (const seed of seeds) this.key = mixed((this.key + STEP + seed) >>> 0);
  }

  // One whole number from `low` to `high` - 1.
  integers(low, high) {
    this.drawn += 1;
    const share = mixed((this.key + Math.imul(this.drawn, STEP)) >>> 0) / 2 ** 32;
    return low + Math.floor(share * (high - low));
  }

  // The values in a random order (Fisher and Yates, from the last place to the first).
  permutation(values) {
    const order = [...values];
    for (let place = order.length - 1; place > 0; place--) {
      const other = this.integers(0, place + 1);
      [order[place], order[other]] = [order[other], order[place]];
    }
    return order;
  }

  choice(values) {
    return values[this.integers(0, values.length)];
  }
}

const range = (count) => Array.from({ length: count }, (_, place) => place);

// For each of `count` places the one it takes from: a share of them, rounded, trade along one random cycle.
function traded(count, rate, rng) {
  const chosen = rng.permutation(range(count)).slice(0, roundHalfEven(rate * count));
  const source = range(count);
  chosen.forEach((here, i) => { source[here] = chosen[(i + 1) % chosen.length]; });
  return source;
}

// Python and NumPy round a half to the even neighbour.
function roundHalfEven(value) {
  const low = Math.floor(value);
  if (value - low !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}

// The quantile of some values, between neighbours in proportion, as numpy.quantile has it.
function quantile(values, share) {
  const ordered = [...values].sort((a, b) => a - b);
  const place = share * (ordered.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, ordered.length - 1);
  return ordered[low] + (ordered[high] - ordered[low]) * (place - low);
}

// A number with three digits, as Python's format ".3g" writes it: 0.00012, 1.2e-05, 1e+03.
function threeDigits(value, sign = false) {
  const plus = sign && value >= 0 ? "+" : "";
  if (value === 0) return `${plus}0`;
  const exponent = Number(value.toExponential(2).split("e")[1]);
  const steps = value * 10 ** (2 - exponent); // of the third digit
  if (Math.abs(steps % 1) === 0.5) value = roundHalfEven(steps) / 10 ** (2 - exponent);
  const trimmed = (digits) => (digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits);
  if (exponent >= -4 && exponent < 3) return plus + trimmed(value.toFixed(2 - exponent));
  const power = Math.abs(exponent) < 10 ? `0${Math.abs(exponent)}` : String(Math.abs(exponent));
  return `${plus}${trimmed(value.toExponential(2).split("e")[0])}e${exponent < 0 ? "-" : "+"}${power}`;
}
