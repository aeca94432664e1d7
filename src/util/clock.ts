/** Milliseconds since 1970 from a monotonic clock. It never jumps, so it ignores changes of the system clock after start. */
export function steadyNow(): number {
  return performance.timeOrigin + performance.now();
}
