// Makes the pictures of docs/operate.md anew, of sessions that are really stuck: `npm run screenshots`. Needs Chromium
// (CHROMIUM, by default /usr/bin/chromium); starts everything else by itself, and leaves nothing of it.
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { superviseParts } from '../src/local/supervision.ts';
import {
  FAILED,
  makeTrouble,
  mend,
  STARTING,
  STOPPING,
  untilStatus,
  WELL,
} from './screenshots/operators.ts';
import { setStage, type Stage } from './screenshots/stage.ts';

const IMAGES = fileURLToPath(new URL('../docs/images/', import.meta.url));
const MOST_BYTES = 120_000;
const WIDTH = 1_280;
const PATIENCE_MS = 60_000;
/** The UI's own header is of no interest, nor is what is below the last line that the text speaks of. */
const HEADER = 112;
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const parts = superviseParts();
const stage = await setStage(parts);
try {
  await makeTrouble(stage);
  await takePictures(stage);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await parts.stopAll();
  rmSync(stage.folder, { recursive: true, force: true });
}

async function takePictures(on: Stage): Promise<void> {
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  parts.add(() => browser.close());
  const viewport = { width: WIDTH, height: 900 };
  const page = await browser.newPage({ viewport, timezoneId: 'UTC', locale: 'en-GB' });
  page.setDefaultTimeout(PATIENCE_MS);
  mkdirSync(IMAGES, { recursive: true });

  await list(page, on, "DurascribeStatus IN ('starting', 'stopping')");
  await page.getByRole('link', { name: STOPPING, exact: true }).waitFor();
  await picture(page, 'stuck-list', 64, 312);

  await workflow(page, on, STARTING, 'User Metadata');
  await untilTold(page, 'to start again, because of');
  await picture(page, 'stuck-why', HEADER, 540);

  await workflow(page, on, STOPPING, 'Pending Activities');
  await page.getByText('Last Failure').waitFor();
  await picture(page, 'stuck-pending', HEADER, 600);

  await workflow(page, on, STARTING, 'User Metadata');
  await page.getByRole('button', { name: 'Request Cancellation' }).click();
  const dialog = page.getByRole('dialog').filter({ visible: true });
  await dialog.waitFor();
  await picture(page, 'stop-cancel', HEADER, 560);
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await untilStatus(on, STARTING, 'stopped');
  await workflow(page, on, STARTING, 'User Metadata');
  await untilTold(page, 'Ended: cancelled');
  await picture(page, 'stop-done', HEADER, 540);

  await workflow(page, on, FAILED, 'User Metadata');
  await untilTold(page, 'Failed (');
  await picture(page, 'redrive-failed', HEADER, 540);

  await mend(on);
  await list(page, on, `WorkflowId = '${FAILED}'`);
  await page.getByText('Completed').first().waitFor();
  await picture(page, 'redrive-runs', 64, 312);

  await list(page, on, "WorkflowType = 'deliverCallback' AND ExecutionStatus = 'Running'");
  await page.getByRole('link', { name: `callback:${WELL}` }).click();
  await tab(page, 'User Metadata');
  await untilTold(page, 'ECONNREFUSED');
  await picture(page, 'callback-waiting', HEADER, 560);
}

async function list(page: Page, { uiUrl }: Stage, query: string): Promise<void> {
  await page.goto(`${uiUrl}/namespaces/default/workflows?query=${encodeURIComponent(query)}`);
}

async function workflow(page: Page, { uiUrl }: Stage, id: string, name: string): Promise<void> {
  await page.goto(`${uiUrl}/namespaces/default/workflows/${encodeURIComponent(id)}`);
  await tab(page, name);
}

async function tab(page: Page, name: string): Promise<void> {
  await page.getByText('Event History').first().waitFor();
  await page.getByText(name).first().click();
}

/** The UI shows the current details in a frame of their own. */
async function untilTold(page: Page, words: string): Promise<void> {
  const giveUpAtMs = Date.now() + PATIENCE_MS;
  for (;;) {
    // A frame may be gone by the time that it is asked.
    const texts = await Promise.all(
      page.frames().map((frame) =>
        frame
          .locator('body')
          .innerText({ timeout: 1_000 })
          .catch(() => ''),
      ),
    );
    if (texts.some((text) => text.includes(words))) return;
    if (Date.now() > giveUpAtMs) throw new Error(`the page tells nothing of "${words}"`);
    await page.waitForTimeout(200);
  }
}

/** What is between these heights of the page, as a file that is small enough for a repository. */
async function picture(page: Page, name: string, top: number, bottom: number): Promise<void> {
  const path = join(IMAGES, `${name}.png`);
  const clip = { x: 64, y: top, width: WIDTH - 64, height: bottom - top };
  await page.screenshot({ path, clip, animations: 'disabled' });
  const { size } = statSync(path);
  if (size > MOST_BYTES) throw new Error(`${path} has ${size} bytes, ${MOST_BYTES} at most`);
  console.log(`${name}.png: ${size} bytes`);
}
