/** Milliseconds since 1970 by a clock that nobody sets: it never jumps, and differs from the wall's by what that was set since. */
export function steadyNow(): number {
  return performance.timeOrigin + performance.now();
}
