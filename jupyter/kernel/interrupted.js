/** What ends a cell that is interrupted: the reason of its signal, and what its loops throw. */
class Interrupted extends Error {
  constructor(message = 'The cell was interrupted.') {
    super(message);
    this.name = 'Interrupted';
  }
}

module.exports = { Interrupted };
