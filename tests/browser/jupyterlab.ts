/// <reference lib="dom" />
// JupyterLab as `npm start` serves it, in a real browser.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { basename, delimiter, join } from 'node:path';
import { chromium, type Page } from 'playwright-core';

const ROOT = join(__dirname, '..', '..');
const SCREENSHOTS = join(ROOT, 'test-results');
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome'];
const START_MS = 120_000;

/** Chromium, from the variable CHROMIUM or the PATH. */
function findChromium(): string {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const installed = BROWSERS.flatMap((name) => folders.map((folder) => join(folder, name)));
  const path = [process.env.CHROMIUM, ...installed].find((candidate) => candidate && existsSync(candidate));
  if (path) return path;
  throw new Error('The browser tests need Chromium: install it (Debian: apt install chromium) or name it in CHROMIUM.');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Runs `npm start -- --no-browser` for as long as `use` runs, which gets the address with its token. */
export async function withJupyterLab<T>(use: (address: string) => Promise<T>): Promise<T> {
  const args = [join('scripts', 'start.mjs'), '--no-browser', '--port', String(await freePort())];
  const server = spawn(process.execPath, args, { cwd: ROOT });
  const ended = new Promise<void>((resolve) => server.on('exit', () => resolve()));
  try {
    const address = await new Promise<string>((resolve, reject) => {
      let output = '';
      const timer = setTimeout(() => reject(new Error(`JupyterLab gave no address: ${output}`)), START_MS);
      const read = (chunk: Buffer) => {
        output += chunk;
        const found = /http:\/\/127\.0\.0\.1:\d+\/lab\S*token=\w+/.exec(output);
        if (found) {
          clearTimeout(timer);
          resolve(found[0]);
        }
      };
      server.stdout.on('data', read);
      server.stderr.on('data', read);
      server.on('exit', (code) => reject(new Error(`npm start ended with ${code}: ${output}`)));
    });
    return await use(address);
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
}

export async function withPage<T>(use: (page: Page) => Promise<T>): Promise<T> {
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
    ],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1300, height: 1000 } });
    return await use(page);
  } finally {
    await browser.close();
  }
}

/** Keeps a picture for people to look at. */
export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}

/** Opens a notebook, by its path from the repository's root, in a workspace of its own. */
export async function openNotebook(page: Page, address: string, path: string): Promise<void> {
  const workspace = `test-${process.pid}-${basename(path, '.ipynb')}`;
  await page.goto(address.replace(/\/lab[^?]*/, `/lab/workspaces/${workspace}/tree/${path}`));
  await page.locator('.jp-NotebookPanel .jp-CodeCell').first().waitFor({ timeout: 60_000 });
  await idle(page); // the kernel is there
}

/** Waits until the status bar says that no cell runs. */
export async function idle(page: Page, timeout = 60_000): Promise<void> {
  await page.getByText('TypeScript | Idle').waitFor({ timeout });
}

/** Chooses from the menu bar. */
export async function choose(page: Page, menu: string, item: string | RegExp): Promise<void> {
  await page.getByRole('menuitem', { name: menu, exact: true }).click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
}

/** Runs all cells from the menu and waits until each has its number. */
export async function runAll(page: Page, timeout: number): Promise<void> {
  await choose(page, 'Run', 'Run All Cells');
  await page.waitForFunction(
    () => {
      const prompts = [...document.querySelectorAll('.jp-NotebookPanel .jp-CodeCell .jp-InputPrompt')];
      return prompts.length > 0 && prompts.every((prompt) => /^\[\d+\]:$/.test(prompt.textContent ?? ''));
    },
    undefined,
    { timeout },
  );
}
