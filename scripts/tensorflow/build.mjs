// The packages' own binding, built against the TensorFlow that a Python wheel carries. The binding uses Node-API and
// TensorFlow's C API alone, so neither Node's version nor TensorFlow's matters to it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, venv } from '../setup.mjs';

/** Where there is a wheel with TensorFlow's C library that a compiler can link with. */
const WHEELS = { cpu: ['linux x64', 'linux arm64', 'darwin arm64'], gpu: ['linux x64'] };
/** Of the wheel that is fetched: nothing of Python runs, so it need not be the Python of this machine. */
const PYTHON = '3.12';
const NODE_API = 8;

/** Throws, with the fix, where no wheel can serve. */
export function checkWheel(kind, { platform = process.platform, arch = process.arch } = {}) {
  if (WHEELS[kind].includes(`${platform} ${arch}`)) return;
  throw new Error(
    `There is no TensorFlow wheel to build with for ${platform} on ${arch}; looked for one for ${WHEELS[kind].join(', ')}. The backend 'simd' works here, and \`npm run setup:webgpu\` brings the GPU.`,
  );
}

/** Fetches the wheels, whose hashes the requirements name, into `folder`; gives the folder of TensorFlow in it. */
export function fetchWheel(kind, folder) {
  const target = join(folder, 'python');
  const requirements = join(ROOT, 'scripts', 'tensorflow', `${kind}.txt`);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--require-hashes'];
  const foreign = ['--only-binary=:all:', '--python-version', PYTHON, '--target', target];
  run(venv('python'), [...pip, ...foreign, '-r', requirements], 'Fetching TensorFlow');
  return join(target, 'tensorflow');
}

/** Compiles the binding of the package, with the library found relative to it, so that the repository may move. */
export function buildBinding(compiler, folder, packageName, tensorflow) {
  const location = join(folder, 'node_modules', packageName);
  const sources = readdirSync(join(location, 'binding')).filter((name) => name.endsWith('.cc'));
  const target = join(location, 'lib', `napi-v${NODE_API}`);
  mkdirSync(target, { recursive: true });
  const isMac = process.platform === 'darwin';
  const origin = isMac ? '@loader_path' : '$ORIGIN';
  const includes = [join(folder, 'node_modules', 'node-api-headers', 'include'), join(tensorflow, 'include')];
  const args = [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', `-DNAPI_VERSION=${NODE_API}`],
    ...includes.map((path) => `-I${path}`),
    ...sources.map((name) => join(location, 'binding', name)),
    ...['-o', join(target, 'tfjs_binding.node')],
    ...libraries(tensorflow),
    `-Wl,-rpath,${origin}/../../../../../python/tensorflow`,
    ...(isMac ? ['-undefined', 'dynamic_lookup'] : []),
  ];
  const { status, stderr, error } = spawnSync(compiler, args, { encoding: 'utf8' });
  if (status === 0) return;
  const lines = (stderr ?? '').split('\n').filter((line) => /error|undefined|cannot find|not found/i.test(line));
  const said = error?.message ?? (lines.length > 0 ? lines.slice(0, 5).join('\n') : `it ended with ${status}`);
  throw new Error(
    `The compiler ${compiler} could not build the binding of ${packageName} against ${tensorflow}:\n${said}\nIt should be one for C++17: GCC 8, Clang 7 or later (another one: CXX=…).`,
  );
}

/** TensorFlow's two libraries, by the names that its wheels give them. */
function libraries(tensorflow) {
  return ['tensorflow_cc', 'tensorflow_framework'].map((name) => {
    const candidates = [`lib${name}.so.2`, `lib${name}.2.dylib`].map((file) => join(tensorflow, file));
    const found = candidates.find((path) => existsSync(path));
    if (found === undefined) {
      throw new Error(
        `The wheel should hold ${candidates.join(' or ')}; it has another layout than TensorFlow 2.21's.`,
      );
    }
    return found;
  });
}
