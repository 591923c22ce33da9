const { join, normalize, sep } = require('node:path');

const ROOT = join(__dirname, '..', '..') + sep;
const PACKAGES = `${sep}node_modules${sep}`;

/** Whether a learner may change the file: neither an installed package nor the kernel itself, which can't be reloaded. */
function isOfProject(path) {
  const file = normalize(path); // the compiler writes / everywhere
  return file.startsWith(ROOT) && !file.includes(PACKAGES) && !file.startsWith(__dirname + sep);
}

module.exports = { isOfProject };
