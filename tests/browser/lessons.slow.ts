/// <reference lib="dom" />
// A learner opens the lessons, runs every cell, and sees figures.
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { screenshot, withJupyterLab, withPage } from './jupyterlab';

const LESSON_MS = 180_000;
/** JupyterLab saves what it runs by itself, so it runs copies, in a folder from which resnet-lab is found too. */
const COPIES = 'test-results/lessons';

/** Outputs that a learner should never meet. */
const ERRORS =
  '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"], .jp-OutputArea-output .jp-RenderedText[data-mime-type="application/vnd.jupyter.error"]';

async function openLesson(page: Page, address: string, name: string): Promise<void> {
  await page.goto(
    address.replace(/\/lab[^?]*/, `/lab/workspaces/test-${process.pid}-${name}/tree/${COPIES}/${name}.ipynb`),
  );
  await page.locator('.jp-NotebookPanel .jp-CodeCell').first().waitFor({ timeout: 60_000 });
  await page.getByText('TypeScript | Idle').waitFor({ timeout: 60_000 }); // the status bar: the kernel is there
}

/** Runs all cells from the menu and waits until the last one has its number. */
async function runAll(page: Page): Promise<void> {
  await page.getByRole('menuitem', { name: 'Run', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Run All Cells', exact: true }).click();
  await page.waitForFunction(
    () => {
      const prompts = [...document.querySelectorAll('.jp-NotebookPanel .jp-CodeCell .jp-InputPrompt')];
      return prompts.length > 0 && prompts.every((prompt) => /^\[\d+\]:$/.test(prompt.textContent ?? ''));
    },
    undefined,
    { timeout: LESSON_MS },
  );
}

/** Walks through the notebook with pictures; JupyterLab draws only the cells in sight. */
async function lookAtFigures(page: Page, lesson: string): Promise<number> {
  const figures = new Set<string>();
  const cells = page.locator('.jp-NotebookPanel .jp-Cell');
  const count = await cells.count();
  for (let i = 0; i < count; i++) {
    await cells.nth(i).scrollIntoViewIfNeeded();
    const figure = cells.nth(i).locator('.js-plotly-plot .main-svg').first();
    const hasOutput = await cells.nth(i).locator('[data-mime-type="application/vnd.plotly.v1+json"]').count();
    if (hasOutput === 0) continue;
    await figure.waitFor({ timeout: 20_000 });
    await page.waitForTimeout(300);
    figures.add(String(i));
    await screenshot(page, `${lesson}-${figures.size}`);
  }
  return figures.size;
}

describe('JupyterLab', () => {
  it('runs every lesson to the end, with figures and without errors', async () => {
    cpSync('notebooks', COPIES, { recursive: true });
    await withJupyterLab((address) =>
      withPage(async (page) => {
        for (const [lesson, figures] of [
          ['00-environment', 2],
          ['01-data', 5],
          ['02-residual-layers', 1],
          ['03-resnet', 3],
          ['04-training', 3],
        ] as const) {
          await openLesson(page, address, lesson);
          await screenshot(page, `${lesson}-opened`);
          await runAll(page);
          const seen = await lookAtFigures(page, lesson);
          assert.equal(await page.locator(ERRORS).count(), 0, `${lesson} shows an error`);
          assert.ok(seen >= figures, `${lesson} shows ${seen} figures, expected ${figures}`);
        }
      }),
    );
  });
});
