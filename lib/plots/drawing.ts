import type { Annotation, Figure, Shape } from './figure';

/** Pixels above a drawing, for its title. */
const TITLE = 45;

/** A figure of shapes and words on a page without axes, whose units are pixels from the top left. */
export function drawing(
  { width, height, title }: { width: number; height: number; title: string },
  shapes: Shape[],
  words: Annotation[],
  description: string,
): Figure {
  return {
    data: [{ type: 'scatter', mode: 'markers', x: [], y: [] }], // without a trace Plotly draws no axes, and nothing on them
    layout: {
      title: { text: title },
      ...{ width, height: height + TITLE, margin: { l: 0, r: 0, t: TITLE, b: 0 }, showlegend: false },
      xaxis: { visible: false, range: [0, width], fixedrange: true },
      yaxis: { visible: false, range: [height, 0], fixedrange: true },
      shapes,
      annotations: words.map((word) => ({ yanchor: 'middle', showarrow: false, ...word })),
    },
    description,
  };
}
