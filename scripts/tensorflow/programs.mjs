// Programs of the machine that the installation asks.
import { spawnSync } from 'node:child_process';
import { npmCommand } from '../setup.mjs';

/** What a program prints, or undefined where it can't be started or fails. */
export function ask(program, args) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 });
  return status === 0 ? `${stdout}${stderr}` : undefined;
}

/** Runs npm and throws, with the line that tells most of what it said, unless it succeeds. */
export function npmQuietly(args) {
  const [program, ...first] = npmCommand();
  const shell = program.endsWith('.cmd'); // Windows runs batch files through its shell only
  const { status, error, stdout, stderr } = spawnSync(program, [...first, ...args], { encoding: 'utf8', shell });
  if (error) throw error;
  if (status === 0) return;
  const lines = `${stdout}\n${stderr}`.split('\n').map((line) => line.trim());
  const telling = lines.find((line) => /^(\w*Error|npm error code E|.*\bE[A-Z]{4,}\b)/.test(line));
  throw new Error(`its installer failed (${telling ?? lines.filter(Boolean).at(-1)})`);
}

/** The first program that answers `--version`; throws, with the fix, when there is none. */
export function findCompiler(env = process.env, platform = process.platform) {
  const candidates = env.CXX ? [env.CXX] : ['c++', 'g++', 'clang++'];
  const found = candidates.find((program) => ask(program, ['--version']) !== undefined);
  if (found !== undefined) return found;
  const fix =
    platform === 'darwin'
      ? 'xcode-select --install'
      : 'apt install g++ (Fedora: dnf install gcc-c++), or name one in CXX';
  throw new Error(
    `A C++ compiler is needed to build the binding; looked for ${candidates.join(', ')} in the PATH, none starts. Install one: ${fix}.`,
  );
}
