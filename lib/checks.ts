/** Throws unless the value is a whole number of at least 1. */
export function checkCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`${name} should be a whole number of at least 1, received ${value}.`);
  }
}
