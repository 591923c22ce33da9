/** A figure as plain Plotly JSON, made by a pure function: anything that draws Plotly can draw it. */
export interface Figure {
  data: Record<string, unknown>[];
  layout: Record<string, unknown>;
  /** The figure in words, for those who can't see it and for places that can't draw it. */
  description: string;
}

/** Colours that people with any colour vision tell apart (Okabe and Ito 2008). */
export const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];

/** Pixels around curves: room for the title, the axes' words and the legend. */
export const CURVE_MARGIN = { l: 60, r: 140, t: 50, b: 50 };

/** A position: a number, or one of an axis's categories; null leaves a gap. */
export type Value = number | string | null;

// The part of Plotly's JSON that the figures of this library use, and that svg.ts therefore draws.

export interface Trace {
  type?: 'scatter' | 'heatmap' | 'image';
  name?: string;
  mode?: string;
  xaxis?: string;
  x?: Value[];
  y?: Value[];
  /** Of a heatmap: rows of values from 0 on. */
  z?: number[][];
  /** Of an image: a data URI. */
  source?: string;
  showlegend?: boolean;
  line?: { color?: string; width?: number };
}

export interface Axis {
  title?: { text: string };
  type?: string;
  range?: number[];
  domain?: number[];
  dtick?: number;
  rangemode?: string;
  autorange?: string;
  visible?: boolean;
  scaleanchor?: string;
}

export interface Shape {
  /** A line, a rectangle, or a path of `M`, `L` and `Q` in the axes' units. */
  type: 'line' | 'rect' | 'path';
  x0?: number;
  x1?: number;
  y0?: number;
  y1?: number;
  path?: string;
  fillcolor?: string;
  line?: { color?: string; width?: number; dash?: string };
}

export interface Annotation {
  text: string;
  x: Value;
  y: Value;
  xanchor?: string;
  yanchor?: string;
  font?: { size?: number; color?: string };
}

export interface Layout {
  width?: number;
  height?: number;
  title?: { text: string };
  showlegend?: boolean;
  margin?: Partial<Record<'l' | 'r' | 't' | 'b', number>>;
  shapes?: Shape[];
  annotations?: Annotation[];
}
