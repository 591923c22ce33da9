/** A figure as plain Plotly JSON, made by a pure function: anything that draws Plotly can draw it. */
export interface Figure {
  data: Record<string, unknown>[];
  layout: Record<string, unknown>;
  /** The figure in words, for those who can't see it and for places that can't draw it. */
  description: string;
}

/** Colours that people with any colour vision tell apart (Okabe and Ito 2008). */
export const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
