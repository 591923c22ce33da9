import { setRandomSeed } from '../random';

/** One thing that an answer must do: it returns, or throws an error that says what was received and expected. */
export type Check = () => unknown;

/** The name of what ends a cell that is interrupted: it must end the checks too. */
const INTERRUPTED = 'Interrupted';

/**
 * Makes the checks of a task one after the other, prints what each found, and gives the points that they earn: an equal
 * share for each. A check that fails does not keep the others from being made. Random numbers are seeded before each, so
 * that no result depends on luck or on what ran before.
 *
 * As the last value of a cell that nbgrader grades, the number is the cell's score.
 *
 * @param points what the checks together are worth, above 0.
 * @param checks by what each of them says, in the order in which they are made.
 * @returns points, rounded down to hundredths; all of them when every check passes.
 * @throws RangeError when points is not above 0 or there is no check.
 */
export async function grade(points: number, checks: Record<string, Check>): Promise<number> {
  const entries = Object.entries(checks);
  if (!(points > 0)) throw new RangeError(`points must be above 0; received ${points}.`);
  if (entries.length === 0) throw new RangeError('There must be a check to grade by; received none.');
  let passed = 0;
  for (const [what, check] of entries) {
    const failure = await failureOf(check);
    if (failure === undefined) passed += 1;
    console.log(failure === undefined ? `✔ ${what}` : `✘ ${what}\n${failure.replace(/^/gm, '    ')}`);
  }
  const earned = passed === entries.length ? points : Math.floor((100 * points * passed) / entries.length) / 100;
  console.log(`${earned} of ${points} points`);
  return earned;
}

/** What a check throws, in words. */
async function failureOf(check: Check): Promise<string | undefined> {
  setRandomSeed(1);
  try {
    await check();
    return undefined;
  } catch (error) {
    if (error instanceof Error && error.name === INTERRUPTED) throw error;
    return error instanceof Error ? error.message : `Something was thrown that is no Error: ${String(error)}`;
  }
}
