/** matplotlib's viridis at ten equally spaced places (van der Walt and Smith 2015, CC0): even steps for the eye. */
const VIRIDIS = [
  '440154',
  '482878',
  '3e4989',
  '31688e',
  '26828e',
  '1f9e89',
  '35b779',
  '6ece58',
  'b5de2b',
  'fde725',
].map((hex) => [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)));

/** The colour [red, green, blue] of a value from 0 to 1, in bytes; values beyond count as the nearest. */
export function viridis(value: number): number[] {
  const place = (value > 0 ? Math.min(value, 1) : 0) * (VIRIDIS.length - 1); // what is no number counts as 0
  const low = Math.min(Math.floor(place), VIRIDIS.length - 2);
  return VIRIDIS[low].map((from, c) => Math.round(from + (VIRIDIS[low + 1][c] - from) * (place - low)));
}
