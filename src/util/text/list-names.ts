const MOST_LISTED = 40;

/** Names for a message, separated by commas; the first 40 of many. */
export function listNames(names: readonly string[]): string {
  const listed = names.slice(0, MOST_LISTED).join(', ');
  return names.length > MOST_LISTED ? `${listed} and ${names.length - MOST_LISTED} more` : listed;
}
