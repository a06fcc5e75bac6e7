/** Documents as brat, JSON and CSV; offsets stay code points, as the service gave them. */

/** A brat annotation file, line by line as `pharmaner predict` writes it. */
export function bratAnnotations(mentions) {
  const lines = [];
  let codesWritten = 0;
  let scoresWritten = 0;
  mentions.forEach(({ start, end, label, text, score, codes = [] }, place) => {
    const id = `T${place + 1}`;
    const type = label.replace(/[\s;]/g, "_");
    lines.push(`${id}\t${type} ${start} ${end}\t${text.replace(/[\r\n]/g, " ")}`);
    for (const code of codes) lines.push(`N${(codesWritten += 1)}\tReference ${id} ${code}\t`);
    if (score !== null) lines.push(`#${(scoresWritten += 1)}\tScore ${id}\t${score.toFixed(4)}`);
  });
  return lines.map((line) => `${line}\n`).join("");
}

/** A JSON array of records such as the service's. */
export function jsonRecords(documents) {
  const records = documents.map(({ isEditable, ...record }) => record);
  return `${JSON.stringify(records, null, 1)}\n`;
}

/** A table of mentions, RFC 4180. */
export function csvTable(documents) {
  const rows = [["document", "start", "end", "label", "text", "score", "codes"]];
  for (const { id, mentions } of documents) {
    for (const { start, end, label, text, score, codes = [] } of mentions) {
      const facts = [plain(label), plain(text), score ?? "", plain(codes.join(";"))];
      rows.push([plain(id), start, end, ...facts]);
    }
  }
  return rows.map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");
}

/** Keep spreadsheets from running a text as a formula: they do where a cell begins so, and some
 * take a semicolon for the end of one. */
function plain(text) {
  return text.replace(/(^|[;\r\n])(?=[=+\-@\t\r])/g, "$1'");
}

function csvCell(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
