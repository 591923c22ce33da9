/**
 * Up to Node 22 the asynchronous context of a promise is kept in properties of it that everybody sees who prints one.
 * They become invisible: setters behind the promises define them anew.
 */
function hideContext(context) {
  const probe = context.run({}, () => Promise.resolve());
  for (const key of Object.getOwnPropertySymbols(probe)) {
    Object.defineProperty(Promise.prototype, key, {
      configurable: true,
      set(value) {
        Object.defineProperty(this, key, { value, writable: true, configurable: true });
      },
    });
  }
}

module.exports = { hideContext };
