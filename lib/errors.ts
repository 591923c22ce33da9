/**
 * Data that is missing or damaged: an archive that can't be fetched, fails its check, or doesn't hold what it should.
 * The message is one sentence that says what was received, what was expected and what to do.
 */
export class DataError extends Error {
  override readonly name = 'DataError';
}

/** A package that is not everybody's, and not here. */
export class MissingPackage extends Error {
  override readonly name = 'MissingPackage';
}

/** The message of whatever was thrown, with the cause that Node's `fetch` hides behind "fetch failed". */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause;
  if (cause instanceof AggregateError && cause.errors.length > 0) return reason(cause.errors[0]);
  return cause instanceof Error ? reason(cause) : error.message;
}
