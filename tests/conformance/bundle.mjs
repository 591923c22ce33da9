import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const HERE = dirname(fileURLToPath(import.meta.url));
/** Below node_modules, where the bundle finds jasmine-core and git does not look. */
const BUNDLE = join(HERE, '..', '..', 'node_modules', '.cache', 'conformance', 'specs.cjs');

/** Backends start their workers and read their .wasm files from beside their own file, not from beside the bundle. */
const trueFolders = {
  name: 'true-folders',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/](lib[\\/]dist|tfjs-backend-wasm[\\/](dist|wasm-out))[\\/].*\.js$/ }, ({ path }) => {
      const declaration = `const __dirname = ${JSON.stringify(dirname(path))}, __filename = ${JSON.stringify(path)};`;
      return { contents: readFileSync(path, 'utf8').replace(/^("use strict";)?/, (strict) => strict + declaration) };
    });
  },
};

/** Bundles specs.mjs and gives the path of the bundle. */
export async function bundleSpecs() {
  const { metafile } = await build({
    entryPoints: [join(HERE, 'specs.mjs')],
    outfile: BUNDLE,
    bundle: true,
    platform: 'node',
    mainFields: ['module', 'main'], // the CommonJS build of tfjs-core is a second copy, without the specs' internals
    ignoreAnnotations: true, // tfjs-core says that its specs have no side effects, so esbuild would drop them all
    external: ['jasmine-core'],
    plugins: [trueFolders],
    metafile: true,
    logLevel: 'error',
  });
  const copies = Object.keys(metafile.inputs).filter((path) => /tfjs-core\/dist\/(engine|tf-core.*)\.js$/.test(path));
  if (copies.length !== 1) throw new Error(`The bundle should hold tfjs-core once, but holds ${copies.join(', ')}.`);
  return BUNDLE;
}
