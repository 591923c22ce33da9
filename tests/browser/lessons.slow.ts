/// <reference lib="dom" />
// A learner opens the lessons, runs every cell, and sees figures.
import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { choose, idle, openNotebook, runAll, screenshot, withJupyterLab, withPage } from './jupyterlab';

const LESSON_MS = 360_000;
/** JupyterLab saves what it runs by itself, so it runs copies, in a folder from which resnet-lab is found too. */
const COPIES = 'test-results/lessons';

/** Each lesson with the number of its cells that show figures. */
const LESSONS = [
  ['00-environment', 2],
  ['01-data', 5],
  ['02-residual-layers', 2],
  ['03-resnet', 6],
  ['04-training', 3],
  ['05-evaluation', 11],
  ['06-vgg16-transfer', 9],
] as const;

const PLOTLY = '[data-mime-type="application/vnd.plotly.v1+json"]';

/** Outputs that a learner should never meet. */
const ERRORS =
  '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"], .jp-OutputArea-output .jp-RenderedText[data-mime-type="application/vnd.jupyter.error"]';

/** Walks through the notebook with pictures; JupyterLab draws only the cells in sight. */
async function lookAtFigures(page: Page, lesson: string): Promise<number> {
  const figures = new Set<string>();
  const cells = page.locator('.jp-NotebookPanel .jp-Cell');
  const count = await cells.count();
  for (let i = 0; i < count; i++) {
    await cells.nth(i).scrollIntoViewIfNeeded();
    const figure = cells.nth(i).locator('.js-plotly-plot .main-svg').first();
    const hasOutput = await cells.nth(i).locator(PLOTLY).count();
    if (hasOutput === 0) continue;
    await figure.waitFor({ timeout: 20_000 });
    await page.waitForTimeout(300);
    const words = await cells.nth(i).locator(PLOTLY).first().getAttribute('aria-label');
    assert.ok((words ?? '').length > 10, 'a screen reader has something to say');
    figures.add(String(i));
    await screenshot(page, `${lesson}-${figures.size}`);
  }
  return figures.size;
}

/** The SVG that each figure of a committed notebook carries. */
function committedPictures(lesson: string): string[] {
  const { cells } = JSON.parse(readFileSync(`notebooks/${lesson}.ipynb`, 'utf8')) as {
    cells: { outputs?: { data?: Record<string, string | string[]> }[] }[];
  };
  const bundles = cells.flatMap(({ outputs }) => outputs ?? []).map(({ data }) => data?.['image/svg+xml']);
  return bundles.filter((svg) => svg !== undefined).map((svg) => ([] as string[]).concat(svg).join(''));
}

describe('JupyterLab', () => {
  it('shows every lesson as it is published, runs it to the end, with figures and without errors', async () => {
    cpSync('notebooks', COPIES, { recursive: true });
    await withJupyterLab((address) =>
      withPage(async (page) => {
        for (const [lesson, figures] of LESSONS) {
          await openNotebook(page, address, `${COPIES}/${lesson}.ipynb`);
          await screenshot(page, `${lesson}-opened`);
          // Nobody on this machine has run it, so the notebook is not trusted; its figures are drawn all the same.
          assert.ok((await lookAtFigures(page, `${lesson}-published`)) >= figures, `${lesson} as published`);
          await choose(page, 'Edit', 'Clear Outputs of All Cells');
          await runAll(page, LESSON_MS);
          await idle(page);
          const seen = await lookAtFigures(page, lesson);
          assert.equal(await page.locator(ERRORS).count(), 0, `${lesson} shows an error`);
          assert.ok(seen >= figures, `${lesson} shows ${seen} figures, expected ${figures}`);
        }
      }),
    );
  });

  it('the static pictures are SVG that a browser reads, and say what they show', async () => {
    await withPage(async (page) => {
      for (const [lesson, figures] of LESSONS) {
        const pictures = committedPictures(lesson);
        assert.ok(pictures.length >= figures, `${lesson} carries ${pictures.length} pictures`);
        for (const [i, svg] of pictures.entries()) {
          const problem = await page.evaluate((source) => {
            const parsed = new DOMParser().parseFromString(source, 'image/svg+xml');
            const title = parsed.querySelector('title')?.textContent ?? '';
            return parsed.querySelector('parsererror')?.textContent ?? (title.length > 10 ? '' : 'no title');
          }, svg);
          assert.equal(problem, '', `${lesson}, picture ${i + 1}`);
        }
        await page.setContent(pictures.join('<hr>'));
        await page.screenshot({ path: `test-results/${lesson}-svg.png`, fullPage: true });
      }
    });
  });
});
