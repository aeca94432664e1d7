/** Names of which no two are the same: `a`, `a` become `a`, `a_1`. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set(names);
  const seen = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let number = 1; seen.has(free) || (free !== name && taken.has(free)); number += 1) {
      free = `${name}_${number}`;
    }
    seen.add(free);
    return free;
  });
}
