import { component } from '../planes/component';
import { GATHERED, gather, joinRows, partRows, scatter } from './deblock-edges';
import { smooth, smoothSimply, Strength } from './deblock';
import { smoothing, strengthOf } from './header';

/** Distance of the rows that `gather` makes. */
const STEP: usize = 16;

/**
 * Smooths the edges of all blocks, one block after the other.
 *
 * @param kinds for each block of 16 by 16 its segment from bit 2 on, whether it is predicted in parts (bit 1), and
 *   whether its inner edges are smoothed (bit 0)
 */
export function smoothFrame(kinds: usize, across: i32, down: i32): void {
  const luma = component(0);
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const kind = <i32>load<u8>(kinds + <usize>(y * across + x));
      const strength = strengthOf(kind >> 2, (kind >> 1) & 1);
      if (strength.limit == 0) continue;
      const at = luma.plane + <usize>(y * 16 * luma.stride + x * 16);
      const hasInner = (kind & 1) != 0;
      if (smoothing == 1) smoothBlockSimply(at, <usize>luma.stride, strength.limit, x > 0, y > 0, hasInner);
      else smoothBlock(at, x, y, strength, hasInner);
    }
  }
}

function smoothBlockSimply(at: usize, stride: usize, limit: i32, hasLeft: bool, hasTop: bool, hasInner: bool): void {
  const half: usize = 8 * stride;
  for (let edge: usize = hasLeft ? 0 : 4; edge < 16; edge += 4) {
    if (edge > 0 && !hasInner) break;
    gather(at + edge, at + edge + half, stride);
    smoothSimply(GATHERED, STEP, edge == 0 ? limit + 4 : limit);
    scatter(at + edge, at + edge + half, stride);
  }
  for (let edge: usize = hasTop ? 0 : 4; edge < 16; edge += 4) {
    if (edge > 0 && !hasInner) break;
    smoothSimply(at + edge * stride, stride, edge == 0 ? limit + 4 : limit);
  }
}

function smoothBlock(at: usize, x: i32, y: i32, strength: Strength, hasInner: bool): void {
  const stride = <usize>component(0).stride;
  const fine = <usize>component(1).stride;
  const offset = <usize>(y * 8) * fine + <usize>(x * 8);
  const blue = component(1).plane + offset;
  const red = component(2).plane + offset;
  for (let edge: usize = x > 0 ? 0 : 4; edge < 16; edge += 4) {
    if (edge > 0 && !hasInner) break;
    gather(at + edge, at + edge + 8 * stride, stride);
    smoothEdge(GATHERED, STEP, strength, edge == 0);
    scatter(at + edge, at + edge + 8 * stride, stride);
  }
  for (let edge: usize = x > 0 ? 0 : 4; edge < 8; edge += 4) {
    if (edge > 0 && !hasInner) break;
    gather(blue + edge, red + edge, fine);
    smoothEdge(GATHERED, STEP, strength, edge == 0);
    scatter(blue + edge, red + edge, fine);
  }
  for (let edge: usize = y > 0 ? 0 : 4; edge < 16; edge += 4) {
    if (edge > 0 && !hasInner) break;
    smoothEdge(at + edge * stride, stride, strength, edge == 0);
  }
  for (let edge: usize = y > 0 ? 0 : 4; edge < 8; edge += 4) {
    if (edge > 0 && !hasInner) break;
    joinRows(blue + edge * fine, red + edge * fine, fine);
    smoothEdge(GATHERED, STEP, strength, edge == 0);
    partRows(blue + edge * fine, red + edge * fine, fine);
  }
}

// @ts-ignore: decorator
@inline
function smoothEdge(at: usize, step: usize, strength: Strength, isOuter: bool): void {
  const limit = isOuter ? strength.limit + 4 : strength.limit;
  smooth(at, step, limit, strength.inner, strength.sharp, isOuter);
}
