import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { findBrowser } from '../../scripts/browser.mjs';
import { freePort } from '../../src/local/ports.ts';
import { startEmbeddedServer } from '../../src/temporal/embedded-server.ts';
import { prepareStack, type Stack } from '../support/stack.ts';

const HOST = '127.0.0.1';
const KEY = 'write-key-of-an-operator';
/** Where screenshots are kept, for whoever wants to look; unset = nowhere. */
const { SCREENSHOTS } = process.env;

let browser: Browser;
beforeAll(async () => {
  const executablePath = findBrowser(process.env);
  if (executablePath === undefined) throw new Error('there is no Chromium: npm run browser');
  browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
});
afterAll(() => browser.close());

/** A product with a Temporal Web UI that has payloads decrypted by its API, and a session that runs. */
async function operated(environment: NodeJS.ProcessEnv): Promise<{ stack: Stack; link: string }> {
  const port = await freePort(HOST);
  const uiPort = await freePort(HOST);
  const DURASCRIBE_TEMPORAL_UI_URL = `http://${HOST}:${uiPort}`;
  const stack = await prepareStack({
    temporalAddress: `${HOST}:${port}`,
    environment: { ...environment, DURASCRIBE_TEMPORAL_UI_URL },
  });
  onTestFinished(() => stack.stop());
  const server = await startEmbeddedServer({ port, uiPort, codecEndpoint: `${stack.url}/codec` });
  onTestFinished(() => server.stop());
  await Promise.all([stack.startWorker(), stack.startApi()]);
  const body = {
    provider: 'agora',
    channel: 'shown',
    languages: ['fr-CA'],
    subscribeAudioUids: ['4711'],
  };
  const headers = { prefer: 'wait=20', authorization: `Bearer ${KEY}` };
  const started = await stack.api('POST', '/v1/sessions', body, headers);
  expect(started).toMatchObject({ status: 201, body: { status: 'running' } });
  const { temporal } = Object(started.body['links']);
  return { stack, link: String(temporal) };
}

/** A window of a browser that has never been here. */
async function newPage(): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1_400, height: 1_300 } });
  onTestFinished(() => context.close());
  return context.newPage();
}

async function shoot(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS) await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}

/** Opens the page of a session, which is to be in vain but for what everybody may read. */
async function unreadable(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByRole('paragraph').filter({ hasText: 'Codec Server could not connect' }).waitFor();
  await page.getByText('watchTask').first().waitFor();
  const text = await page.locator('body').innerText();
  expect(text).toContain('agora:shown');
  expect(text).not.toMatch(/4711|fr-CA|channel shown/);
}

/** Opens the page of a session, which is to show its input and the summaries of what it does. */
async function readable(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByText('"4711"').first().waitFor();
  await page.getByText('start fr-CA of 4711').first().waitFor();
}

/** The memo of the session whose page is shown. */
async function memoOf(page: Page): Promise<string> {
  await page.getByText('Memo', { exact: true }).click();
  await page.getByText('appliedRevision').first().waitFor();
  return page.locator('#content').innerText();
}

/** Does in the Temporal UI what docs/encryption.md has operators do. */
async function setCodecServer(page: Page, endpoint: string): Promise<void> {
  await page.getByTestId(/^data-encoder-status/).click();
  await page.getByText('Use Cluster-level setting').first().click();
  await page.getByTestId('use-local-endpoint-input').check();
  await page.getByLabel('Codec Server browser endpoint').fill(endpoint);
  // By the keyboard: the bar of the page lies over what is scrolled to.
  await page.getByLabel('Include cross-origin credentials').press('Space');
  await shoot(page, 'codec-server-settings');
  await page.getByTestId('confirm-data-encoder-button').press('Enter');
}

test('the Temporal UI of this machine shows sessions, where the API has no keys', async () => {
  const { link } = await operated({});
  const page = await newPage();
  await readable(page, link);
  await shoot(page, 'without-keys');
  expect(await memoOf(page)).toContain('fr-CA');
});

test('the Temporal UI shows sessions to who has given the API a key', async () => {
  const { stack, link } = await operated({ DURASCRIBE_API_KEYS: `operator:${KEY}` });
  const page = await newPage();
  await unreadable(page, link);
  await shoot(page, 'encrypted');

  const login = await page.context().newPage();
  await login.goto(`${stack.url}/codec`);
  await login.getByLabel('Key').fill('not-the-key-of-an-operator');
  await login.getByRole('button').click();
  await login.getByText('none of DURASCRIBE_API_KEYS').waitFor();
  await login.getByLabel('Key').fill(KEY);
  await login.getByRole('button').click();
  await login.getByText('This browser may read').waitFor();
  await shoot(login, 'pass');
  const cookies = await login.context().cookies(`${stack.url}/codec/decode`);
  expect(cookies).toContainEqual(
    expect.objectContaining({ httpOnly: true, sameSite: 'Strict', path: '/codec/decode' }),
  );

  await setCodecServer(page, `${stack.url}/codec`);
  await readable(page, link);
  await shoot(page, 'decrypted');
  expect(await memoOf(page)).toContain('fr-CA');
  await shoot(page, 'decrypted-memo');
  // Another browser has no pass.
  await unreadable(await newPage(), link);
});
