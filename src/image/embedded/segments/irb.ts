const IIM_RESOURCE = 0x0404;
const MAX_RESOURCES = 1_000;

/** Data of IPTC-IIM among Photoshop's image resources. */
export function irbResources(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  for (let count = 0; count < MAX_RESOURCES && at + 12 <= bytes.length; count += 1) {
    if (bytes.toString('latin1', at, at + 4) !== '8BIM') break;
    const id = bytes.readUInt16BE(at + 4);
    const nameBytes = 1 + (bytes[at + 6] ?? 0);
    const sizeAt = at + 6 + nameBytes + (nameBytes % 2);
    if (sizeAt + 4 > bytes.length) break;
    const size = bytes.readUInt32BE(sizeAt);
    if (id === IIM_RESOURCE) found.push(bytes.subarray(sizeAt + 4, sizeAt + 4 + size));
    at = sizeAt + 4 + size + (size % 2);
  }
  return found;
}
