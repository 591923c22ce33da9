import { describeProgress, type Progress } from '../data/progress';
import type { Split } from '../data/types';
import type { Figure } from './figure';
import { type ImageGridOptions, plotImages } from './images';
import { figureSvg } from './svg';

/** One output of a notebook cell: the same thing in several formats, of which the front end takes the best it knows. */
type Bundle = Record<string, unknown>;
type Write = (content: { data: Bundle; metadata: object; transient: { display_id: string } }, update: boolean) => void;

let displays = 0;

/**
 * An output of the running cell that can be replaced. Outside a notebook its text is printed, once for each change.
 */
function newOutput(): (bundle: Bundle) => void {
  displays += 1;
  const id = `resnet-lab-${process.pid}-${displays}`;
  let shown = false;
  return (bundle) => {
    const write = notebookWriter();
    if (write === undefined) console.log(bundle['text/plain']);
    else write({ data: bundle, metadata: {}, transient: { display_id: id } }, shown);
    shown = true;
  };
}

/** Whether outputs go to a notebook; elsewhere they are printed. */
export const isNotebook = (): boolean => notebookWriter() !== undefined;

/** tslab's way to send an output, when this process is its kernel. */
function notebookWriter(): Write | undefined {
  const suffix = ['tslab', 'dist', 'jupyter.js'].join(process.platform === 'win32' ? '\\' : '/');
  const path = Object.keys(require.cache).find((name) => name.endsWith(suffix));
  return path === undefined ? undefined : (require.cache[path]?.exports.lastWriteDisplayData ?? undefined);
}

/** A place below the running notebook cell for figures that replace one another; elsewhere prints what they show. */
export function newDisplay(): (figure: Figure) => void {
  const update = newOutput();
  return (figure) => {
    const { data, layout, description } = figure;
    update({
      'application/vnd.plotly.v1+json': { data, layout },
      'image/svg+xml': figureSvg(figure),
      'text/plain': description,
    });
  };
}

/** Shows a figure below the running notebook cell; elsewhere prints what it shows. */
export function show(figure: Figure): void {
  newDisplay()(figure);
}

/** Shows images in a grid below the running notebook cell. Takes what `plotImages` takes. */
export function showImages(images: Split['images'], options: ImageGridOptions = {}): void {
  show(plotImages(images, options));
}

/** Shows how far a download has come, in one line that changes: `loadCifar10({ onProgress: showProgress() })`. */
export function showProgress(): (progress: Progress) => void {
  const update = newOutput();
  return (progress) => update({ 'text/plain': describeProgress(progress) });
}
