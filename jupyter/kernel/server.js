const { ZmqServer } = require('tslab/dist/jupyter.js');
const { interrupt } = require('./interrupts.js');
const { kernelInfo } = require('./kernel-info.js');
const { compose, parse } = require('./message.js');
const { send } = require('./sender.js');
const { shutDown } = require('./shutdown.js');

/** What a request is answered when tslab's editor services fail on its code. */
const NOTHING = {
  complete: ({ cursor_pos }) => ({ matches: [], cursor_start: cursor_pos, cursor_end: cursor_pos, metadata: {} }),
  inspect: () => ({ found: false, data: {}, metadata: {} }),
  isComplete: () => ({ status: 'unknown' }),
};

/** tslab's server with answers as the Jupyter protocol wants them; it binds the sockets and reads from them. */
function correctServer(cells, output) {
  const answers = {
    execute_request: (server, socket, message) => cells.run(server, socket, message),
    kernel_info_request: () => kernelInfo,
    complete_request: ({ handler }, _socket, { content }) =>
      attempt(() => handler.handleComplete(content), NOTHING.complete(content)),
    inspect_request: ({ handler }, _socket, { content }) =>
      attempt(() => handler.handleInspect(content), NOTHING.inspect()),
    is_complete_request: ({ handler }, _socket, { content }) =>
      attempt(() => handler.handleIsComplete(content), NOTHING.isComplete()),
    comm_info_request: () => ({ comms: {} }),
    history_request: () => ({ history: [] }),
    interrupt_request: () => {
      interrupt();
      return {};
    },
    shutdown_request: (_server, _socket, { content }) => ({ restart: content.restart === true }),
  };

  Object.assign(ZmqServer.prototype, {
    async bindSocket(socket, port) {
      socket.sendHighWaterMark = 0; // by default all but 1000 messages that wait to be sent are dropped
      const { transport, ip } = this.connInfo;
      // zeromq's bind() runs in a thread, and refuses to read until its end is seen. A message that comes before then would
      // be the last: tslab reads already, and gives up at the refusal.
      socket.bindSync(`${transport}://${ip}${transport === 'ipc' ? '-' : ':'}${port}`);
    },

    async handleShellMessage(socket, ...frames) {
      const message = parse(this.connInfo.key, frames);
      if (message === undefined) return;
      const type = message.header.msg_type;
      this.publish(message, 'status', { execution_state: 'busy' });
      if (Object.hasOwn(answers, type)) {
        const content = await answers[type](this, socket, message);
        this.reply(socket, message, { status: 'ok', ...content });
      }
      this.publish(message, 'status', { execution_state: 'idle' });
      if (type === 'shutdown_request') shutDown(this);
    },

    publish(parent, type, content) {
      if (this.iopub.closed) return; // what still runs may print while the kernel ends
      if (type !== 'stream') output.flush();
      send(this.iopub, compose(this.connInfo.key, parent, type, content));
    },

    reply(socket, parent, content) {
      const type = parent.header.msg_type.replace(/request$/, 'reply');
      send(socket, compose(this.connInfo.key, parent, type, content, parent.identity));
    },
  });
}

function attempt(answer, otherwise) {
  try {
    return answer();
  } catch {
    return otherwise;
  }
}

module.exports = { correctServer };
