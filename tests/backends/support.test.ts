// environment.md's table of platforms, GPUs and backends, and the learner's row of it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { describe, it } from 'node:test';
import { type BackendRow, backendsHere } from 'resnet-lab';
import { temporaryFolder } from '../helpers/folder';

interface Support {
  platform: string;
  gpu: string;
  simd: string;
  tensorflow: string;
  cuda: string;
  webgpu: string;
}
const { SUPPORT } = createRequire(__filename)('resnet-lab/dist/backends/support.js') as { SUPPORT: Support[] };

/** What `backendsHere` says where these programs are on the PATH first, scripts for a shell. */
function withPrograms(programs: Record<string, string>): { machine: string; rows: BackendRow[] } {
  const folder = temporaryFolder();
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const script = "require('resnet-lab').backendsHere().then((here) => console.log(JSON.stringify(here)));";
  const env = { ...process.env, PATH: folder + delimiter + process.env.PATH };
  return JSON.parse(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', env }));
}

const withDevices = (lines: string[]) =>
  withPrograms({ lspci: `cat <<'END'\n${lines.join('\n')}\nEND`, 'nvidia-smi': 'exit 9' });

describe('the table of backends', () => {
  it('stands in environment.md as it is in the library', () => {
    const text = readFileSync('environment.md', 'utf8');
    for (const { platform, gpu, simd, tensorflow, cuda, webgpu } of SUPPORT) {
      const line = `| ${[platform, gpu, simd, tensorflow, cuda, webgpu].join(' | ')} |`;
      assert.ok(text.includes(line), `environment.md lacks ${line}`);
    }
  });

  it('has each platform with each GPU once', () => {
    const keys = SUPPORT.map(({ platform, gpu }) => `${platform}, ${gpu}`);
    assert.equal(new Set(keys).size, keys.length);
  });

  it('gives this machine its row, with every backend', async () => {
    const { machine, rows } = await backendsHere();
    assert.match(machine, /^(Linux|WSL 2|Windows|macOS) (x86-64|arm64), (no|NVIDIA|AMD|Intel|Apple) GPU$/);
    assert.deepEqual(
      rows.map(({ backend }) => backend),
      ['tensorflow (CUDA)', 'webgpu', 'simd', 'tensorflow', 'wasm, cpu'],
    );
    for (const row of rows) assert.match(row['on such machines'], /^(tested|expected|software, tested|no: .+)$/);
    assert.equal(rows[2].here, 'installed');
  });

  const isLinux = process.platform === 'linux' && process.arch === 'x64';
  it('finds the GPU, the stronger of two', { skip: !isLinux && 'its stand-in is for Linux x86-64' }, () => {
    const intel = '00:02.0 VGA compatible controller: Intel Corporation Alder Lake-P GT2 [Iris Xe Graphics] (rev 0c)';
    const nvidia = '01:00.0 3D controller: NVIDIA Corporation GA107M [GeForce RTX 3050 Mobile] (rev a1)';
    const amd =
      '03:00.0 VGA compatible controller: Advanced Micro Devices, Inc. [AMD/ATI] Navi 23 [Radeon RX 6600] (rev c7)';
    const gpu = ({ machine }: { machine: string }) => /, (\w+) GPU$/.exec(machine)?.[1];
    const cuda = ({ rows }: { rows: BackendRow[] }) => rows[0]['on such machines'];
    assert.equal(gpu(withDevices([intel])), 'Intel');
    assert.equal(gpu(withDevices([amd])), 'AMD');
    const both = withDevices([intel, nvidia]);
    assert.deepEqual([gpu(both), cuda(both), both.rows[0].here], ['NVIDIA', 'expected', 'npm run setup:gpu']);
    assert.equal(cuda(withDevices([amd])), 'no: NVIDIA only');
    const container = withPrograms({ lspci: 'exit 1', 'nvidia-smi': 'echo NVIDIA L4' });
    assert.equal(gpu(container), 'NVIDIA', 'nothing but the driver tells');
  });
});
