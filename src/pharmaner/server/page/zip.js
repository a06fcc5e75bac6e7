/** A zip whose members are stored, not compressed: PKWARE's APPNOTE.TXT, 4.3.7, 4.3.12, 4.3.16. */

const UTF8_NAMES = 0x0800;
const VERSION = 20;
const FIRST_OF_1980 = 0x0021;

/**
 * A zip of texts in UTF-8.
 * @param {[string, string][]} files names and contents
 * @returns {Blob}
 */
export function zipOf(files) {
  const encoder = new TextEncoder();
  const members = [];
  const directory = [];
  let offset = 0;
  for (const [name, content] of files) {
    const path = encoder.encode(name);
    const bytes = encoder.encode(content);
    const common = [
      [VERSION, 2], [UTF8_NAMES, 2], [0, 2], [0, 2], [FIRST_OF_1980, 2],
      [crc32(bytes), 4], [bytes.length, 4], [bytes.length, 4], [path.length, 2], [0, 2],
    ];
    const header = packed([[0x04034b50, 4], ...common]);
    members.push(header, path, bytes);
    directory.push(
      packed([[0x02014b50, 4], [VERSION, 2], ...common, [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]]),
      path,
    );
    offset += header.length + path.length + bytes.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const counts = [[files.length, 2], [files.length, 2]];
  const end = packed([[0x06054b50, 4], [0, 2], [0, 2], ...counts, [size, 4], [offset, 4], [0, 2]]);
  return new Blob([...members, ...directory, end], { type: "application/zip" });
}

/** Numbers as little-endian fields of so many bytes. */
function packed(fields) {
  const bytes = [];
  for (const [value, width] of fields) {
    for (let shift = 0; shift < 8 * width; shift += 8) bytes.push((value >>> shift) & 0xff);
  }
  return new Uint8Array(bytes);
}

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
