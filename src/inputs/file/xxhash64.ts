/** A number of 64 bits as two of 32, since a bigint for each step would take ten times as long. */
type Halves = readonly [high: number, low: number];

const P1: Halves = [0x9e3779b1, 0x85ebca87];
const P2: Halves = [0xc2b2ae3d, 0x27d4eb4f];
const P3: Halves = [0x165667b1, 0x9e3779f9];
const P4: Halves = [0x85ebca77, 0xc2b2ae63];
const P5: Halves = [0x27d4eb2f, 0x165667c5];

const STRIPE_BYTES = 32;
const LANES = 4;

/** The number that the functions below work on. */
let [high, low] = [0, 0];

function set([first, second]: Halves): void {
  high = first | 0;
  low = second | 0;
}

function add(otherHigh: number, otherLow: number): void {
  const sum = (low >>> 0) + (otherLow >>> 0);
  high = (high + otherHigh + (sum > 0xffffffff ? 1 : 0)) | 0;
  low = sum | 0;
}

function multiply(otherHigh: number, otherLow: number): void {
  const [a0, a1, b0, b1] = [low & 0xffff, low >>> 16, otherLow & 0xffff, otherLow >>> 16];
  const first = a0 * b0;
  const middle = a0 * b1 + a1 * b0 + (first >>> 16);
  const carried = a1 * b1 + Math.floor(middle / 0x10000);
  high = (carried + Math.imul(high, otherLow) + Math.imul(low, otherHigh)) | 0;
  low = ((middle & 0xffff) << 16) | (first & 0xffff);
}

function rotate(bits: number): void {
  const [a, b] = bits < 32 ? [high, low] : [low, high];
  const by = bits % 32;
  high = by === 0 ? a : (a << by) | (b >>> (32 - by));
  low = by === 0 ? b : (b << by) | (a >>> (32 - by));
}

function xor(otherHigh: number, otherLow: number): void {
  high ^= otherHigh;
  low ^= otherLow;
}

function xorShifted(bits: number): void {
  if (bits < 32) xor(high >>> bits, (low >>> bits) | (high << (32 - bits)));
  else xor(0, high >>> (bits - 32));
}

/** XXH64 with seed 0, the checksum of zstd frames: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md */
export class XxHash64 {
  /** High and low halves of the accumulators. */
  readonly #lanes = new Int32Array(2 * LANES);
  readonly #rest = Buffer.alloc(STRIPE_BYTES);
  #restBytes = 0;
  #bytes = 0;

  constructor() {
    set(P1);
    add(...P2);
    this.#store(0);
    set(P2);
    this.#store(1);
    set([0, 0]);
    this.#store(2);
    set([~P1[0], ~P1[1]]);
    add(0, 1);
    this.#store(3);
  }

  update(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    let at = 0;
    if (this.#restBytes > 0) {
      at = Math.min(bytes.length, STRIPE_BYTES - this.#restBytes);
      this.#rest.set(bytes.subarray(0, at), this.#restBytes);
      this.#restBytes += at;
      if (this.#restBytes < STRIPE_BYTES) return;
      this.#stripes(this.#rest);
    }
    const whole = at + Math.floor((bytes.length - at) / STRIPE_BYTES) * STRIPE_BYTES;
    this.#stripes(bytes.subarray(at, whole));
    this.#rest.set(bytes.subarray(whole));
    this.#restBytes = bytes.length - whole;
  }

  /** The lower 32 bits of the hash of all bytes. */
  low32(): number {
    this.#merge();
    add(Math.floor(this.#bytes / 2 ** 32), this.#bytes | 0);
    const rest = new DataView(this.#rest.buffer, this.#rest.byteOffset, this.#restBytes);
    let at = 0;
    for (; at + 8 <= this.#restBytes; at += 8) {
      const [accHigh, accLow] = [high, low];
      roundOf(rest.getInt32(at + 4, true), rest.getInt32(at, true), 0, 0);
      xor(accHigh, accLow);
      rotate(27);
      multiply(...P1);
      add(...P4);
    }
    for (; at + 4 <= this.#restBytes; at += 4) mixIn([0, rest.getInt32(at, true)], P1, 23, P2, P3);
    for (; at < this.#restBytes; at += 1) mixIn([0, rest.getUint8(at)], P5, 11, P1, [0, 0]);
    xorShifted(33);
    multiply(...P2);
    xorShifted(29);
    multiply(...P3);
    xorShifted(32);
    return low >>> 0;
  }

  #stripes(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.length; at += 8) {
      const lane = (at >> 3) & (LANES - 1);
      const [laneHigh = 0, laneLow = 0] = [this.#lanes[2 * lane], this.#lanes[2 * lane + 1]];
      roundOf(view.getInt32(at + 4, true), view.getInt32(at, true), laneHigh, laneLow);
      this.#store(lane);
    }
  }

  /** Leaves what the accumulators come to. */
  #merge(): void {
    if (this.#bytes < STRIPE_BYTES) {
      set(P5);
      return;
    }
    const lanes = this.#lanes;
    let [sumHigh, sumLow] = [0, 0];
    for (const [lane, bits] of [1, 7, 12, 18].entries()) {
      set([lanes[2 * lane] ?? 0, lanes[2 * lane + 1] ?? 0]);
      rotate(bits);
      add(sumHigh, sumLow);
      [sumHigh, sumLow] = [high, low];
    }
    for (let lane = 0; lane < LANES; lane += 1) {
      roundOf(lanes[2 * lane] ?? 0, lanes[2 * lane + 1] ?? 0, 0, 0);
      xor(sumHigh, sumLow);
      multiply(...P1);
      add(...P4);
      [sumHigh, sumLow] = [high, low];
    }
  }

  #store(lane: number): void {
    this.#lanes[2 * lane] = high;
    this.#lanes[2 * lane + 1] = low;
  }
}

/** One round of an accumulator. */
function roundOf(inputHigh: number, inputLow: number, accHigh: number, accLow: number): void {
  high = inputHigh;
  low = inputLow;
  multiply(P2[0], P2[1]);
  add(accHigh, accLow);
  rotate(31);
  multiply(P1[0], P1[1]);
}

function mixIn(input: Halves, factor: Halves, bits: number, second: Halves, summand: Halves): void {
  const [accHigh, accLow] = [high, low];
  set(input);
  multiply(...factor);
  xor(accHigh, accLow);
  rotate(bits);
  multiply(...second);
  add(...summand);
}
