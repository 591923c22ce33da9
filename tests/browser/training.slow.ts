/// <reference lib="dom" />
// A learner watches a training, stops it, goes on, starts the kernel anew, and meets an error.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { choose, idle, openNotebook, screenshot, withJupyterLab, withPage } from './jupyterlab';

const NOTEBOOK = 'test-results/notebooks/training.ipynb';
const CELLS = [
  `import { adam, fit, liveHistory, loadDataset, preprocess, resnetV1, setRandomSeed, takeImages, useBackend } from 'resnet-lab';
await useBackend();
const data = await loadDataset('emoji10');
setRandomSeed(1);
const model = resnetV1([32, 32, 3], 8);
const images = takeImages(data.train, 2000);`,
  `const history = await fit(model, images, {
  epochs: 20, optimizer: adam(1e-3), preprocess: preprocess.pixelMean(images), seed: 1, callbacks: [liveHistory('ResNet-8')],
});`,
  "console.log('after', history.steps.loss.length, 'steps');",
  'const first: number = 1;\nconst second: string = first;',
];

function writeNotebook(): void {
  const metadata = { kernelspec: { name: 'tslab', display_name: 'TypeScript', language: 'typescript' } };
  const cells = CELLS.map((source, i) => ({
    ...{ cell_type: 'code', id: `cell-${i}`, metadata: {}, execution_count: null, outputs: [], source },
  }));
  mkdirSync('test-results/notebooks', { recursive: true });
  writeFileSync(NOTEBOOK, JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }));
}

const cell = (page: Page, i: number) => page.locator('.jp-NotebookPanel .jp-CodeCell').nth(i);
const title = (page: Page) => cell(page, 1).locator('.gtitle');
const prompt = (page: Page, i: number) => cell(page, i).locator('.jp-InputPrompt');

async function run(page: Page, i: number): Promise<void> {
  await cell(page, i).locator('.cm-content').click();
  await page.keyboard.press('Control+Enter');
}

async function runToTheEnd(page: Page, i: number): Promise<void> {
  await run(page, i);
  await page.waitForFunction(
    (index) =>
      /^\[\d+\]:$/.test(
        document.querySelectorAll('.jp-NotebookPanel .jp-CodeCell .jp-InputPrompt')[index]?.textContent ?? '',
      ),
    i,
    { timeout: 60_000 },
  );
}

/** Steps since the beginning, from a figure's title: 63 steps make an epoch. */
async function stepsShown(page: Page): Promise<number> {
  const [, epoch, step] = /epoch (\d+) of 20, step (\d+) of 63/.exec((await title(page).textContent()) ?? '') ?? [];
  return (Number(epoch) - 1) * 63 + Number(step);
}

/** The number of a step that is beyond `least`. */
async function moved(page: Page, least: number): Promise<number> {
  for (const end = Date.now() + 60_000; Date.now() < end; await page.waitForTimeout(100)) {
    const steps = await stepsShown(page);
    if (steps > least) return steps;
  }
  throw new Error(`The curve stays at '${await title(page).textContent()}'; it should go beyond step ${least}.`);
}

describe('a training in JupyterLab', () => {
  it('is watched, stopped, gone on with; the kernel starts anew; an error is shown where it is', async () => {
    writeNotebook();
    await withJupyterLab((address) =>
      withPage(async (page) => {
        await openNotebook(page, address, NOTEBOOK);
        await runToTheEnd(page, 0);

        await run(page, 1);
        await title(page).waitFor({ timeout: 60_000 });
        const early = await moved(page, 0);
        const later = await moved(page, early);
        await screenshot(page, 'training-running');
        assert.match((await title(page).textContent()) ?? '', /learning rate 0\.001, \d+ (s|min \d+ s) left/);
        const points = await cell(page, 1)
          .locator('.js-plotly-plot')
          .evaluate((plot) => {
            const { data } = plot as unknown as { data: { x: number[] }[] };
            return data[0].x.length;
          });
        assert.ok(points > 5, `${points} points in the curve`);

        await page.getByRole('button', { name: 'Interrupt the kernel' }).first().click();
        await idle(page);
        const stopped = cell(page, 1).getByText(/Stopped in epoch \d+ after \d+ of 63 steps/);
        await stopped.waitFor({ timeout: 10_000 });
        const [, epoch, step] = (/epoch (\d+) after (\d+)/.exec((await stopped.textContent()) ?? '') ?? []).map(Number);
        const done = (epoch - 1) * 63 + step;
        assert.ok(done >= later && done < 20 * 63, `stopped after ${done} steps`);
        await screenshot(page, 'training-stopped');
        await runToTheEnd(page, 2);
        assert.equal(
          (await cell(page, 2).locator('.jp-OutputArea-output').textContent())?.trim(),
          `after ${done} steps`,
        );

        await run(page, 1);
        await page.waitForTimeout(1500);
        const goneOn = await moved(page, done);
        assert.ok(goneOn > done, 'the same call goes on');
        await screenshot(page, 'training-goes-on');
        await page.getByRole('button', { name: 'Interrupt the kernel' }).first().click();
        await idle(page);

        await page.keyboard.press('Control+s');
        await page.waitForTimeout(1500);
        await page.reload();
        await title(page).waitFor({ timeout: 60_000 });
        await idle(page);
        await screenshot(page, 'training-reloaded');

        await choose(page, 'Kernel', /^Restart Kernel…/);
        await page.locator('.jp-Dialog .jp-mod-accept').click();
        await page.waitForTimeout(2000);
        await idle(page);
        await runToTheEnd(page, 2);
        await cell(page, 2).getByText("Cannot find name 'history'").first().waitFor({ timeout: 10_000 });

        await runToTheEnd(page, 3);
        const error = (await cell(page, 3).locator('.jp-OutputArea-output').allTextContents()).join('\n');
        assert.match(error, /Type 'number' is not assignable to type 'string'/);
        assert.match(error, /> 2 \| const second: string = first;/, 'the line and its neighbours');
        assert.equal(await prompt(page, 3).textContent(), '[2]:');
        await screenshot(page, 'error-cell');
      }),
    );
  });
});
