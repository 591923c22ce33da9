// A kernel whose threads have to wait for the processor at the worst moment: its sockets listen, and it doesn't know yet.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { temporaryFolder } from '../helpers/folder';
import { runCells, shown } from '../helpers/jupyter';
import { makeKernelspec } from '../helpers/kernelspec';

const ROOT = join(__dirname, '..', '..');

const FIND_COMPILER = "import { findCompiler } from './scripts/tensorflow/programs.mjs'; console.log(findCompiler());";

/** After `listen`, a thread tells zeromq's own one to accept connections: the next `write`. From there on it sleeps. */
const PREEMPT = `
#include <dlfcn.h>
#include <unistd.h>
template <typename F> static F real(const char* name) { return reinterpret_cast<F>(dlsym(RTLD_NEXT, name)); }
static thread_local bool listens = false;
extern "C" int listen(int socket, int backlog) {
  listens = true;
  return real<int (*)(int, int)>("listen")(socket, backlog);
}
extern "C" ssize_t write(int file, const void* bytes, size_t count) {
  const ssize_t written = real<ssize_t (*)(int, const void*, size_t)>("write")(file, bytes, count);
  if (listens) {
    listens = false;
    usleep(300000);
  }
  return written;
}`;

it('a kernel that is held up while it begins to listen hears what comes', {
  skip: process.platform !== 'linux',
}, async () => {
  const folder = temporaryFolder();
  const [source, library] = [join(folder, 'preempt.cc'), join(folder, 'preempt.so')];
  writeFileSync(source, PREEMPT);
  const options = { cwd: ROOT, encoding: 'utf8' } as const;
  const compiler = execFileSync(process.execPath, ['--input-type=module', '-e', FIND_COMPILER, 'eval'], options).trim();
  execFileSync(compiler, ['-shared', '-fPIC', '-o', library, source, '-ldl']);
  const argv = ['node', join(ROOT, 'jupyter/kernel/main.js'), '{connection_file}'];
  const kernels = makeKernelspec('tslab', argv, { LD_PRELOAD: library });
  const { sum } = await runCells({ sum: '1 + 1' }, { kernels });
  assert.equal(shown(sum), '2');
});
