// Requests other than cells, and what is no request at all.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { printed, type Result, runCells, runKernel, type Step, shown } from '../helpers/jupyter';

const request = (type: string, content = {}): Step => ({ request: `${type}_request`, content });
const steps = {
  info: request('kernel_info'),
  comms: request('comm_info', { target_name: 'jupyter.widget' }),
  history: request('history', { hist_access_type: 'tail', n: 10, output: false, raw: true }),
  complete: request('complete', { code: 'Mat', cursor_pos: 3 }),
  inspect: request('inspect', { code: 'Math', cursor_pos: 2, detail_level: 0 }),
  isComplete: request('is_complete', { code: 'if (x) {' }),
  broken: request('complete', { code: 'x', cursor_pos: 'y' }),
  brokenInspect: request('inspect', { cursor_pos: 3 }),
  brokenIsComplete: request('is_complete', {}),
  unknown: { request: 'comm_open', content: { comm_id: 'x', target_name: 'y', data: {} }, noReply: true },
  debug: { request: 'debug_request', channel: 'control', noReply: true },
  first: "console.log('first');",
  uncounted: { code: '1', options: { store_history: false, user_expressions: { two: '2' } } },
  second: '2',
};

describe('requests', () => {
  let results: Record<keyof typeof steps, Result>;
  before(async () => {
    results = await runCells(steps);
  });

  it('for the kernel are answered with its versions', () => {
    const { reply, replyType } = results.info;
    assert.equal(replyType, 'kernel_info_reply');
    assert.deepEqual(
      [reply.status, reply.implementation, reply.implementation_version, reply.protocol_version],
      ['ok', 'tslab', '1.0.22', '5.3'],
    );
    assert.deepEqual(reply.language_info, {
      name: 'typescript',
      version: '5.0.4',
      mimetype: 'text/typescript',
      file_extension: '.ts',
      pygments_lexer: 'typescript',
      nbconvert_exporter: 'script',
      codemirror_mode: { mode: 'typescript', name: 'javascript', typescript: true },
    });
  });

  it('have replies of their own type and status', () => {
    const { comms, history, complete, inspect, isComplete } = results;
    assert.deepEqual([comms.replyType, comms.reply], ['comm_info_reply', { status: 'ok', comms: {} }]);
    assert.deepEqual([history.replyType, history.reply], ['history_reply', { status: 'ok', history: [] }]);
    assert.ok((complete.reply.matches as string[]).includes('Math'));
    assert.equal(inspect.reply.found, true);
    assert.equal(isComplete.reply.status, 'incomplete');
  });

  it('are answered also where they make no sense', () => {
    const { broken, brokenInspect, brokenIsComplete } = results;
    assert.deepEqual([broken.reply.status, brokenInspect.reply.status], ['ok', 'ok']);
    assert.equal(brokenIsComplete.reply.status, 'unknown');
  });

  it('of unknown types are passed over in silence', () => {
    assert.deepEqual([results.unknown.messages, results.debug.messages], [[], []]);
    assert.equal(printed(results.first), 'first\n');
    assert.equal(printed(results.first, 'stderr'), '');
  });

  it('count the cells that the history keeps', () => {
    assert.equal(results.first.reply.execution_count, 1);
    assert.equal(results.uncounted.reply.execution_count, 1);
    assert.deepEqual(results.uncounted.reply.user_expressions, {});
    assert.equal(results.second.reply.execution_count, 2);
  });
});

it('messages without a right signature, and garbage, are ignored', async () => {
  const header = JSON.stringify({ msg_id: '1', session: 's', username: 'u', msg_type: 'execute_request' });
  const results = await runKernel({
    steps: [
      { garbage: ['garbage'] },
      { garbage: ['<IDS|MSG>', 'wrong', header, '{}', '{}', '{"code": "throw 1"}'] },
      { garbage: ['<IDS|MSG>', 'wrong', '{', '{', '{', '{'] },
      { garbage: ['<IDS|MSG>'] },
      '5',
    ],
  });
  assert.equal(shown(results[0]), '5');
});
