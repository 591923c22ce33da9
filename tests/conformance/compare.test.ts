import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';

interface Result {
  name: string;
  status: string;
  message: string;
}

const result = (name: string, status = 'passed', message = ''): Result => ({ name, status, message });

/** Calls a function of compare.mjs. */
function call<T>(name: string, ...values: unknown[]): T {
  const program = `import { ${name} } from './tests/conformance/compare.mjs';
    console.log(JSON.stringify(${name}(${values.map((value) => JSON.stringify(value)).join(', ')})));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })) as T;
}

/** The specs that count as regressions, and why. */
const regressions = (cpu: Result[], ours: Result[]) =>
  call<Result[]>('findRegressions', cpu, ours).map(({ name, message }) => `${name}: ${message}`);

describe('the comparison of conformance results', () => {
  it('finds what fails, is skipped or did not run though cpu passes it', () => {
    const cpu = ['add', 'sub', 'mul', 'div'].map((name) => result(name));
    const ours = [result('add'), result('sub', 'failed', 'no'), result('mul', 'pending')];
    assert.deepEqual(regressions(cpu, ours), ['sub: no', 'mul: it did not run', 'div: it did not run']);
    assert.deepEqual(regressions(cpu, cpu), []);
  });

  it('lets pass what fails or is skipped on cpu too, and the specs for cpu alone', () => {
    const cpu = [result('add', 'failed', 'no'), result('sub', 'pending'), result('Switching cpu backends moves')];
    assert.deepEqual(regressions(cpu, [result('add', 'failed', 'no'), result('sub', 'pending')]), []);
  });

  it('tells specs of one name apart, and finds failures that cpu does not have at all', () => {
    const cpu = [result('add'), result('add')];
    const ours = [result('add'), result('add', 'failed', 'no'), result('a suite', 'failed', 'dispose threw')];
    assert.deepEqual(regressions(cpu, ours), ['add (2): no', 'a suite: dispose threw']);
  });

  it('does not believe a bundle without its specs', () => {
    const specs = (count: number) => new Array(count).fill({ status: 'passed' });
    assert.equal(call('enough', specs(3999)), false);
    assert.equal(call('enough', specs(4000)), true);
  });
});
