import { Presets, SingleBar } from 'cli-progress';

/** How far a download has come. */
export interface Progress {
  receivedBytes: number;
  /** Absent when the server does not say. */
  totalBytes: number | undefined;
  bytesPerSecond: number;
  /** Absent while the total or the rate is unknown. */
  secondsLeft: number | undefined;
}

export const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

/** For people: `85.0 of 170.1 MB, 12.1 MB/s, 7 s left`. */
export function describeProgress({ receivedBytes, totalBytes, bytesPerSecond, secondsLeft }: Progress): string {
  const amount =
    totalBytes === undefined ? megabytes(receivedBytes) : `${megabytes(receivedBytes)} of ${megabytes(totalBytes)}`;
  const left = secondsLeft === undefined ? '' : `, ${Math.ceil(secondsLeft)} s left`;
  return `${amount}, ${megabytes(bytesPerSecond)}/s${left}`;
}

const PROGRESS_MS = 200;

/** Calls `onProgress` a few times a second, and once more at the end. The rate counts what came after `startBytes`. */
export function progressReporter(
  startBytes: number,
  totalBytes: number | undefined,
  onProgress?: (progress: Progress) => void,
): (receivedBytes: number, done?: boolean) => void {
  const start = performance.now();
  let last = start;
  return (receivedBytes, done = false) => {
    const now = performance.now();
    if (onProgress === undefined || (!done && now - last < PROGRESS_MS)) return;
    last = now;
    const bytesPerSecond = (receivedBytes - startBytes) / Math.max((now - start) / 1000, 1e-3);
    const known = totalBytes !== undefined && bytesPerSecond > 0;
    const secondsLeft = known ? Math.max(totalBytes - receivedBytes, 0) / bytesPerSecond : undefined;
    onProgress({ receivedBytes, totalBytes, bytesPerSecond, secondsLeft });
  };
}

/**
 * Shows a download as a bar on a terminal's stderr; prints nothing where stderr is not a terminal. `stop` it in any case:
 * a bar that is not stopped keeps its process alive.
 */
export function terminalProgress(title: string): { update: (progress: Progress) => void; stop: () => void } {
  const format = `${title} {bar} {percentage}% | {text}`;
  const bar = new SingleBar({ format, linewrap: true }, Presets.shades_classic);
  return {
    update(progress) {
      if (progress.totalBytes === undefined) return; // a bar without an end says nothing
      if (!bar.isActive) bar.start(progress.totalBytes, 0, { text: '' });
      bar.update(progress.receivedBytes, { text: describeProgress(progress) });
    },
    stop() {
      if (bar.isActive) bar.stop();
    },
  };
}
