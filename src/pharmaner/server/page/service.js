/** The service behind the page: the only place that anything is sent to. */

/** A request that was not served; `status` is 0 when there was no answer at all. */
export class ServiceError extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

let key = "";

/** Send this API key from now on; it is kept in memory only. */
export function useKey(value) {
  key = value;
}

/** Whether there is a key that is sent. */
export function hasKey() {
  return key !== "";
}

/** The model's labels, scores, card and limits. */
export async function describeModel() {
  return (await request("/v1/model", {})).json();
}

/** A note that was made up, to try the page with. */
export async function sampleNote() {
  return (await request("/sample.txt", {})).text();
}

/** Find the mentions of a text; resolves to its one record. */
export async function annotateText(id, text) {
  const body = JSON.stringify({ documents: [{ id, text }] });
  const headers = { "content-type": "application/json" };
  return records(await request("/v1/predict", { method: "POST", headers, body }));
}

/** Find the mentions of a .txt, or of a zip of them; the service reads the bytes as they are. */
export async function annotateFile(file) {
  await refuseUnreadable(file);
  const body = new FormData();
  body.append("file", file, file.name);
  const found = await records(await request("/v1/predict/file", { method: "POST", body }));
  const [, name] = file.name.match(/^(.+)\.txt$/i) ?? [];
  return name ? found.map((record) => ({ ...record, id: name })) : found; // forms escape quotes
}

/** A folder that is dropped looks like a file until it is read. */
async function refuseUnreadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch {
    throw new ServiceError(415, "");
  }
}

async function request(path, options) {
  if (!/^[\x21-\x7e]*$/.test(key)) throw new ServiceError(401, "");
  const headers = { ...options.headers };
  if (key) headers.authorization = `Bearer ${key}`;
  let reply;
  try {
    reply = await fetch(path, { ...options, headers });
  } catch {
    throw new ServiceError(0, "");
  }
  if (reply.ok) return reply;
  const { detail = "" } = await reply.json().catch(() => ({}));
  throw new ServiceError(reply.status, detail);
}

async function records(reply) {
  try {
    const lines = (await reply.text()).split("\n");
    return lines.filter((line) => line).map((line) => JSON.parse(line));
  } catch {
    throw new ServiceError(0, "");
  }
}
