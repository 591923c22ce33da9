const { createHash } = require('node:crypto');
const { readFileSync, statSync } = require('node:fs');
const Module = require('node:module');
const { isOfProject } = require('./project.js');

/** The project's modules as they were loaded, by path: a digest of what was read, and when it was written. */
const loaded = new Map();

/** From now on it is kept what the project's modules were like when they were loaded. */
function watchModules() {
  const { load } = Module.prototype;
  Module.prototype.load = function (filename) {
    if (isOfProject(filename)) loaded.set(filename, { digest: digest(filename) });
    return load.call(this, filename);
  };
}

/** Drops modules that changed since, and the modules that need them. Gives the paths of the dropped ones. */
function dropChanged() {
  const changed = [...loaded].filter(([path, seen]) => path in require.cache && hasChanged(path, seen));
  const dropped = new Set(changed.map(([path]) => path));
  for (let size = -1; dropped.size !== size && dropped.size > 0; ) {
    size = dropped.size;
    for (const [path, module] of Object.entries(require.cache))
      if (module.children.some(({ filename }) => dropped.has(filename))) dropped.add(path);
  }
  for (const path of dropped) delete require.cache[path];
  return dropped;
}

/** A build writes every file anew, most of them as they were. A file that is missing is being written. */
function hasChanged(path, seen) {
  const written = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (written === undefined || written === seen.written) return false;
  const now = digest(path);
  if (now === undefined) return false;
  seen.written = written;
  return now !== seen.digest;
}

function digest(path) {
  try {
    return createHash('sha1').update(readFileSync(path)).digest('hex');
  } catch {
    return undefined;
  }
}

module.exports = { watchModules, dropChanged };
