/** What could not be sent at once, by socket; and the last send, after which there is room. */
const waiting = new WeakMap();

/**
 * Sends at once, also from a loop that never lets go of the thread. After some hundred messages in a row zeromq has the
 * next one wait for the event loop, and refuses those that follow meanwhile: they queue up here.
 */
function send(socket, frames) {
  const state = waiting.get(socket) ?? { frames: [], last: Promise.resolve() };
  waiting.set(socket, state);
  if (state.frames.length > 0) return state.frames.push(frames);
  try {
    state.last = socket.send(frames);
    state.last.catch(() => {}); // the socket was closed
  } catch {
    state.frames.push(frames);
    sendLater(socket, state);
  }
}

async function sendLater(socket, { frames, last }) {
  await last;
  while (frames.length > 0 && !socket.closed) {
    await socket.send(frames[0]);
    frames.shift();
  }
}

module.exports = { send };
