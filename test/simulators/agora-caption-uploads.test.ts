import { describe, expect, test } from 'vitest';
import { agoraCaller } from './agora-caller.ts';
import type { Json } from './agora-caller.ts';
import {
  BUCKET,
  captionConfig,
  captionedCaller,
  captionedJoin,
  ended,
  KEYS,
  SOON,
  storage,
  textOf,
} from './agora-captions-caller.ts';
import { receiver } from './receiver.ts';
import type { Received } from './receiver.ts';

describe('a storage', () => {
  test('of vendor 11 is where its endpoint says, which has to be given', async () => {
    const { s3, endpoint } = await storage();
    const nowhere = 'http://127.0.0.1:9';
    const caller = await agoraCaller({ captions: { endpoint: nowhere, uploadDelayMs: 0 } });
    const vendor11 = captionConfig({ vendor: 11, region: 99 });
    const refused = await caller.api('POST', '/join', captionedJoin({ captionConfig: vendor11 }));
    expect(refused).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('extensionParams.endpoint is required') },
    });
    const extensionParams = { endpoint, region: 'eu-central-1' };
    const agentId = await ended(
      caller,
      1_000,
      captionedJoin({ captionConfig: { ...vendor11, extensionParams } }),
    );
    await expect.poll(() => s3.keys(BUCKET), SOON).toContain(`a/b/${agentId}_room.m3u8`);
  });

  test.each([
    ['another region', { region: 0 }, 'AuthorizationHeaderMalformed'],
    ['an unknown region', { region: 18 }, "region 18 is none of Amazon's"],
    ['a vendor that is not simulated', { vendor: 5 }, 'vendor 5 is not simulated'],
    ['another key', { accessKey: 'AKIDOTHER' }, 'InvalidAccessKeyId'],
    ['no such bucket', { bucket: 'nowhere' }, 'NoSuchBucket'],
  ])('fails with %s, and nothing but the upload with it', async (_fault, changes, error) => {
    const { caller, s3 } = await captionedCaller();
    await ended(caller, 1_000, captionedJoin({ captionConfig: captionConfig(changes) }));
    const failed = { status: 'failed', error: expect.stringContaining(error) };
    await expect
      .poll(() => caller.simulator.ledger().captions, SOON)
      .toMatchObject([failed, failed]);
    expect(s3.keys(BUCKET)).toEqual([]);
  });

  test('can have credentials of its own', async () => {
    const credentials = { accessKeyId: KEYS.accessKey, secretAccessKey: KEYS.secretKey };
    const { caller, s3 } = await captionedCaller({ captions: { credentials } });
    const other = captionConfig({ accessKey: 'AKIDOTHER', secretKey: 'other' });
    await ended(caller, 1_000, captionedJoin({ captionConfig: other }));
    await expect.poll(() => s3.keys(BUCKET), SOON).toHaveLength(2);
  });
});

describe('an upload', () => {
  test('is told of when it is done: 201 of a segment, 200 of a playlist', async () => {
    const { url, received } = await receiver();
    const notifications = { url, secret: 'shh' };
    const { caller } = await captionedCaller({ simulator: { notifications } });
    const agentId = await ended(caller, 1_000);
    const told = (eventType: number, fileName: string) => ({
      eventType,
      sid: agentId,
      payload: {
        agent_id: agentId,
        channel: 'room',
        file_name: fileName,
        file_creation_ts: expect.any(Number),
        message: 'OK',
      },
    });
    await expect
      .poll(() => uploadsOf(received), SOON)
      .toMatchObject([told(200, `${agentId}_room.m3u8`), told(201, `${agentId}_room_00000.vtt`)]);
  });

  test('that fails is told of with 202, and can be made good', async () => {
    const { url, received } = await receiver();
    const notifications = { url, secret: 'shh' };
    const { caller, s3 } = await captionedCaller({ simulator: { notifications } });
    s3.inject({ operation: 'PutObject', fault: { kind: 'status', status: 503 } });
    const agentId = await ended(caller, 1_000);
    const [playlist, segment] = [`${agentId}_room.m3u8`, `${agentId}_room_00000.vtt`];
    await expect
      .poll(() => uploadsOf(received), SOON)
      .toMatchObject([
        { eventType: 200 },
        {
          eventType: 202,
          payload: {
            agent_id: agentId,
            channel: 'room',
            succeed_file_list: [{ file_name: playlist, message: 'OK' }],
            failed_file_list: [
              {
                file_name: segment,
                file_creation_ts: expect.any(Number),
                message: 'upload failed',
              },
            ],
          },
        },
      ]);
    s3.inject({ operation: 'PutObject', fault: { kind: 'status', status: 503 } });
    await expect(caller.simulator.uploadLate(segment)).rejects.toThrow('SlowDown');
    await caller.simulator.uploadLate(segment);
    expect(s3.keys(BUCKET)).toContain(`a/b/${segment}`);
    await expect
      .poll(() => uploadsOf(received).map(({ eventType }) => eventType), SOON)
      .toEqual([200, 201, 202, 202]);
  });

  test('can be lost, without a word, and come late', async () => {
    const { url, received } = await receiver();
    const { caller, s3 } = await captionedCaller({
      captions: { lose: (fileName) => fileName.endsWith('.m3u8') },
      simulator: { notifications: { url, secret: 'shh' } },
    });
    const agentId = await ended(caller, 1_000);
    const [playlist, segment] = [`${agentId}_room.m3u8`, `${agentId}_room_00000.vtt`];
    await expect
      .poll(() => caller.simulator.ledger().captions, SOON)
      .toMatchObject([
        { fileName: segment, status: 'uploaded' },
        { fileName: playlist, status: 'lost' },
      ]);
    expect(s3.keys(BUCKET)).toEqual([`a/b/${segment}`]);
    const late = await caller.request('POST', '/captions', { fileName: playlist });
    expect(late.status).toBe(204);
    expect(await textOf(s3, `a/b/${playlist}`)).toContain(segment);
    await expect
      .poll(() => uploadsOf(received).map(({ eventType }) => eventType), SOON)
      .toEqual([200, 201]);
    for (const fileName of [playlist, segment, 'other.vtt']) {
      expect((await caller.request('POST', '/captions', { fileName })).status).toBe(409);
    }
  });
});

/** What was told of uploads, by its type: notifications overtake each other. */
function uploadsOf(received: readonly Received[]): Json[] {
  return received
    .map(({ body }) => body)
    .filter(({ eventType }) => Number(eventType) >= 200)
    .toSorted((one, other) => Number(one['eventType']) - Number(other['eventType']));
}
