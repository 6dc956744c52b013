import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SIMULATED_AGORA } from '../simulators/credentials.ts';
import {
  changeConfiguration,
  requestChange,
  requestStop,
  session,
  vendorEvent,
} from '../src/contract/messages.js';
import { SEARCH_ATTRIBUTES } from '../src/workflows/messages.ts';
import { historyText, keepHistory } from './support/histories.ts';
import { callsOf, tasksOf } from './support/ledger.ts';
import {
  eventually,
  startSession,
  startStack,
  stopSession,
  untilSession,
  type Stack,
} from './support/stack.ts';
import { commandsOf, inTerminal } from './support/terminal.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ environment: { DURASCRIBE_WATCH_SECONDS: '3600' } });
});
afterAll(() => stack.stop());

describe.concurrent('without HTTP', () => {
  test('a session is changed, read and stopped by messages to its workflow', async () => {
    const path = await startSession(stack, 'direct');
    const handle = stack.client.workflow.getHandle('agora:direct');
    const accepted = await handle.executeUpdate(changeConfiguration, {
      args: [{ languages: ['fr-FR'] }],
    });
    expect(accepted).toEqual({
      revision: 1,
      notBefore: expect.stringMatching(/Z$/),
      session: expect.objectContaining({ status: 'running', revision: 1 }),
    });
    await handle.signal(requestChange, { subscribeAudioUids: ['100'] });
    await untilSession(stack, path, { appliedRevision: 2 });
    const { runId: _, links: __, ...shown } = (await stack.api('GET', path)).body;
    expect(await handle.query(session)).toEqual(shown);
    await handle.signal(requestStop, { reason: 'the call is over' });
    expect(await handle.result()).toMatchObject({ status: 'stopped', endReason: 'requested' });
  });

  test('what no converter can read does what a message without an argument does', async () => {
    const path = await startSession(stack, 'unreadable');
    const send = (signalName: string) =>
      stack.client.workflowService.signalWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId: 'agora:unreadable' },
        signalName,
        input: {
          payloads: [
            { metadata: { encoding: Buffer.from('binary/encrypted') }, data: Buffer.from('?') },
          ],
        },
      });
    await send('requestChange');
    await untilSession(stack, path, { status: 'running', lastRefusal: { revision: null } });
    await send('requestStop');
    await untilSession(stack, path, { status: 'stopped', endReason: 'requested' });
  });

  test('an invalid change by update is refused and leaves no trace', async () => {
    const path = await startSession(stack, 'invalid-update');
    const handle = stack.client.workflow.getHandle('agora:invalid-update');
    const before = (await stack.api('GET', path)).body;
    await expect(
      handle.executeUpdate('changeConfiguration', { args: [{ languages: 'fr-FR', foo: 1 }] }),
    ).rejects.toMatchObject({
      cause: { type: 'Unprocessable', message: expect.stringContaining('foo') },
    });
    expect((await stack.api('GET', path)).body).toEqual(before);
    await stopSession(stack, path);
  });

  test.for([
    [null],
    ['fr-FR'],
    [{}],
    [{ languages: [] }],
    [{ addAudioUids: ['1'] }],
    [{ valueOf: 1 }],
  ])('an invalid change by signal (%j) is recorded and does no harm', async ([change]) => {
    const channel = `invalid ${JSON.stringify(change)}`.replaceAll(/[^a-zA-Z0-9 ]/g, '_');
    const path = await startSession(stack, channel);
    await stack.client.workflow.getHandle(`agora:${channel}`).signal('requestChange', change);
    const current = await untilSession(stack, path, { lastRefusal: { revision: null } });
    expect(current).toMatchObject({ status: 'running', revision: 0 });
    await stopSession(stack, path);
  });

  test('a hint of a vendor wakes the session up, which looks for itself', async () => {
    const path = await startSession(stack, 'hint');
    await eventually(() => expect(callsOf(stack, 'hint', 'query').length).toBe(1));
    stack.simulator.endTask(tasksOf(stack, 'hint')[0]?.agentId ?? '', 'idle');
    const handle = stack.client.workflow.getHandle('agora:hint');
    await handle.signal(vendorEvent, { kind: '102', id: 'notice' });
    await untilSession(stack, path, { status: 'stopped', endReason: 'idle' });
    await keepHistory(stack, 'agora:hint', 'hint');
  });

  test("an operator's cancellation is a clean stop", async () => {
    const path = await startSession(stack, 'cancel');
    const handle = stack.client.workflow.getHandle('agora:cancel');
    await handle.cancel();
    await untilSession(stack, path, { status: 'stopped', endReason: 'cancelled' });
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    await keepHistory(stack, 'agora:cancel', 'cancellation');
    expect(tasksOf(stack, 'cancel')).toMatchObject([{ status: 'STOPPED' }]);
  });

  test("an operator's terminate shows as a failure", async () => {
    const path = await startSession(stack, 'terminate');
    await stack.client.workflow.getHandle('agora:terminate').terminate('by hand');
    expect((await stack.api('GET', path)).body).toMatchObject({
      status: 'failed',
      endReason: 'failed',
      endedAt: expect.any(String),
      failure: { kind: 'terminated' },
    });
    expect((await stack.api('PATCH', path, { languages: ['fr-FR'] })).status).toBe(409);
    expect((await stack.api('POST', `${path}/stop`)).status).toBe(200);
    await keepHistory(stack, 'agora:terminate', 'terminated');
  });

  test('operators find sessions by search attributes, and read what one is doing', async () => {
    const path = await startSession(stack, 'found');
    const query = `${SEARCH_ATTRIBUTES.channel.name} = 'found' AND ${SEARCH_ATTRIBUTES.status.name} = 'running'`;
    await eventually(async () => {
      expect((await stack.client.workflow.count(query)).count).toBe(1);
    });
    const handle = stack.client.workflow.getHandle('agora:found');
    const metadata = await handle.query('__temporal_workflow_metadata');
    expect(JSON.stringify(metadata)).toContain('watching the task');
    expect(await (await handle.describe()).staticSummary()).toBe('agora channel found');
    await stopSession(stack, path);
  });

  test("the examples of docs/signals.md work in Temporal's own CLI", async () => {
    const path = await startSession(stack, 'terminal');
    const commands = commandsOf('signals.md');
    expect(commands.length).toBeGreaterThan(4);
    const said = [];
    for (const command of commands) {
      said.push(await inTerminal(stack, command.replace('agora:room-1', 'agora:terminal')));
    }
    expect(said.join('\n')).toMatch(/revision[^]*agora:terminal/);
    await untilSession(stack, path, { status: 'stopped', endReason: 'requested', revision: 2 });
  });

  test('no token and no secret is in a history', async () => {
    const path = await startSession(stack, 'secrets');
    await stack.api('PATCH', path, { languages: ['xx-XX'] }, { prefer: 'wait=20' });
    await stopSession(stack, path);
    const payloads = await historyText(stack, 'agora:secrets');
    expect(payloads).toContain('xx-XX');
    const { appCertificate, customerId, customerSecret } = SIMULATED_AGORA;
    const basic = Buffer.from(`${customerId}:${customerSecret}`).toString('base64');
    // Agora's tokens begin with 007 and go on in base64.
    for (const secret of [appCertificate, customerSecret, basic, /007[A-Za-z0-9+/=]{20}/]) {
      expect(payloads).not.toMatch(secret);
    }
  });
});
