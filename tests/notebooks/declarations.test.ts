// tslab reads the library's declarations with a compiler of 2023: what newer ones infer must not leak into them.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, it } from 'node:test';

type TypeScript = typeof import('@tslab/typescript-for-tslab');

describe("the library's declarations", () => {
  it("compile with tslab's own compiler, strictly and without skipping any", () => {
    const require = createRequire(createRequire(__filename).resolve('tslab/package.json'));
    const ts = require('@tslab/typescript-for-tslab') as TypeScript;
    const folder = join('test-results', 'declarations');
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'use.ts');
    writeFileSync(
      file,
      "import { fit, loadDataset, resnetV1 } from 'resnet-lab';\nexport { fit, loadDataset, resnetV1 };\n",
    );
    const program = ts.createProgram([file], {
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      esModuleInterop: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Node10,
      types: ['node'],
    });
    const ours = ts
      .getPreEmitDiagnostics(program)
      .filter(({ file: of }) => /[\\/](lib[\\/]dist|declarations)[\\/]/.test(of?.fileName ?? ''));
    const messages = ours.map((d) => `${d.file?.fileName}: ${ts.flattenDiagnosticMessageText(d.messageText, '\n')}`);
    assert.deepEqual(messages, []);
    const seen = program.getSourceFiles().map(({ fileName }) => fileName);
    assert.ok(
      seen.some((name) => name.endsWith('lib/dist/training/fit.d.ts')),
      'the declarations were read',
    );
  });
});
