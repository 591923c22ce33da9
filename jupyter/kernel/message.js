const { createHmac, randomUUID } = require('node:crypto');

const DELIMITER = '<IDS|MSG>';
const PROTOCOL = '5.3';

/** The parts of a message of the Jupyter protocol; undefined if it isn't one, or isn't signed with the key. */
function parse(key, frames) {
  const at = frames.findIndex((frame) => frame.toString('latin1') === DELIMITER);
  const [signature, ...parts] = frames.slice(at + 1);
  if (at === -1 || parts.length < 4 || signature.toString('latin1') !== sign(key, parts)) return undefined;
  try {
    const [header, , , content] = parts.slice(0, 4).map((part) => JSON.parse(part.toString()));
    return { identity: frames.slice(0, at), header, content };
  } catch {
    return undefined;
  }
}

/** A message of `type` that answers `parent`, for its sender or for all who listen. */
function compose(key, parent, type, content, identity = [type]) {
  const { session, username } = parent.header;
  const date = new Date().toISOString();
  const header = { msg_id: randomUUID(), session, username, date, msg_type: type, version: PROTOCOL };
  const parts = [header, parent.header, {}, content].map((part) => JSON.stringify(part));
  return [...identity, DELIMITER, sign(key, parts), ...parts];
}

function sign(key, parts) {
  if (key === '') return '';
  const hash = createHmac('sha256', key);
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

module.exports = { parse, compose, PROTOCOL };
