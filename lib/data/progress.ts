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

/** Shows a download as a bar on a terminal's stderr; prints nothing where stderr is not a terminal. */
export function terminalProgress(title: string): (progress: Progress) => void {
  let bar: SingleBar | undefined;
  return (progress) => {
    const total = progress.totalBytes ?? 0;
    if (bar === undefined) {
      bar = new SingleBar(
        { format: `${title} {bar} {percentage}% | {text}`, clearOnComplete: false },
        Presets.shades_classic,
      );
      bar.start(total, 0, { text: '' });
    }
    bar.update(progress.receivedBytes, { text: describeProgress(progress) });
    if (progress.receivedBytes >= total) bar.stop();
  };
}
