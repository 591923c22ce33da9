// Notebooks of the exercises, as students change them.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Cell {
  id: string;
  cell_type: 'code' | 'markdown';
  source: string | string[];
  metadata: { nbgrader?: { grade_id: string; grade: boolean; locked: boolean; solution: boolean; points?: number } };
}

export interface Notebook {
  cells: Cell[];
}

export const readNotebook = (path: string): Notebook => JSON.parse(readFileSync(path, 'utf8'));

export function writeNotebook(path: string, notebook: Notebook): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(notebook));
}

export const sourceOf = ({ source }: Cell): string => [source].flat().join('');

export const idOf = ({ metadata }: Cell): string | undefined => metadata.nbgrader?.grade_id;

/** The notebook with other sources in the cells of the given names, all of which must be there. */
export function withSources(notebook: Notebook, sources: Record<string, string>): Notebook {
  const missing = Object.keys(sources).filter((id) => !notebook.cells.some((cell) => idOf(cell) === id));
  if (missing.length > 0) throw new Error(`The notebook has no cells ${missing}.`);
  const cells = notebook.cells.map((cell) => ({ ...cell, source: sources[idOf(cell) ?? ''] ?? cell.source }));
  return { ...notebook, cells };
}

/** The notebook without the cells of the given names. */
export const withoutCells = (notebook: Notebook, ids: string[]): Notebook => ({
  ...notebook,
  cells: notebook.cells.filter((cell) => !ids.includes(idOf(cell) ?? '')),
});
