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

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

/** For people: `85.0 of 170.1 MB, 12.1 MB/s, 7 s left`. */
export function describeProgress({ receivedBytes, totalBytes, bytesPerSecond, secondsLeft }: Progress): string {
  const amount =
    totalBytes === undefined ? megabytes(receivedBytes) : `${megabytes(receivedBytes)} of ${megabytes(totalBytes)}`;
  const left = secondsLeft === undefined ? '' : `, ${Math.ceil(secondsLeft)} s left`;
  return `${amount}, ${megabytes(bytesPerSecond)}/s${left}`;
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
