const { setTimeout } = require('node:timers'); // a cell may replace the global ones

/** The reply leaves first. */
const LAST_MESSAGES_MS = 100;

/** Ends the process, whatever timers, sockets and threads the cells have left, and what they started in its group. */
function shutDown(server) {
  server.close();
  setTimeout(() => {
    endGroup();
    process.exit(0);
  }, LAST_MESSAGES_MS);
}

/** Where the kernel doesn't lead a process group, there is none of its number. */
function endGroup() {
  process.on('SIGTERM', () => {});
  try {
    process.kill(-process.pid, 'SIGTERM');
  } catch {}
}

module.exports = { shutDown };
