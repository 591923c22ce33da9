// What must be on the machine before anything else: Node and Python. Everything else is installed by setup.mjs.
import { spawnSync } from 'node:child_process';

/** Major versions of Node and the least minor version of each. */
const NODE_VERSIONS = new Map([
  [20, 19],
  [22, 0],
  [24, 0],
  [26, 0],
]);

/** Throws, with the fix, unless this Node runs the project. */
export function checkNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  if (minor >= (NODE_VERSIONS.get(major) ?? Number.POSITIVE_INFINITY)) return;
  throw new Error(
    `Node ${version} found, but this project needs Node 20.19 or later, 22, 24 or 26. Install one from https://nodejs.org and run the command again.`,
  );
}

/** The first Python ≥ 3.11 on the PATH, as a command line; throws, with the fix, when there is none. */
export function findPython() {
  const candidates = process.platform === 'win32' ? [['py', '-3'], ['python']] : [['python3'], ['python']];
  const found = [];
  for (const command of candidates) {
    const [program, ...args] = command;
    const probe = spawnSync(
      program,
      [...args, '-c', 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])'],
      {
        encoding: 'utf8',
      },
    );
    if (probe.status === 0) {
      const version = probe.stdout.trim();
      const [major, minor] = version.split('.').map(Number);
      if (major === 3 && minor >= 11) return command;
      found.push(`${program} is Python ${version}`);
    } else if (/ensurepip|venv/.test(probe.stderr ?? '')) {
      found.push(`${program} lacks the module venv (on Debian and Ubuntu: apt install python3-venv)`);
    }
  }
  throw new Error(
    `Python 3.11 or later with venv is needed for JupyterLab; ${found.join(', ') || 'no Python was found'}. Install it from https://www.python.org or with your system's packages and run the command again.`,
  );
}
