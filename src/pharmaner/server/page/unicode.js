/** The service counts Unicode code points, JavaScript strings count UTF-16 units. */

/**
 * The UTF-16 index of each code point offset.
 * @param {string} text
 * @param {number[]} offsets ascending
 * @returns {number[]}
 */
export function utf16Indices(text, offsets) {
  const indices = [];
  let index = 0;
  let codePoint = 0;
  for (const offset of offsets) {
    while (codePoint < offset && index < text.length) {
      index += text.codePointAt(index) > 0xffff ? 2 : 1;
      codePoint += 1;
    }
    indices.push(index);
  }
  return indices;
}
